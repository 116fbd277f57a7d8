"""``contexta plugins list``: what is installed, without importing any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.commands.plugins_surroundings import kind_option, no_plugins_option, plugin_host
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.plugins import Inventory, PluginDescription
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
_STYLES = {"available": "good", "active": "good", "missing": "faint"}


@click.command(
    "list",
    cls=LazyCommand,
    examples=(
        "contexta plugins list",
        "contexta plugins list --kind sink --all",
        "contexta plugins list --verify",
        "contexta plugins list --requirements --format json",
    ),
)
@kind_option
@click.option("--all", "missing", is_flag=True, help="What is known and not installed, too.")
@click.option("--verify", is_flag=True, help="Import everything, to see what fails.")
@click.option("--requirements", is_flag=True, help="Where each distribution lies, and what it requires.")
@no_plugins_option
@click.pass_context
def list_plugins(
    ctx: click.Context,
    *,
    kind: str | None,
    missing: bool,
    verify: bool,
    requirements: bool,
    no_plugins: bool,
) -> None:
    """List what is installed, and whether it can be used.

    Nothing of it is imported, unless --verify asks for it. A plugin that is blocked, incompatible, offered twice or
    failed says why.
    """
    from contexta.plugins import take_inventory

    invocation = Invocation(ctx)
    inventory = take_inventory(
        plugin_host(invocation, no_plugins=no_plugins),
        kind=kind,
        missing=missing,
        verify=verify,
        requirements=requirements,
    )
    data: dict[str, Any] = {"plugins": inventory.plugins}
    if inventory.distributions is not None:
        data["distributions"] = inventory.distributions
    invocation.answer(data, lambda printer: _show(printer, inventory))


def _show(printer: Printer, inventory: Inventory) -> None:
    if inventory.plugins:
        _show_plugins(printer, inventory.plugins)
    else:
        printer.line("No plugins are installed.")
    for name, origin in (inventory.distributions or {}).items():
        said = {
            "location": origin.location,
            "editable": origin.editable,
            "requires": ", ".join(origin.requires),
        }
        printer.heading(name)
        printer.fields([(f"  {label}", Cell(text)) for label, text in said.items() if text])


def _show_plugins(printer: Printer, descriptions: Sequence[PluginDescription]) -> None:
    rows = [
        (
            Cell(each.kind or "-"),
            Cell(each.name or "-"),
            Cell(each.distribution or "-"),
            Cell(each.version or "-"),
            Cell(each.status, style=_STYLES.get(each.status, "bad")),
            Cell(each.reason or ""),
        )
        for each in descriptions
    ]
    printer.table(Table(_COLUMNS, rows))
