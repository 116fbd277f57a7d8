"""How many cells of a terminal a text takes, and cutting it to fewer."""

from __future__ import annotations

import unicodedata

__all__ = ["cell_width", "cut", "pad"]

_ELLIPSIS = "…"
_WIDE = frozenset("WF")
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def cell_width(text: str) -> int:
    """Return the width of a text in cells: two for East Asian wide characters and emoji, none for accents."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def cut(text: str, width: int) -> str:
    """Return the text, cut to a width in cells; what was cut ends in an ellipsis."""
    if cell_width(text) <= width:
        return text
    kept: list[str] = []
    used = cell_width(_ELLIPSIS)
    for character in text:
        used += _character_width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + _ELLIPSIS if width > 0 else ""


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return the text with blanks up to a width in cells; before it where it is to stand on the right."""
    blanks = " " * max(0, width - cell_width(text))
    return blanks + text if right else text + blanks
