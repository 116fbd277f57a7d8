"""Results as rows with typed columns: what ``to_pandas()`` and its like convert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import RenderingError
from contexta.spi.comparison import MultiRunComparison, ReportComparison, RunComparison
from contexta.spi.frames import Frame, frame_of_rows
from contexta.spi.querying import RunSnapshot
from contexta.spi.reports import ReportDocument
from contexta.spi.trends import ArtifactSizeTrend, DurationTrend, MetricTrend, StepSeries
from contexta.spi.views import RunRecord
from contexta_notebook.cell_types import typed_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["frame_of"]

_RUN_COLUMNS = ("run_id", "name", "project_name", "status", "started_at", "ended_at")


def frame_of(value: Any) -> Frame:
    """Return a result as a frame; times are ISO 8601 text, as in the result.

    Args:
        value: A run, a list of runs, a snapshot, a comparison, a trend, a series, or a report.

    Raises:
        RenderingError: It is something else (``notebook_table_conversion_unsupported``).
    """
    if isinstance(value, list | tuple) and all(isinstance(each, RunRecord) for each in value):
        return _runs(value)
    for kind, make in _KINDS.items():
        if isinstance(value, kind):
            return make(value)
    raise RenderingError(
        f"a {type(value).__name__} cannot become a frame; pass a run, a list of runs, a snapshot, a comparison, "
        "a trend, a series or a report",
        code="notebook_table_conversion_unsupported",
    )


def _runs(runs: Sequence[RunRecord]) -> Frame:
    """Return a row for each run, with a column for every tag and parameter that one of them has."""
    types = dict.fromkeys(_RUN_COLUMNS, "text")
    columns = [[getattr(run, name) for run in runs] for name in _RUN_COLUMNS]
    for prefix, mappings in (
        ("tags.", [run.tags for run in runs]),
        ("parameters.", [run.parameters for run in runs]),
    ):
        for key in sorted({key for mapping in mappings for key in mapping}):
            types[f"{prefix}{key}"], cells = typed_column([mapping.get(key) for mapping in mappings])
            columns.append(cells)
    return frame_of_rows(types, zip(*columns, strict=True))


def _fields(types: Mapping[str, str], things: Iterable[Any]) -> Frame:
    return frame_of_rows(types, ([getattr(thing, name) for name in types] for thing in things))


def _snapshot(snapshot: RunSnapshot) -> Frame:
    """Return a row for each value of a metric that the run has."""
    types = {
        "run_id": "text", "stage_name": "text", "metric_key": "text", "step": "integer", "value": "number",
        "unit": "text", "observed_at": "text",
    }  # fmt: skip
    names = {stage.stage_id: stage.name for stage in snapshot.stages}
    return frame_of_rows(
        types,
        (
            (
                each.run_id, names.get(each.stage_id or "", each.stage_id), each.key, each.payload.get("step"),
                each.value, each.unit, each.observed_at,
            )
            for each in snapshot.records
            if each.record_type == "metric"
        ),
    )  # fmt: skip


def _comparison(comparison: RunComparison) -> Frame:
    """Return a row for each metric of each stage."""
    types = {
        "stage_name": "text", "metric_key": "text", "left_value": "number", "right_value": "number",
        "delta": "number", "change_ratio": "number", "improved": "boolean",
    }  # fmt: skip
    return _fields(types, (delta for row in comparison.stage_comparisons for delta in row.metric_deltas))


def _multiple(comparison: MultiRunComparison) -> Frame:
    """Return a row for each metric of each stage, with a column for each run."""
    types = {"stage_name": "text", "metric_key": "text", "best_run_id": "text"}
    types |= dict.fromkeys(comparison.run_ids, "number")
    return frame_of_rows(
        types,
        ((row.stage_name, row.metric_key, row.best_run_id, *row.values) for row in comparison.metric_table),
    )


def _trend(trend: MetricTrend) -> Frame:
    types = {
        "run_id": "text", "run_name": "text", "stage_name": "text", "value": "number", "captured_at": "text",
    }  # fmt: skip
    return _fields(types, trend.points)


def _series(series: StepSeries) -> Frame:
    return _fields({"step": "integer", "value": "number", "observed_at": "text"}, series.points)


def _durations(trend: DurationTrend) -> Frame:
    types = {
        "run_id": "text", "run_name": "text", "stage_name": "text", "duration_seconds": "number",
        "started_at": "text",
    }  # fmt: skip
    return _fields(types, trend.points)


def _sizes(trend: ArtifactSizeTrend) -> Frame:
    types = {
        "run_id": "text", "run_name": "text", "artifact_kind": "text", "size_bytes": "integer",
        "artifact_ref": "text", "created_at": "text",
    }  # fmt: skip
    return _fields(types, trend.points)


def _report(report: ReportDocument) -> Frame:
    types = {"section_title": "text", "body": "text", "evidence_link_count": "integer"}
    rows = ((section.title, section.body, len(section.evidence_links)) for section in report.sections)
    return frame_of_rows(types, rows)


def _report_comparison(comparison: ReportComparison) -> Frame:
    types = dict.fromkeys(("section_title", "change", "left_body", "right_body"), "text")
    rows = (
        (each.section_title, each.change, _text(each.left_body), _text(each.right_body))
        for each in comparison.section_diffs
    )
    return frame_of_rows(types, rows)


def _text(body: Any) -> str | None:
    return None if body is None else str(body)


_KINDS: dict[type, Callable[[Any], Frame]] = {
    RunRecord: lambda run: _runs((run,)),
    RunSnapshot: _snapshot,
    RunComparison: _comparison,
    MultiRunComparison: _multiple,
    MetricTrend: _trend,
    StepSeries: _series,
    DurationTrend: _durations,
    ArtifactSizeTrend: _sizes,
    ReportDocument: _report,
    ReportComparison: _report_comparison,
}
