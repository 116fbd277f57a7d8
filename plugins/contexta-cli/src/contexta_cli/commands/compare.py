"""``contexta compare``: what differs between two runs."""

from __future__ import annotations

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

__all__ = ["compare"]


@click.command(
    "compare",
    cls=LazyCommand,
    examples=(
        "contexta compare mlp-32-seed-0 mlp-64-seed-0",
        "contexta compare mlp-32-seed-0 mlp-64-seed-0 --format json",
    ),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@click.pass_context
def compare(ctx: click.Context, left: str, right: str) -> None:
    """Show what differs between two runs.

    Metrics by stage, parameters, artifacts and environment; a difference is RIGHT minus LEFT, so LEFT is usually
    the older run. CSV and NDJSON hold the metrics.
    """
    from contexta_cli.output.comparison_page import show_comparison

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        comparison = contexta.compare_runs(left, right)
        several = len(contexta.list_projects()) > 1
        invocation.answer(
            comparison,
            lambda printer: show_comparison(printer, comparison, several_projects=several),
            rows=[delta for stage in comparison.stage_comparisons for delta in stage.metric_deltas],
        )
        invocation.warn_of_damage(contexta)
