"""Reading what redaction has put into a text."""

from __future__ import annotations

from collections import Counter

from contexta.redaction.shapes import MARKER

__all__ = ["redaction_rules"]


def redaction_rules(text: str) -> Counter[str]:
    """Return the rules whose markers stand in a text, with how often each does.

    Args:
        text: A text that went through a redactor.
    """
    return Counter(match[0].split(":")[1] for match in MARKER.finditer(text))
