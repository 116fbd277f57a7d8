"""``contexta plugins list``: what is installed, without importing any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.plugins import PluginDescription
    from contexta_cli.output.printer import Printer

__all__ = ["list_plugins"]

_COLUMNS = (
    Column("KIND"),
    Column("NAME"),
    Column("DISTRIBUTION", priority=2, shrinks=True),
    Column("VERSION", priority=3),
    Column("STATUS"),
    Column("REASON", priority=1, shrinks=True),
)


@click.command(
    "list",
    cls=LazyCommand,
    examples=("contexta plugins list", "contexta plugins list --format json"),
)
@click.pass_context
def list_plugins(ctx: click.Context) -> None:
    """List what is installed, and whether it can be used.

    Nothing of it is imported. A plugin that is blocked, incompatible or offered twice says why.
    """
    invocation = Invocation(ctx)
    descriptions = invocation.plugin_host().describe()
    descriptions.sort(key=lambda each: (each.kind, each.name, each.distribution))
    invocation.answer({"plugins": descriptions}, lambda printer: _show(printer, descriptions))


def _show(printer: Printer, descriptions: list[PluginDescription]) -> None:
    if not descriptions:
        printer.line("No plugins are installed.")
        return
    rows = [
        (
            Cell(each.kind or "-"),
            Cell(each.name or "-"),
            Cell(each.distribution or "-"),
            Cell(each.version or "-"),
            Cell(each.status, style="good" if each.status in {"available", "active"} else "bad"),
            Cell(each.reason or ""),
        )
        for each in descriptions
    ]
    printer.table(Table(_COLUMNS, rows))
