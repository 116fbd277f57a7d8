"""``contexta report``: reports on runs, comparisons, trends and projects, in any installed format."""

from __future__ import annotations

from typing import Any

import click

from contexta_cli.alert_rules import given_rules, rule_options
from contexta_cli.export_options import save_option
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.report_answer import answer_with_report, render_option
from contexta_cli.run_argument import RUN
from contexta_cli.run_filters import query_of, run_filters

__all__ = ["alert", "compare", "multi", "project", "snapshot", "trend"]


@click.command(
    "snapshot",
    cls=LazyCommand,
    examples=(
        "contexta report snapshot mlp-64-seed-0",
        "contexta report snapshot mlp-64-seed-0 --output run.html",
        "contexta report snapshot mlp-64-seed-0 --render html --save",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@render_option
@save_option("reports")
@click.pass_context
def snapshot(ctx: click.Context, /, run_id: str, **options: Any) -> None:
    """Sum up one run: what was found in it, its metrics with their curves, parameters, stages, artifacts."""
    answer_with_report(Invocation(ctx), lambda contexta: contexta.build_snapshot_report(run_id), **options)


@click.command(
    "compare",
    cls=LazyCommand,
    examples=("contexta report compare mlp-32-seed-0 mlp-64-seed-0 --output difference.html",),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@render_option
@save_option("reports")
@click.pass_context
def compare(ctx: click.Context, /, left: str, right: str, **options: Any) -> None:
    """Sum up the differences between two runs, with what was found in the right one."""
    answer_with_report(Invocation(ctx), lambda contexta: contexta.build_run_report(left, right), **options)


@click.command(
    "multi",
    cls=LazyCommand,
    examples=("contexta report multi mlp-32-seed-0 mlp-64-seed-0 forest-5-seed-0 --render text",),
)
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True, type=RUN)
@render_option
@save_option("reports")
@click.pass_context
def multi(ctx: click.Context, /, run_ids: tuple[str, ...], **options: Any) -> None:
    """Sum up several runs side by side, with the best of each metric."""
    answer_with_report(Invocation(ctx), lambda contexta: contexta.build_multi_run_report(run_ids), **options)


@click.command(
    "project",
    cls=LazyCommand,
    examples=("contexta report project digits-demo --output project.html",),
)
@click.argument("name", metavar="NAME")
@render_option
@save_option("reports")
@click.pass_context
def project(ctx: click.Context, /, name: str, **options: Any) -> None:
    """Sum up the runs of a project: how they ended, how long they took, and their metrics."""
    answer_with_report(
        Invocation(ctx), lambda contexta: contexta.build_project_summary_report(name), **options
    )


@click.command(
    "trend",
    cls=LazyCommand,
    examples=("contexta report trend val_accuracy --project digits-demo --output trend.html",),
)
@click.argument("metric_key", metavar="KEY")
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@run_filters
@render_option
@save_option("reports")
@click.pass_context
def trend(
    ctx: click.Context,
    /,
    metric_key: str,
    stage_name: str | None,
    renderer: str | None,
    *,
    save: bool,
    **options: Any,
) -> None:
    """Sum up a metric over runs: the best value, and the newest against those before it."""
    query = query_of(options)
    answer_with_report(
        Invocation(ctx),
        lambda contexta: contexta.build_trend_report(metric_key, stage_name=stage_name, query=query),
        renderer=renderer,
        save=save,
    )


@click.command(
    "alert",
    cls=LazyCommand,
    examples=(
        "contexta report alert mlp-64-seed-0 --rules alerts.toml --output alerts.html",
        "contexta report alert mlp-64-seed-0 --metric val_accuracy --operator lt --threshold 0.9",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@rule_options
@render_option
@save_option("reports")
@click.pass_context
def alert(ctx: click.Context, /, run_id: str, renderer: str | None, *, save: bool, **options: Any) -> None:
    """Sum up what rules say of a run: those that fired, those that passed, and those without a value.

    The rules are one that is typed, those of a file, or those of the configuration.
    """
    answer_with_report(
        Invocation(ctx),
        lambda contexta: contexta.build_alert_report(run_id, given_rules(contexta, options)),
        renderer=renderer,
        save=save,
    )
