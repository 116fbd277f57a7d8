"""``contexta retention``: what is older than the configuration keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.recovery import RetentionPlan, RetentionResult
    from contexta_cli.output.printer import Printer

__all__ = ["apply", "plan"]

_COLUMNS = (
    Column("SECTION"),
    Column("FILE", shrinks=True),
    Column("AGE", right=True),
    Column("SIZE", right=True),
)


@click.command("plan", cls=LazyCommand, examples=("contexta retention plan",))
@click.pass_context
def plan(ctx: click.Context) -> None:
    """Show what is older than the configuration keeps, and how many bytes would be free. Nothing is changed."""
    from contexta.recovery import plan_retention

    invocation = Invocation(ctx)
    invocation.require_existing()
    made = plan_retention(invocation.config)
    invocation.answer(made.to_dict(), lambda printer: _show_plan(printer, made))


@click.command("apply", cls=LazyCommand, examples=("contexta retention apply",))
@click.pass_context
def apply(ctx: click.Context) -> None:
    """Remove what is older than the configuration keeps."""
    from contexta.recovery import apply_retention, plan_retention

    invocation = Invocation(ctx)
    invocation.require_existing()
    result = apply_retention(invocation.config, plan_retention(invocation.config))
    invocation.answer(result.to_dict(), lambda printer: _show_result(printer, result))


def _show_plan(printer: Printer, made: RetentionPlan) -> None:
    from contexta_cli.output.quantities import size

    rows = [
        [
            Cell(each.section),
            Cell(str(each.path)),
            Cell(f"{each.age_days:.1f} d"),
            Cell(size(each.size_bytes)),
        ]
        for each in made.files
    ]
    if rows:
        printer.table(Table(_COLUMNS, rows))
    if made.artifacts.freed_bytes:
        printer.line(f"Bodies without an artifact: {size(made.artifacts.freed_bytes)}")
    if made.compacts_records:
        printer.line("The records would be compacted.")
    printer.line(f"{size(made.freed_bytes)} would be free.")
    if rows or made.freed_bytes:
        printer.hints("To do it:", ["contexta retention apply"])


def _show_result(printer: Printer, result: RetentionResult) -> None:
    from contexta_cli.output.quantities import size

    for reason in result.kept:
        printer.line(f"Kept: {reason}")
    printer.line(f"Removed {len(result.removed)} files; {size(result.freed_bytes)} are free.")
