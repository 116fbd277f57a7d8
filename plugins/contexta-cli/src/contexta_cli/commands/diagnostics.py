"""``contexta diagnostics``: what went wrong in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.fail_on import fail_on_option
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta.interpretation import DiagnosticsResult
    from contexta_cli.output.printer import Printer

__all__ = ["diagnostics"]


@click.command(
    "diagnostics",
    cls=LazyCommand,
    examples=(
        "contexta diagnostics mlp-64-seed-0",
        "contexta diagnostics mlp-64-seed-0 --fail-on error",
        "contexta diagnostics mlp-64-seed-0 --format json",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@fail_on_option("info", "warning", "error", what="a finding")
@click.pass_context
def diagnostics(ctx: click.Context, run_id: str, fail_on: str | None) -> None:
    """Show what went wrong in a run, or looks as if it had.

    The gravest findings come first, each with what to do about it. CSV and NDJSON hold the findings.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        result = contexta.diagnose_run(run_id)
        invocation.answer(result, lambda printer: _show(printer, result), rows=result.issues)
        invocation.warn_of_damage(contexta)
    if fail_on is not None and result.at_least(fail_on):
        ctx.exit(1)


def _show(printer: Printer, result: DiagnosticsResult) -> None:
    from contexta_cli.output.notes import run_notes
    from contexta_cli.output.severities import severity_cell
    from contexta_cli.output.table import Cell, Column, Table

    if result.issues:
        columns = [
            Column("SEVERITY"),
            Column("CODE"),
            Column("FINDING", shrinks=True),
            Column("ABOUT", priority=1, shrinks=True),
        ]
        rows = [
            [
                severity_cell(each.severity),
                Cell(each.code, style="title"),
                Cell(each.summary),
                Cell(each.subject_ref, style="faint"),
            ]
            for each in result.issues
        ]
        printer.table(Table(columns, rows))
        steps = {each.code: each.next_step for each in reversed(result.issues) if each.next_step}
        if steps and not printer.quiet:
            printer.heading("What to do")
            for code in dict.fromkeys(each.code for each in result.issues):
                if code in steps:
                    printer.line(f"  {code}: {steps[code]}")
    else:
        printer.line("Nothing was found.", "good")
    notes = run_notes(note.summary for note in result.completeness_notes)
    if notes:
        printer.heading("Notes")
        for note in notes:
            printer.line(f"  {note}", "warning")
