"""``contexta migrate-workspace``: carry a workspace of version 1.0.0 into one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.recovery import MigrationReport
    from contexta_cli.output.printer import Printer

__all__ = ["migrate"]

_COLUMNS = (Column("NOT CARRIED", shrinks=True), Column("CODE"), Column("WHY", shrinks=True))


@click.command(
    "migrate-workspace",
    cls=LazyCommand,
    examples=("contexta migrate-workspace old/.contexta --workspace .contexta",),
)
@click.argument("source", metavar="SOURCE", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--from", "source_format", default="contexta_1", metavar="FORMAT", help="What SOURCE is.")
@click.pass_context
def migrate(ctx: click.Context, source: Path, *, source_format: str) -> None:
    """Read a workspace of Contexta 1.0.0 into this one, and report what could not be carried.

    SOURCE is never written to. Doing it again carries only what is not there yet. Exits with 1 where something was left
    behind.
    """
    from contexta.recovery import migrate_workspace

    invocation = Invocation(ctx)
    report = migrate_workspace(invocation.config, source, source_format=source_format)
    invocation.answer(report.to_dict(), lambda printer: _show(printer, report))
    if not report.complete:
        ctx.exit(1)


def _show(printer: Printer, report: MigrationReport) -> None:
    carried = ", ".join(
        f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in report.carried.items()
    )
    printer.line(f"Carried into {report.target}: {carried or 'nothing'}.")
    if report.not_carried:
        printer.line()
        rows = [[Cell(each.place), Cell(each.code), Cell(each.reason)] for each in report.not_carried]
        printer.table(Table(_COLUMNS, rows))
