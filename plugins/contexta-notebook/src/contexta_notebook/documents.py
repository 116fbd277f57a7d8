"""Small reports on single results: what a notebook shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.comparison import MultiRunComparison, ReportComparison, RunComparison
from contexta.spi.querying import RunSnapshot
from contexta.spi.report_parts import FigureSeries, ReportFigure, ReportTable, TableColumn
from contexta.spi.reports import ReportDocument, ReportSection
from contexta.spi.run_list import RunList
from contexta.spi.trends import ArtifactSizeTrend, DurationTrend, MetricTrend, StepSeries
from contexta.spi.views import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["document_of"]

#: Artifacts of a snapshot that are listed.
_MOST_ARTIFACTS = 10
#: Rows of a comparison of several runs.
_MOST_ROWS = 20
#: Points of a series that are drawn.
_MOST_POINTS = 400


def document_of(value: object) -> ReportDocument | None:
    """Return a small report on a result; None for what this surface does not show.

    Args:
        value: A run, a list of runs, a snapshot, a comparison of two or several runs or of two reports, a trend, a
            series or a report.
    """
    if isinstance(value, list | tuple) and all(isinstance(each, RunRecord) for each in value):
        return _runs(value)
    for kind, make in _KINDS.items():
        if isinstance(value, kind):
            return make(value)
    return None


def _table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> tuple[ReportTable, ...]:
    made = tuple(tuple(row) for row in rows)
    return (ReportTable(tuple(TableColumn(*column) for column in columns), made),) if made else ()


def _facts(facts: Iterable[tuple[str, Any]]) -> tuple[ReportTable, ...]:
    return _table(
        [("Field", "text"), ("Value", "value")],
        [(name, value) for name, value in facts if value not in {None, ""}],
    )


def _run_facts(run: RunRecord) -> list[tuple[str, Any]]:
    return [
        ("run", run.run_id),
        ("status", run.status),
        ("project", run.project_name),
        ("started", run.started_at),
        ("ended", run.ended_at),
        *((f"tags.{name}", value) for name, value in run.tags.items()),
        *((name, str(value)) for name, value in run.parameters.items()),
    ]


def _runs(runs: Sequence[RunRecord]) -> ReportDocument:
    shown = runs[:_MOST_ROWS]
    columns = [
        ("Run", "text"),
        ("Status", "status"),
        ("Project", "text"),
        ("Started", "time"),
        ("Ended", "time"),
    ]
    section = ReportSection(
        "Runs",
        f"... and {len(runs) - len(shown)} more." if len(shown) < len(runs) else "" if runs else "No runs.",
        tables=_table(
            columns,
            [(run.name, run.status, run.project_name, run.started_at, run.ended_at) for run in shown],
        ),
        # What limits the selection; a tuple of runs that somebody put together was not selected.
        notes=runs.completeness_notes if isinstance(runs, RunList) else (),
    )
    return ReportDocument(f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}", (section,))


def _run(run: RunRecord) -> ReportDocument:
    return ReportDocument(run.name, (ReportSection("Run", tables=_facts(_run_facts(run))),))


def _snapshot(snapshot: RunSnapshot) -> ReportDocument:
    artifacts = snapshot.artifacts[:_MOST_ARTIFACTS]
    more = len(snapshot.artifacts) - len(artifacts)
    sections = [
        ReportSection("Run", tables=_facts(_run_facts(snapshot.run))),
        _metrics_section(snapshot),
        ReportSection(
            "Stages",
            "" if snapshot.stages else "No stages.",
            tables=_table(
                [("Stage", "text"), ("Status", "status"), ("Started", "time")],
                [(stage.name, stage.status, stage.started_at) for stage in snapshot.stages],
            ),
        ),
        ReportSection(
            "Artifacts",
            f"... and {more} more." if more else "" if artifacts else "No artifacts.",
            tables=_table(
                [("Kind", "text"), ("Size", "bytes"), ("Reference", "ref")],
                [(each.kind, each.size_bytes, each.artifact_ref) for each in artifacts],
            ),
        ),
    ]
    return ReportDocument(snapshot.run.name, tuple(sections), f"{len(snapshot.records)} records.")


def _metrics_section(snapshot: RunSnapshot) -> ReportSection:
    """Return the newest, smallest and greatest value of each metric, by stage and key."""
    names = {stage.stage_id: stage.name for stage in snapshot.stages}
    series: dict[tuple[str, str], list[float]] = {}
    for record in snapshot.records:
        if record.record_type == "metric" and record.value is not None:
            stage = names.get(record.stage_id or "", record.stage_id or "")
            series.setdefault((stage, record.key), []).append(record.value)
    shown = sorted(series.items())[:_MOST_ROWS]
    columns = [
        ("Metric", "text"),
        ("Stage", "text"),
        ("Last", "number"),
        ("Lowest", "number"),
        ("Highest", "number"),
    ]
    rows = [(key, stage, values[-1], min(values), max(values)) for (stage, key), values in shown]
    more = len(series) - len(shown)
    return ReportSection(
        "Metrics",
        f"... and {more} more." if more else "" if rows else "No metrics.",
        tables=_table(
            [*columns, ("Values", "number")], [(*row, len(series[row[1], row[0]])) for row in rows]
        ),
    )


def _short(run_id: str) -> str:
    """Return the last component of a run's identifier: its name as people know it."""
    return run_id.rpartition(".")[2] or run_id


def _comparison(comparison: RunComparison) -> ReportDocument:
    deltas = [delta for row in comparison.stage_comparisons for delta in row.metric_deltas]
    sections = [
        ReportSection(
            "Metrics",
            "" if deltas else "No metric deltas.",
            tables=_table(
                [
                    ("Stage", "text"),
                    ("Metric", "text"),
                    ("Left", "number"),
                    ("Right", "number"),
                    ("Delta", "number"),
                ],
                [
                    (each.stage_name, each.metric_key, each.left_value, each.right_value, each.delta)
                    for each in deltas
                ],
            ),
        )
    ]
    if comparison.parameter_changes:
        sections.append(
            ReportSection(
                "Parameters",
                tables=_table(
                    [("Name", "text"), ("Change", "status"), ("Left", "value"), ("Right", "value")],
                    [
                        (each.key, each.change, _cell(each.left_value), _cell(each.right_value))
                        for each in comparison.parameter_changes
                    ],
                ),
            )
        )
    title = f"{_short(comparison.left_run_id)} → {_short(comparison.right_run_id)}"
    return ReportDocument(title, tuple(sections), comparison.summary)


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _multiple(comparison: MultiRunComparison) -> ReportDocument:
    rows = comparison.metric_table[:_MOST_ROWS]
    more = len(comparison.metric_table) - len(rows)
    columns = [("Stage", "text"), ("Metric", "text"), *((name, "number") for name in comparison.run_names)]
    section = ReportSection(
        "Metrics",
        f"... and {more} more." if more else "",
        tables=_table(columns, [(row.stage_name, row.metric_key, *row.values) for row in rows]),
    )
    return ReportDocument(f"{len(comparison.run_ids)} runs", (section,), comparison.summary)


def _trend(trend: MetricTrend) -> ReportDocument:
    columns = [("Run", "text"), ("Value", "number"), ("Captured", "time")]
    rows = [(point.run_name, point.value, point.captured_at) for point in trend.points]
    return _over_runs(f"Trend: {trend.metric_key}", trend.metric_key, columns, rows)


def _series(series: StepSeries) -> ReportDocument:
    every = max(1, -(-len(series.points) // _MOST_POINTS))
    points = tuple((point.step, point.value) for point in series.points[::every])
    figure = ReportFigure(
        series.metric_key,
        (FigureSeries(series.metric_key, points, series.unit),),
        x_label="step",
        y_label=series.unit or "",
        caption=f"Every {every}th of {len(series.points)} points." if every > 1 else "",
    )
    section = ReportSection("Series", "" if points else "No points.", figures=(figure,) if points else ())
    return ReportDocument(f"{series.metric_key} of {_short(series.run_id)}", (section,))


def _durations(trend: DurationTrend) -> ReportDocument:
    values = [(point.run_name, point.duration_seconds, point.started_at) for point in trend.points]
    columns = [("Run", "text"), ("Took", "seconds"), ("Started", "time")]
    return _over_runs(f"Duration: {trend.stage_name}", "seconds", columns, values)


def _sizes(trend: ArtifactSizeTrend) -> ReportDocument:
    values = [(point.run_name, point.size_bytes, point.created_at) for point in trend.points]
    columns = [("Run", "text"), ("Size", "bytes"), ("Created", "time")]
    return _over_runs(f"Size: {trend.artifact_kind}", "bytes", columns, values)


def _over_runs(
    title: str, unit: str, columns: Sequence[tuple[str, str]], rows: Sequence[tuple[str, float, str | None]]
) -> ReportDocument:
    figure = ReportFigure(
        "Over runs",
        (FigureSeries(unit, tuple((place, row[1]) for place, row in enumerate(rows)), unit),),
        x_label="run",
        y_label=unit,
        categories=tuple(row[0] for row in rows),
    )
    section = ReportSection(
        "Series",
        "" if rows else "No series points.",
        figures=(figure,) if len(rows) > 1 else (),
        tables=_table(columns, rows),
    )
    return ReportDocument(title, (section,))


_KINDS: dict[type, Callable[[Any], ReportDocument]] = {
    ReportDocument: lambda report: report,
    ReportComparison: ReportComparison.to_report,
    RunRecord: _run,
    RunSnapshot: _snapshot,
    RunComparison: _comparison,
    MultiRunComparison: _multiple,
    MetricTrend: _trend,
    StepSeries: _series,
    DurationTrend: _durations,
    ArtifactSizeTrend: _sizes,
}
