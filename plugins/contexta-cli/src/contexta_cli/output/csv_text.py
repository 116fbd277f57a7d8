"""Rows as CSV, for spreadsheets as well."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta_cli.output.value_text import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["write_csv"]

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a header and rows as RFC 4180 has it, with line feeds.

    Null is an empty field.  A text that a spreadsheet would run as a formula gets an apostrophe before it, and control
    characters are escaped.

    Args:
        stream: Where to write.
        columns: The header.
        rows: The rows.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_harmless(column) for column in columns])
    for row in rows:
        writer.writerow([_harmless(value) if isinstance(value, str) else _shown(value) for value in row])


def _harmless(text: str) -> str:
    safe = display_safe(text, multiline=True)
    return f"'{safe}" if text.startswith(_FORMULA) else safe


def _shown(value: Any) -> str:
    return display_safe(value_text(value), multiline=True)
