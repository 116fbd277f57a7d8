"""Tables: what is in them, and how they are made to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta_cli.output.cells import cell_width, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GAP", "Cell", "Column", "Table"]

#: Blanks between two columns.
GAP = 2

_LEAST_SHRUNK = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Args:
        text: Its text, from anywhere; made safe for a terminal here.
        style: How it is to look: a word of :mod:`contexta_cli.output.terminal`, or nothing.
    """

    text: str
    style: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", display_safe(self.text))


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        title: Its heading.
        right: Whether it stands on the right, as numbers do.
        priority: 0 for a column that is always shown; of the others, the one with the greatest number goes first
            where the terminal is too narrow.
        shrinks: Whether its texts may be cut.
    """

    title: str
    right: bool = False
    priority: int = 0
    shrinks: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows.

    Args:
        columns: The columns.
        rows: Rows of as many cells.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def widths(self) -> list[int]:
        """Return how wide each column is."""
        return [
            max([cell_width(column.title), *(cell_width(row[index].text) for row in self.rows)])
            for index, column in enumerate(self.columns)
        ]

    def without_empty_columns(self) -> Table:
        """Return the table without the columns that may be left out and hold nothing."""
        kept = [
            index
            for index, column in enumerate(self.columns)
            if column.priority == 0 or any(row[index].text for row in self.rows)
        ]
        return self._of(kept)

    def fitted(self, width: int) -> Table:
        """Return the table made to fit a width.

        Texts of columns that may be left out are cut, then such columns are left out; what is always shown, and
        tells one row from another, is cut only when nothing else is left to give.

        Args:
            width: Cells that there are.
        """
        table = self
        while True:
            widths = table.widths()
            spare = width - sum(widths) - GAP * (len(widths) - 1)
            if spare >= 0:
                return table
            slack = [
                max(0, known - max(_LEAST_SHRUNK, cell_width(column.title))) if column.shrinks else 0
                for column, known in zip(table.columns, widths, strict=True)
            ]
            optional = [index for index, column in enumerate(table.columns) if column.priority > 0]
            if optional:
                slack = [room if index in optional else 0 for index, room in enumerate(slack)]
            if sum(slack) >= -spare or not optional:
                return table._shrunk(widths, slack, -spare)
            first = max(optional, key=lambda index: (table.columns[index].priority, index))
            table = table._of([index for index in range(len(widths)) if index != first])

    def _of(self, kept: Sequence[int]) -> Table:
        return Table(
            [self.columns[index] for index in kept], [[row[index] for index in kept] for row in self.rows]
        )

    def _shrunk(self, widths: list[int], slack: list[int], missing: int) -> Table:
        """Return the table with texts cut by so many cells in all, the widest column first."""
        widths = list(widths)
        slack = list(slack)
        for _ in range(min(missing, sum(slack))):
            widest = max((index for index in range(len(widths)) if slack[index]), key=widths.__getitem__)
            widths[widest] -= 1
            slack[widest] -= 1
        rows = [
            [Cell(cut(cell.text, width), cell.style) for cell, width in zip(row, widths, strict=True)]
            for row in self.rows
        ]
        return Table(self.columns, rows)
