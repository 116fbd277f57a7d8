"""Text in the fields of a CSV file that a spreadsheet will open."""

from __future__ import annotations

from typing import Final

from contexta.contract.text import display_safe

__all__ = ["field_text"]

#: What a spreadsheet takes for the beginning of a formula, in the widths of East Asian text too.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def field_text(text: str) -> str:
    r"""Return a text that a spreadsheet shows and does not run.

    One that would be a formula gets an apostrophe before it; control and direction characters are shown as ``\x1b``
    or ``U+202E``.  Line feeds and tabs inside stay.

    Args:
        text: Text from anywhere.
    """
    safe = display_safe(text, multiline=True)
    return f"'{safe}" if safe.lstrip(" ").startswith(_FORMULA) else safe
