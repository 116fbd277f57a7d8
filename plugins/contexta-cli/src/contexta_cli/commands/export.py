"""``contexta export``: runs, metrics, comparisons, trends and reports as files for other tools."""

from __future__ import annotations

from typing import Any

import click

from contexta_cli.export_options import FILE_FORMATS, exporting, save_option, tell_where
from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.run_filters import query_of, run_filters

__all__ = ["anomaly", "compare", "html", "metrics", "runs", "trend"]


@click.command(
    "runs",
    cls=LazyCommand,
    formats=FILE_FORMATS,
    examples=(
        "contexta export runs --output runs.csv",
        "contexta export runs --status completed --output runs.parquet",
        "contexta export runs --format jsonl --save",
    ),
)
@run_filters
@save_option("exports")
@click.pass_context
def runs(ctx: click.Context, /, *, save: bool, **options: Any) -> None:
    """Write runs, one row each, with tags, parameters and metadata.

    The format is that of --format, else of the suffix of --output, else CSV.
    """
    from contexta.export import export_runs

    invocation = Invocation(ctx)
    query = query_of(options)
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, file_format):
        tell_where(invocation, export_runs(contexta, target, file_format=file_format, query=query))
        invocation.warn_of_damage(contexta)


@click.command(
    "metrics",
    cls=LazyCommand,
    formats=FILE_FORMATS,
    examples=(
        "contexta export metrics --output metrics.parquet",
        "contexta export metrics mlp-64-seed-0 --metric loss --format jsonl",
    ),
)
@click.argument("run_ids", metavar="[ID]...", nargs=-1, type=RUN)
@click.option("--metric", "metric_keys", metavar="KEY", multiple=True, help="Only this metric; repeatable.")
@run_filters
@save_option("exports")
@click.pass_context
def metrics(
    ctx: click.Context,
    /,
    run_ids: tuple[str, ...],
    metric_keys: tuple[str, ...],
    *,
    save: bool,
    **options: Any,
) -> None:
    """Write observations of metrics, one row each; of the named runs, or of those that the options choose.

    The format is that of --format, else of the suffix of --output, else CSV. Memory does not grow with their number.
    """
    from contexta.export import export_metrics
    from contexta.interpretation import RunListQuery

    invocation = Invocation(ctx)
    query = query_of(options)
    if run_ids and query != RunListQuery():
        raise UsageFault("name the runs, or choose them by options, not both")
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, file_format):
        path = export_metrics(
            contexta,
            target,
            file_format=file_format,
            run_ids=run_ids or None,
            metric_keys=metric_keys,
            query=None if run_ids else query,
        )
        tell_where(invocation, path)
        invocation.warn_of_damage(contexta)


@click.command(
    "compare",
    cls=LazyCommand,
    formats=FILE_FORMATS,
    examples=("contexta export compare mlp-32-seed-0 mlp-64-seed-0 --output difference.csv",),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@save_option("exports")
@click.pass_context
def compare(ctx: click.Context, /, left: str, right: str, *, save: bool) -> None:
    """Write the metrics of two runs side by side, one row for each stage and key.

    The format is that of --format, else of the suffix of --output, else CSV.
    """
    from contexta.export import export_comparison

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, file_format):
        tell_where(invocation, export_comparison(contexta, left, right, target, file_format=file_format))
        invocation.warn_of_damage(contexta)


@click.command(
    "trend",
    cls=LazyCommand,
    formats=FILE_FORMATS,
    examples=("contexta export trend val_accuracy --limit 50 --output trend.csv",),
)
@click.argument("metric_key", metavar="KEY")
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@run_filters
@save_option("exports")
@click.pass_context
def trend(
    ctx: click.Context, /, metric_key: str, stage_name: str | None, *, save: bool, **options: Any
) -> None:
    """Write a metric over runs, one row for each run, the oldest first.

    The format is that of --format, else of the suffix of --output, else CSV.
    """
    from contexta.export import export_trend

    invocation = Invocation(ctx)
    query = query_of(options)
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, file_format):
        path = export_trend(
            contexta, metric_key, target, file_format=file_format, stage_name=stage_name, query=query
        )
        tell_where(invocation, path)
        invocation.warn_of_damage(contexta)


@click.command(
    "anomaly",
    cls=LazyCommand,
    formats=FILE_FORMATS,
    examples=(
        "contexta export anomaly mlp-64-seed-0 --output anomalies.csv",
        "contexta export anomaly mlp-64-seed-0 --project digits-demo --tag model=mlp --format json",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.option("--metric", "metric_keys", metavar="KEY", multiple=True, help="Only this metric; repeatable.")
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@run_filters
@save_option("exports")
@click.pass_context
def anomaly(
    ctx: click.Context,
    /,
    run_id: str,
    metric_keys: tuple[str, ...],
    stage_name: str | None,
    *,
    save: bool,
    **options: Any,
) -> None:
    """Write the metrics of a run that are off, one row each, with what is usual.

    Usual is what the completed runs of its project had that started before it; the options on runs say which of
    them. The format is that of --format, else of the suffix of --output, else CSV.
    """
    from contexta.export import export_anomalies

    invocation = Invocation(ctx)
    query = query_of(options)
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, file_format):
        path = export_anomalies(
            contexta,
            run_id,
            target,
            file_format=file_format,
            baseline_query=query,
            metric_keys=metric_keys or None,
            stage_name=stage_name,
        )
        tell_where(invocation, path)
        invocation.warn_of_damage(contexta)


@click.command(
    "html",
    cls=LazyCommand,
    formats=("html",),
    examples=(
        "contexta export html --run mlp-64-seed-0 --output run.html",
        "contexta export html --left mlp-32-seed-0 --right mlp-64-seed-0 --save",
    ),
)
@click.option("--run", "run_id", metavar="ID", type=RUN, help="The run.")
@click.option("--left", metavar="ID", type=RUN, help="The run on the left of a comparison.")
@click.option("--right", metavar="ID", type=RUN, help="The run on the right of a comparison.")
@save_option("exports")
@click.pass_context
def html(
    ctx: click.Context, /, run_id: str | None, left: str | None, right: str | None, *, save: bool
) -> None:
    """Write the report on a run, or on two, as one page that needs nothing beside it."""
    from contexta.export import export_html

    invocation = Invocation(ctx)
    is_one = bool(run_id) and not left and not right
    is_two = bool(left) and bool(right) and not run_id
    if not (is_one or is_two):
        raise UsageFault("name one run (--run ID), or two (--left ID --right ID)")
    with invocation.open_existing() as contexta, exporting(invocation, save=save) as (target, _):
        report = (
            contexta.build_run_report(left or "", right or "")
            if is_two
            else contexta.build_snapshot_report(run_id or "")
        )
        tell_where(invocation, export_html(contexta, report, target))
        invocation.warn_of_damage(contexta)
