"""``contexta anomaly``: values of a run that lie off what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.fail_on import fail_on_option
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.run_filters import query_of, run_filters

if TYPE_CHECKING:
    from contexta.interpretation import AnomalyReport, AnomalyResult
    from contexta_cli.output.printer import Printer
    from contexta_cli.output.table import Cell

__all__ = ["anomaly"]


@click.command(
    "anomaly",
    cls=LazyCommand,
    examples=(
        "contexta anomaly mlp-64-seed-0",
        "contexta anomaly mlp-64-seed-0 --metric val_accuracy --tag model=mlp",
        "contexta anomaly mlp-64-seed-0 --fail-on error",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.option(
    "--metric", "metric_keys", metavar="METRIC", multiple=True, help="Only this metric; repeatable."
)
@click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage.")
@fail_on_option("warning", "error", what="an anomaly")
@run_filters
@click.pass_context
def anomaly(
    ctx: click.Context,
    /,
    run_id: str,
    metric_keys: tuple[str, ...],
    stage_name: str | None,
    fail_on: str | None,
    **options: Any,
) -> None:
    """Show the metrics of a run that lie off what is usual.

    Usual is what the completed runs of its project had that started before it; the options on runs say which of
    them. What could not be judged is noted.
    """
    query = query_of(options)
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        report = contexta.anomaly_service.examine_run(
            run_id, baseline_query=query, metric_keys=metric_keys or None, stage_name=stage_name
        )
        data = {
            "run_id": report.run_id,
            "anomalies": report.results,
            "judged_metrics": report.judged_metrics,
            "completeness_notes": report.completeness_notes,
        }
        invocation.answer(data, lambda printer: _show(printer, report), rows=report.results)
        invocation.warn_of_damage(contexta)
    if any(fail_on in {"warning", each.severity} for each in report.results):
        ctx.exit(1)


def _show(printer: Printer, report: AnomalyReport) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.table import Column, Table

    judged = len(report.judged_metrics)
    of_all = f"of {judged} {'metric' if judged == 1 else 'metrics'} that could be judged"
    if report.results:
        columns = [
            Column("SEVERITY"),
            Column("METRIC", shrinks=True),
            Column("VALUE", right=True),
            Column("EXPECTED", right=True),
            Column("Z", right=True, priority=1),
            Column("ROBUST Z", right=True, priority=2),
            Column("RUNS", right=True, priority=3),
        ]
        printer.table(Table(columns, [_row(each) for each in report.results]))
    else:
        printer.line(f"Nothing is off, {of_all}.")
    show_notes(printer, report.completeness_notes)


def _row(found: AnomalyResult) -> list[Cell]:
    from contexta_cli.output.quantities import number
    from contexta_cli.output.severities import severity_cell
    from contexta_cli.output.table import Cell

    low, high = found.expected_range
    count = "" if found.baseline is None else str(found.baseline.computed_from_n_runs)
    return [
        severity_cell(found.severity),
        Cell(found.metric_key, style="title"),
        Cell(number(found.actual_value)),
        Cell(number(low) if low == high else f"{number(low)} … {number(high)}"),
        Cell(_score(found.z_score)),
        Cell(_score(found.robust_z_score)),
        Cell(count, style="faint"),
    ]


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:+.1f}"
