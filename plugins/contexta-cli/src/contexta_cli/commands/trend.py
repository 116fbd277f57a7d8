"""``contexta trend``: a metric over runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_filters import query_of, require_project, run_filters

if TYPE_CHECKING:
    from contexta.interpretation import MetricTrend
    from contexta_cli.output.printer import Printer

__all__ = ["trend"]


@click.command(
    "trend",
    cls=LazyCommand,
    examples=(
        "contexta trend val_accuracy",
        "contexta trend val_accuracy --tag model=mlp --limit 50",
        "contexta trend loss --stage train --format csv",
    ),
)
@click.argument("metric_key", metavar="METRIC")
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@run_filters
@click.pass_context
def trend(ctx: click.Context, /, metric_key: str, stage_name: str | None, **options: Any) -> None:
    """Show a metric over runs, the oldest first.

    The newest runs that have it, as many as interpretation.trend.default_window_runs says; with --limit the runs of
    that page. Runs without the metric are noted.
    """
    query = query_of(options)
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.get_metric_trend(metric_key, query=query, stage_name=stage_name)
        if not found.points:
            require_project(contexta, query.project_name)
        several = len(contexta.list_projects()) > 1
        invocation.answer(
            found, lambda printer: _show(printer, found, several_projects=several), rows=found.points
        )
        invocation.warn_of_damage(contexta)


def _show(printer: Printer, found: MetricTrend, *, several_projects: bool) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.quantities import local_time, number, short_run_id
    from contexta_cli.output.sparkline import sparkline
    from contexta_cli.output.table import Cell, Column, Table

    if not found.points:
        printer.line(f"No run has a metric {found.metric_key}.")
    else:
        printer.line(f"{found.metric_key}  {sparkline(found.values, 40)}".rstrip(), "title")
        columns = [
            Column("RUN", shrinks=True),
            Column("NAME", priority=1, shrinks=True),
            Column("VALUE", right=True),
            Column("OBSERVED", priority=2),
        ]
        rows = []
        for point in found.points:
            run = short_run_id(point.run_id, with_project=several_projects)
            name = "" if point.run_name == short_run_id(point.run_id, with_project=False) else point.run_name
            when = Cell(local_time(point.captured_at), style="faint")
            rows.append([Cell(run, style="title"), Cell(name), Cell(number(point.value)), when])
        printer.table(Table(columns, rows))
    show_notes(printer, found.completeness_notes)
