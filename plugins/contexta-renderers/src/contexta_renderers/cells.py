"""What the cells of tables look like: numbers, sizes, durations and times as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MISSING", "RIGHT_ALIGNED", "about_text", "cell_text", "note_text", "number_text"]

#: What stands for a value that is missing.
MISSING = "–"  # noqa: RUF001 - an en dash is what is meant

#: Kinds of columns whose cells stand on the right.
RIGHT_ALIGNED = frozenset({"number", "bytes", "seconds"})

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def cell_text(value: Any, kind: str) -> str:
    """Return a cell as text without control or direction characters.

    Args:
        value: The cell.
        kind: The kind of its column.
    """
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if kind == "bytes":
            return _size_text(value)
        return _seconds_text(value) if kind == "seconds" else number_text(value)
    text = str(value)
    if kind == "time":
        return display_safe(_time_text(text))
    return display_safe(text, multiline=True)


def number_text(value: float) -> str:
    """Return a number with up to six digits that count; a whole number with all of them."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f") if abs(value) >= 100_000 else str(value)
    if not math.isfinite(value):
        return str(value)
    return f"{value:.6g}"


def note_text(summary: str) -> str:
    """Return the stable word of a completeness note as a reader reads it: ``artifact list empty``."""
    word, colon, about = summary.partition(":")
    return display_safe(word.replace("_", " ") + (f": {about}" if colon else ""))


def about_text(details: Mapping[str, Any] | None) -> str:
    """Return the facts behind a completeness note: ``run_id run:demo.r1``; what is None is left out."""
    return ", ".join(f"{name} {value}" for name, value in (details or {}).items() if value is not None)


def _size_text(size: float) -> str:
    for unit in _SIZES:
        if abs(size) < 1024 or unit == _SIZES[-1]:
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def _seconds_text(seconds: float) -> str:
    if not math.isfinite(seconds):
        return str(seconds)
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    if abs(seconds) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _time_text(text: str) -> str:
    """Return a time to the second; one of another form as it is."""
    if len(text) >= 20 and text[10] == "T" and text.endswith("Z"):
        return f"{text[:10]} {text[11:19]}"
    return text
