"""Tags as they are typed: ``NAME=VALUE``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parsed_tags"]


def parsed_tags(words: Iterable[str], asked_by: str) -> dict[str, str]:
    """Return tags that were typed, by name.

    Args:
        words: What was typed.
        asked_by: The option or argument, for the message.

    Raises:
        UsageFault: A word is no tag.
    """
    tags = {}
    for text in words:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageFault(f"{asked_by} takes NAME=VALUE, not {text!r}", code="bad_tag")
        tags[name.strip()] = value
    return tags
