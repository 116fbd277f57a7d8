"""``contexta compare-multi``: several runs side by side."""

from __future__ import annotations

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

__all__ = ["compare_multi"]


@click.command(
    "compare-multi",
    cls=LazyCommand,
    examples=(
        "contexta compare-multi mlp-32-seed-0 mlp-64-seed-0 mlp-96-seed-0",
        "contexta compare-multi mlp-32-seed-0 mlp-64-seed-0 --format csv",
    ),
)
@click.argument("run_ids", metavar="RUN...", type=RUN, nargs=-1, required=True)
@click.pass_context
def compare_multi(ctx: click.Context, run_ids: tuple[str, ...]) -> None:
    """Show the metrics of two or more runs side by side.

    Below BEST stands the run with the best value, in the metric's own direction. CSV and NDJSON hold one row for
    each metric.
    """
    from contexta_cli.output.comparison_table import show_table

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        comparison = contexta.compare_multiple_runs(run_ids)
        several = len(contexta.list_projects()) > 1
        invocation.answer(
            comparison,
            lambda printer: show_table(printer, comparison, several_projects=several),
            rows=comparison.metric_table,
        )
        invocation.warn_of_damage(contexta)
