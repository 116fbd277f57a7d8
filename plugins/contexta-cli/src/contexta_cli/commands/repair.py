"""``contexta repair``: what can be done about damage, and doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.recovery import WorkspaceRepair
    from contexta_cli.output.printer import Printer

__all__ = ["repair"]

_COLUMNS = (
    Column("PLANE"),
    Column("ACTION"),
    Column("STATUS"),
    Column("WHERE", shrinks=True, priority=1),
    Column("WHY", shrinks=True, priority=2),
)


@click.command("repair", cls=LazyCommand, examples=("contexta repair", "contexta repair --apply"))
@click.option("--apply", "applies", is_flag=True, help="Do it.")
@click.pass_context
def repair(ctx: click.Context, *, applies: bool) -> None:
    """Show what can be done about damage; with --apply, do it.

    Nothing is deleted: what is taken out of use is moved into a directory quarantine beside it. Training may go on
    meanwhile. Exits with 1 where a step failed.
    """
    from contexta.recovery import apply_workspace_repairs, plan_workspace_repairs

    invocation = Invocation(ctx)
    invocation.require_existing()
    steps = plan_workspace_repairs(invocation.config)
    if applies:
        steps = apply_workspace_repairs(invocation.config, steps)
    data = {"applied": applies, "steps": [each.to_dict() for each in steps]}
    invocation.answer(data, lambda printer: _show(printer, steps, applies=applies))
    if any(each.status == "failed" for each in steps):
        ctx.exit(1)


def _show(printer: Printer, steps: Sequence[WorkspaceRepair], *, applies: bool) -> None:
    if not steps:
        printer.line("Nothing needs to be repaired.")
        return
    rows = [
        [
            Cell(each.plane),
            Cell(each.action),
            Cell(each.status if each.is_automatic or applies else "left to you"),
            Cell(each.location),
            Cell(each.detail or each.reason),
        ]
        for each in steps
    ]
    printer.table(Table(_COLUMNS, rows))
    if not applies:
        printer.hints("To do it:", ["contexta repair --apply"])
