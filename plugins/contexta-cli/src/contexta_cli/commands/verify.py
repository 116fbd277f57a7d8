"""``contexta verify``: read everything that a workspace keeps, and say where it is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.recovery import WorkspaceReport
    from contexta_cli.output.printer import Printer

__all__ = ["verify"]

_COLUMNS = (
    Column("PLANE"),
    Column("SEVERITY"),
    Column("CODE"),
    Column("WHERE", shrinks=True, priority=1),
    Column("WHAT", shrinks=True, priority=2),
)
_STYLES = {"error": "bad", "warning": "warning"}


@click.command("verify", cls=LazyCommand, examples=("contexta verify", "contexta verify --format json"))
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Read every byte of the workspace and say where it is damaged. Nothing is changed.

    Exits with 1 where data is lost or wrong; what is only untidy, such as the tail of a killed process, is a warning.
    """
    from contexta.recovery import verify_workspace

    invocation = Invocation(ctx)
    invocation.require_existing()
    report = verify_workspace(invocation.config)
    invocation.answer(report.to_dict(), lambda printer: _show(printer, report))
    if report.state == "corrupted":
        ctx.exit(1)


def _show(printer: Printer, report: WorkspaceReport) -> None:
    rows = [
        [
            Cell(plane),
            Cell(issue.severity, _STYLES.get(issue.severity, "")),
            Cell(issue.code),
            Cell(issue.location or issue.ref or ""),
            Cell(issue.message),
        ]
        for plane, found in report.planes.items()
        for issue in found.issues
    ]
    if rows:
        printer.table(Table(_COLUMNS, rows))
        printer.line()
    states = ", ".join(f"{plane} {found.state}" for plane, found in report.planes.items())
    printer.line(f"The workspace is {report.state}: {states}.", "good" if report.ok else "")
    if rows:
        printer.hints("To see what can be done:", ["contexta repair"])
