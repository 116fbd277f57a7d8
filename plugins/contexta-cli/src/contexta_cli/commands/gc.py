"""``contexta gc``: give back the space of what nobody can need any more."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell

if TYPE_CHECKING:
    from contexta.recovery import WorkspaceGarbage
    from contexta_cli.output.printer import Printer

__all__ = ["gc"]


@click.command("gc", cls=LazyCommand, examples=("contexta gc --dry-run", "contexta gc"))
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--despite-damage", is_flag=True, help="Also where damage may hide what is needed.")
@click.pass_context
def gc(ctx: click.Context, *, dry_run: bool, despite_damage: bool) -> None:
    """Remove what nobody can need: bodies without an artifact or a backup, and deliveries that were made.

    Training may go on meanwhile.
    """
    from contexta.recovery import collect_garbage

    invocation = Invocation(ctx)
    invocation.require_existing()
    found = collect_garbage(invocation.config, dry_run=dry_run, despite_damage=despite_damage)
    data = asdict(found) | {"freed_bytes": found.freed_bytes}
    invocation.answer(data, lambda printer: _show(printer, found))


def _show(printer: Printer, found: WorkspaceGarbage) -> None:
    from contexta_cli.output.quantities import size

    artifacts = found.artifacts
    printer.fields(
        [
            ("Bodies without an artifact", Cell(f"{artifacts.body_count}, {size(artifacts.body_bytes)}")),
            ("Left by dead processes", Cell(f"{artifacts.leftover_count}, {size(artifacts.leftover_bytes)}")),
            ("Bodies without a backup", Cell(size(found.backup_bytes))),
            ("Delivered entries of the outbox", Cell(str(found.delivered_entries))),
        ]
    )
    verb = "would be" if found.dry_run else "are"
    printer.line(f"{size(found.freed_bytes)} {verb} free.")
