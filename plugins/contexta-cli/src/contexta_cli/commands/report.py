"""``contexta report``: reports on runs, comparisons, trends and projects, in any installed format."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from contexta_cli.alert_rules import given_rules, rule_options
from contexta_cli.export_options import save_option, tell_where
from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.run_filters import query_of, run_filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.interpretation import ReportDocument

__all__ = ["alert", "compare", "multi", "project", "snapshot", "trend"]

#: A report is JSON where a program asks for it; for people a renderer chooses its form.
_FORMATS = ("text", "json")

_render_option = click.option(
    "--render",
    "renderer",
    metavar="NAME",
    help="markdown, html, json, csv, text, or that of a plugin; by default that of the file's suffix, or markdown.",
)


@click.command(
    "snapshot",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=(
        "contexta report snapshot mlp-64-seed-0",
        "contexta report snapshot mlp-64-seed-0 --output run.html",
        "contexta report snapshot mlp-64-seed-0 --render html --save",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@_render_option
@save_option("reports")
@click.pass_context
def snapshot(ctx: click.Context, /, run_id: str, **options: Any) -> None:
    """Sum up one run: what was found in it, its metrics with their curves, parameters, stages, artifacts."""
    _answer(Invocation(ctx), lambda contexta: contexta.build_snapshot_report(run_id), **options)


@click.command(
    "compare",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=("contexta report compare mlp-32-seed-0 mlp-64-seed-0 --output difference.html",),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@_render_option
@save_option("reports")
@click.pass_context
def compare(ctx: click.Context, /, left: str, right: str, **options: Any) -> None:
    """Sum up the differences between two runs, with what was found in the right one."""
    _answer(Invocation(ctx), lambda contexta: contexta.build_run_report(left, right), **options)


@click.command(
    "multi",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=("contexta report multi mlp-32-seed-0 mlp-64-seed-0 forest-5-seed-0 --render text",),
)
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True, type=RUN)
@_render_option
@save_option("reports")
@click.pass_context
def multi(ctx: click.Context, /, run_ids: tuple[str, ...], **options: Any) -> None:
    """Sum up several runs side by side, with the best of each metric."""
    _answer(Invocation(ctx), lambda contexta: contexta.build_multi_run_report(run_ids), **options)


@click.command(
    "project",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=("contexta report project digits-demo --output project.html",),
)
@click.argument("name", metavar="NAME")
@_render_option
@save_option("reports")
@click.pass_context
def project(ctx: click.Context, /, name: str, **options: Any) -> None:
    """Sum up the runs of a project: how they ended, how long they took, and their metrics."""
    _answer(Invocation(ctx), lambda contexta: contexta.build_project_summary_report(name), **options)


@click.command(
    "trend",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=("contexta report trend val_accuracy --project digits-demo --output trend.html",),
)
@click.argument("metric_key", metavar="KEY")
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@run_filters
@_render_option
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
    _answer(
        Invocation(ctx),
        lambda contexta: contexta.build_trend_report(metric_key, stage_name=stage_name, query=query),
        renderer=renderer,
        save=save,
    )


@click.command(
    "alert",
    cls=LazyCommand,
    formats=_FORMATS,
    examples=(
        "contexta report alert mlp-64-seed-0 --rules alerts.toml --output alerts.html",
        "contexta report alert mlp-64-seed-0 --metric val_accuracy --operator lt --threshold 0.9",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@rule_options
@_render_option
@save_option("reports")
@click.pass_context
def alert(ctx: click.Context, /, run_id: str, renderer: str | None, *, save: bool, **options: Any) -> None:
    """Sum up what rules say of a run: those that fired, those that passed, and those without a value.

    The rules are one that is typed, those of a file, or those of the configuration.
    """
    _answer(
        Invocation(ctx),
        lambda contexta: contexta.build_alert_report(run_id, given_rules(contexta, options)),
        renderer=renderer,
        save=save,
    )


def _answer(
    invocation: Invocation,
    build: Callable[[Contexta], ReportDocument],
    *,
    renderer: str | None,
    save: bool,
) -> None:
    """Build a report and write it: to stdout, into a file, or into the workspace."""
    path = invocation.output_path
    if save and path is not None:
        raise UsageFault("--output names a file and --save takes one in the workspace; use one of them")
    if invocation.typed_format == "json":
        if renderer not in {None, "json"}:
            raise UsageFault(f"--format json and --render {renderer} contradict each other; use one of them")
        renderer = "json"
    with invocation.open_existing() as contexta:
        report = build(contexta)
        if save or path is not None:
            tell_where(invocation, report.save(path, renderer=renderer))
        else:
            _write(report.render(renderer or "markdown"))
        invocation.warn_of_damage(contexta)


def _write(rendered: str | bytes) -> None:
    if isinstance(rendered, str):
        sys.stdout.write(rendered if rendered.endswith("\n") else f"{rendered}\n")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(rendered)
