"""``contexta plugins show``: everything about the components of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.commands.plugins_surroundings import kind_option, no_plugins_option, plugin_host
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.plugins import PluginReport
    from contexta_cli.output.printer import Printer

__all__ = ["show"]

_OPTION_COLUMNS = (Column("OPTION"), Column("TYPE", shrinks=True), Column("DEFAULT", shrinks=True))
_INDENT = 2


@click.command(
    "show",
    cls=LazyCommand,
    examples=(
        "contexta plugins show duckdb",
        "contexta plugins show stdout --kind sink",
        "contexta plugins show contexta --format json",
    ),
)
@click.argument("name", metavar="NAME")
@kind_option
@no_plugins_option
@click.pass_context
def show(ctx: click.Context, name: str, *, kind: str | None, no_plugins: bool) -> None:
    """Show everything about one name.

    NAME is that of a component, a pin DISTRIBUTION:NAME, or a distribution, for all that it brings. What is shown is
    imported, if it may be: its options, its hooks, how long its import takes, and the traceback where that fails.
    """
    from contexta.plugins import report_on

    invocation = Invocation(ctx)
    reports = report_on(plugin_host(invocation, no_plugins=no_plugins), name, kind=kind)
    invocation.answer({"plugins": reports}, lambda printer: _show(printer, reports))


def _show(printer: Printer, reports: Sequence[PluginReport]) -> None:
    for position, report in enumerate(reports):
        if position:
            printer.line()
        _show_report(printer, report)


def _show_report(printer: Printer, report: PluginReport) -> None:
    said = report.description
    status = f"{said.status}: {said.reason}" if said.reason else said.status
    spent = f"{report.import_seconds * 1_000:.1f} ms, {report.imported} modules" if report.hooks else ""
    fields = [
        ("status", Cell(status, style="good" if said.status in {"available", "active"} else "bad")),
        ("summary", Cell(said.summary or "")),
        ("title", Cell(report.title)),
        ("distribution", Cell(f"{said.distribution} {said.version}".strip())),
        ("location", Cell(report.location)),
        ("requires", Cell(", ".join(report.requires))),
        ("module", Cell(said.value)),
        ("interface", Cell(report.api)),
        ("factory", Cell(report.factory)),
        ("can", Cell(", ".join(report.capabilities))),
        ("hooks", Cell(", ".join(report.hooks))),
        ("import", Cell(spent)),
        ("docs", Cell(report.docs_url)),
    ]
    printer.line(f"{said.kind} {said.name}", "title")
    printer.fields([(f"  {label}", cell) for label, cell in fields if cell.text])
    if report.options:
        rows = [
            (
                Cell(option.name, style="title"),
                Cell(option.type),
                Cell("required" if option.required else option.default),
            )
            for option in report.options
        ]
        printer.line()
        printer.table(Table(_OPTION_COLUMNS, rows), indent=_INDENT)
    for warning in report.warnings:
        printer.line(f"  warning: {warning}", "warning")
    for line in report.traceback.splitlines():
        printer.line(f"  {line}", "faint")
