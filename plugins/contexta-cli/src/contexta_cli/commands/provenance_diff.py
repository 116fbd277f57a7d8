"""``contexta provenance diff``: how the environments of two runs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta.interpretation import EnvironmentDiff
    from contexta_cli.output.printer import Printer

__all__ = ["diff"]


@click.command(
    "diff",
    cls=LazyCommand,
    examples=(
        "contexta provenance diff mlp-32-seed-0 mlp-64-seed-0",
        "contexta provenance diff mlp-32-seed-0 mlp-64-seed-0 --format csv",
    ),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@click.pass_context
def diff(ctx: click.Context, left: str, right: str) -> None:
    """Show how what two runs were made from differs.

    Code, Python, packages, configuration, hardware, platform and variables; what most likely changes a result comes
    first. CSV and NDJSON hold the differences.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.compare_environments(left, right)
        invocation.answer(found, lambda printer: _show(printer, found), rows=found.differences)
        invocation.warn_of_damage(contexta)


def _show(printer: Printer, found: EnvironmentDiff) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.quantities import value_text
    from contexta_cli.output.severities import severity_cell
    from contexta_cli.output.table import Cell, Column, Table

    printer.line(f"{found.left_run_id} -> {found.right_run_id}", "title")
    if found.differences:
        columns = [
            Column("IMPORTANCE"),
            Column("AREA"),
            Column("WHAT", shrinks=True),
            Column("CHANGE"),
            Column("LEFT", shrinks=True),
            Column("RIGHT", shrinks=True),
        ]
        rows = [
            [
                severity_cell(each.importance),
                Cell(each.area),
                Cell(each.key, style="title"),
                Cell(each.change),
                Cell(value_text(each.left_value)),
                Cell(value_text(each.right_value)),
            ]
            for each in found.differences
        ]
        printer.table(Table(columns, rows))
    else:
        printer.line("Nothing that is recorded of both differs.")
    show_notes(printer, found.completeness_notes)
