"""Writing to a terminal: with rich, in colour, and no wider than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta_cli.output.cells import pad
from contexta_cli.output.printer import Printer
from contexta_cli.output.table import GAP

if TYPE_CHECKING:
    from rich.text import Text

    from contexta_cli.output.table import Cell, Table

__all__ = ["TerminalPrinter"]

#: What the words for a style look like.
_STYLES = {
    "": "",
    "heading": "bold",
    "title": "bold",
    "faint": "dim",
    "command": "cyan",
    "good": "green",
    "bad": "red",
    "warning": "yellow",
    "active": "cyan",
    "accent": "bold green",
}


class TerminalPrinter(Printer):
    """Writes to a terminal.

    Args:
        quiet: Whether hints are left out.
        color: Whether colours may be used; the environment's ``NO_COLOR`` forbids them too.
    """

    def __init__(self, *, quiet: bool = False, color: bool = True) -> None:
        super().__init__(quiet=quiet)
        from rich.console import Console

        #: The console, for progress displays.
        self.console = Console(no_color=not color or None, highlight=False, markup=False, emoji=False)

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line; the terminal wraps it where it is longer than that."""
        self.console.print(display_safe(text), style=_STYLES[style], soft_wrap=True)

    def table(self, table: Table, *, indent: int = 0) -> None:
        """Write a table that fits the terminal."""
        for row in self.rows(table, indent=indent):
            # Never wrapped: a row that does not even fit after all the cutting loses its end.
            self.console.print(row, no_wrap=True, overflow="ellipsis", crop=True)

    def rows(self, table: Table, *, indent: int = 0) -> list[Text]:
        """Return the lines of a table that fits the terminal, for displays that change."""
        from rich.text import Text

        fitted = table.without_empty_columns().fitted(self.console.width - indent)
        widths = fitted.widths()
        titles = [
            pad(column.title, width, right=column.right)
            for column, width in zip(fitted.columns, widths, strict=True)
        ]
        lines = [Text((" " * GAP).join(titles).rstrip(), style="bold dim")]
        for row in fitted.rows:
            text = Text()
            for cell, column, width in zip(row, fitted.columns, widths, strict=True):
                if text:
                    text.append(" " * GAP)
                text.append(pad(cell.text, width, right=column.right), style=_STYLES[cell.style])
            text.rstrip()
            lines.append(text)
        return [Text(" " * indent).append_text(line) for line in lines]

    def field(self, name: str, cell: Cell) -> None:
        """Write one named value."""
        from rich.text import Text

        text = Text(name, style=_STYLES["faint"])
        self.console.print(
            text.append(cell.text, style=f"not dim {_STYLES[cell.style]}".strip()), soft_wrap=True
        )
