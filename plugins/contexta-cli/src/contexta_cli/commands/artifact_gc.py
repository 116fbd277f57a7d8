"""``contexta artifact gc``: bodies that nothing is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta.spi.artifacts import CollectedGarbage
    from contexta_cli.output.printer import Printer

__all__ = ["gc"]


@click.command(
    "gc",
    cls=LazyCommand,
    examples=("contexta artifact gc --dry-run", "contexta artifact gc"),
)
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@click.option("--despite-damage", is_flag=True, help="Go on where damage may hide what is bound to what.")
@click.pass_context
def gc(ctx: click.Context, *, dry_run: bool, despite_damage: bool) -> None:
    """Remove the bodies that no artifact is bound to, and what dead processes left.

    What a living process is about to bind stays, so it can run beside a training.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.artifact_store.collect_garbage(dry_run=dry_run, despite_damage=despite_damage)
        data = {"garbage": found, "freed_bytes": found.freed_bytes}
        invocation.answer(data, lambda printer: _show(printer, found), rows=[found])


def _show(printer: Printer, found: CollectedGarbage) -> None:
    from contexta_cli.output.quantities import size

    bodies = f"{found.body_count} bod{'y' if found.body_count == 1 else 'ies'}"
    leftovers = f"{found.leftover_count} leftover{'' if found.leftover_count == 1 else 's'}"
    verb = "would be removed" if found.dry_run else "removed"
    free = "would be free" if found.dry_run else "are free"
    printer.line(f"{bodies} and {leftovers} {verb}; {size(found.freed_bytes)} {free}.")
    if found.set_aside_count:
        printer.line(
            f"{found.set_aside_count} moved to the quarantine ({size(found.set_aside_bytes)}): their sources had been"
            " handed over, and their registration was cut off."
        )
