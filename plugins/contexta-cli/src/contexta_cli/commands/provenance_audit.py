"""``contexta provenance audit``: how well a run could be reproduced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta.interpretation import ReproducibilityAudit
    from contexta_cli.output.printer import Printer

__all__ = ["audit"]


@click.command(
    "audit",
    cls=LazyCommand,
    examples=(
        "contexta provenance audit mlp-64-seed-0",
        "contexta provenance audit mlp-64-seed-0 --fail-under 80",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.option(
    "--fail-under",
    type=click.IntRange(min=0, max=100),
    metavar="POINTS",
    help="Exit with 1 where the run has fewer points.",
)
@click.pass_context
def audit(ctx: click.Context, run_id: str, fail_under: int | None) -> None:
    """Show how well a run could be reproduced from what is recorded.

    Every missing point is explained, with how to gain it. CSV and NDJSON hold the criteria.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.audit_reproducibility(run_id)
        invocation.answer(found, lambda printer: _show(printer, found), rows=found.criteria)
        invocation.warn_of_damage(contexta)
    if fail_under is not None and found.score < fail_under:
        ctx.exit(1)


def _show(printer: Printer, found: ReproducibilityAudit) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.table import Cell, Column, Table

    printer.line(
        f"{found.run_id}: {found.score} of {found.max_score} points, {found.reproducibility_status}", "title"
    )
    columns = [Column("CRITERION"), Column("POINTS", right=True), Column("WHAT WAS FOUND", shrinks=True)]
    rows = [
        [
            Cell(each.name, style="title"),
            Cell(f"{each.points}/{each.max_points}", style="warning" if each.missing_points else "good"),
            Cell(each.explanation),
        ]
        for each in found.criteria
    ]
    printer.table(Table(columns, rows))
    if found.missing and not printer.quiet:
        printer.heading("What to do")
        for each in found.missing:
            printer.line(f"  +{each.missing_points} {each.name}: {each.remedy}")
    show_notes(printer, found.completeness_notes)
