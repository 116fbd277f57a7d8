"""Writing for people: aligned text into a pipe; :mod:`contexta_cli.output.terminal` does the same on a terminal."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta_cli.output.cells import cell_width, pad
from contexta_cli.output.table import GAP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_cli.output.table import Cell, Table

__all__ = ["PlainPrinter", "Printer"]


class Printer(ABC):
    """Writes lines, headings, named values and tables.

    Args:
        quiet: Whether hints are left out.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    @abstractmethod
    def line(self, text: str = "", style: str = "") -> None:
        """Write one line."""

    @abstractmethod
    def table(self, table: Table, *, indent: int = 0) -> None:
        """Write a table; in a pipe whole, on a terminal made to fit."""

    def heading(self, text: str) -> None:
        """Write a heading, with an empty line before it."""
        self.line()
        self.line(text, "heading")

    def fields(self, fields: Sequence[tuple[str, Cell]]) -> None:
        """Write named values below each other."""
        width = max((cell_width(name) for name, _ in fields), default=0) + GAP
        for name, cell in fields:
            self.field(pad(name, width), cell)

    @abstractmethod
    def field(self, name: str, cell: Cell) -> None:
        """Write one named value; the name is padded already."""

    def hints(self, title: str, commands: Sequence[str]) -> None:
        """Write what to type next, unless quiet."""
        if self.quiet:
            return
        self.heading(title)
        for command in commands:
            self.line(f"  {command}", "command")


class PlainPrinter(Printer):
    """Aligned text without colours, nothing cut: for pipes and files.

    Args:
        quiet: Whether hints are left out.
        stream: Where to write; stdout when None.
    """

    def __init__(self, *, quiet: bool = False, stream: IO[str] | None = None) -> None:
        super().__init__(quiet=quiet)
        self._stream = stream or sys.stdout

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line."""
        del style
        self._stream.write(f"{display_safe(text)}\n")

    def table(self, table: Table, *, indent: int = 0) -> None:
        """Write a table with its columns aligned."""
        table = table.without_empty_columns()
        widths = table.widths()
        for row in [
            [column.title for column in table.columns],
            *([c.text for c in row] for row in table.rows),
        ]:
            cells = [
                pad(text, width, right=column.right)
                for text, width, column in zip(row, widths, table.columns, strict=True)
            ]
            self.line(" " * indent + (" " * GAP).join(cells).rstrip())

    def field(self, name: str, cell: Cell) -> None:
        """Write one named value."""
        self.line(f"{name}{cell.text}".rstrip())
