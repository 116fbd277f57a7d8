"""``contexta runs``: the runs of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.run_table import latest_metrics, run_table
from contexta_cli.run_filters import query_of, require_project, run_filters

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.interpretation import RunListQuery
    from contexta.spi.run_list import RunList
    from contexta_cli.output.printer import Printer

__all__ = ["runs"]


@click.command(
    "runs",
    cls=LazyCommand,
    examples=(
        "contexta runs",
        "contexta runs --status failed --after 2026-01-31",
        "contexta runs --tag model=mlp --sort metrics.val_accuracy --limit 5",
        "contexta runs --where 'min(metrics.loss) < 0.1 and params.lr in [0.1, 0.01]'",
        "contexta runs --project digits-demo --format json",
        "contexta runs --archived",
    ),
)
@run_filters
@click.pass_context
def runs(ctx: click.Context, /, **options: Any) -> None:
    """List runs, the newest first.

    Times are local. The columns at the end are the metrics that most of the runs have, with their newest values;
    JSON holds everything that is known of each run.
    """
    invocation = Invocation(ctx)
    query = query_of(options)
    with invocation.open_existing() as contexta:
        found = contexta.list_runs(query=query)
        if not found:
            require_project(contexta, options["project"])
        invocation.answer({"runs": found}, lambda printer: _show(printer, contexta, found, query))
        invocation.warn_of_damage(contexta)


def _show(printer: Printer, ctx: Contexta, found: RunList, query: RunListQuery) -> None:
    if not found:
        filters = (
            query.project_name,
            query.status,
            query.tags,
            query.time_range,
            query.offset,
            query.archived,
            query.where,
        )
        is_filtered = any(filters) or bool(ctx.repository.list_runs())
        printer.line("No runs match." if is_filtered else "No runs yet.")
        if not is_filtered:
            printer.hints("Next:", ["contexta demo"])
        return
    from contexta_cli.output.completeness import show_notes

    metrics = latest_metrics(ctx, [run.run_id for run in found])
    printer.table(run_table(found, metrics, several_projects=len(ctx.list_projects()) > 1))
    show_notes(printer, found.completeness_notes)
