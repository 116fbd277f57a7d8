"""Rows as CSV, for spreadsheets as well."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta_cli.output.value_text import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["csv_cell", "write_csv"]

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
    writer.writerow([csv_cell(column) for column in columns])
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])


def csv_cell(value: Any) -> str:
    """Return what stands in a cell for a value: harmless in a terminal and in a spreadsheet."""
    text = value_text(value)
    safe = display_safe(text, multiline=True)
    return f"'{safe}" if isinstance(value, str) and text.startswith(_FORMULA) else safe
