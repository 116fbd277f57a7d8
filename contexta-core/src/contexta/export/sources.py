"""The tables that can be exported, read from an open workspace."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta.export.table import ExportTable, from_rows
from contexta.spi.identifiers import checked_text
from contexta.spi.records import ScanFilter, record_ref_of
from contexta.spi.run_lookup import require_run
from contexta.spi.workspace_tables import table_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contexta import Contexta
    from contexta.export.columns import Column
    from contexta.spi.comparison import MetricDelta, RunComparison, StageComparison
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import FlatRecord
    from contexta.spi.views import CompletenessNote, RunRecord

__all__ = ["NOTES", "anomalies_table", "comparison_table", "metrics_table", "runs_table", "trend_table"]

#: The column that holds what is missing.
NOTES = "notes"

#: Metrics of so few runs are read run by run; those of more in one pass over the store.
_FEW_RUNS = 32

_RUN_COLUMNS = (
    "run_id, name, project_name, status, started_at TIMESTAMP, ended_at TIMESTAMP, code_revision, dataset_ref, "
    "archived_at TIMESTAMP, tags JSON, parameters JSON, metadata JSON"
)
_METRIC_COLUMNS = "run_id, stage_id, key, value DOUBLE, step BIGINT, observed_at TIMESTAMP, unit, record_id"
_COMPARISON_COLUMNS = (
    "stage_name, metric_key, left_value DOUBLE, right_value DOUBLE, delta DOUBLE, change_ratio DOUBLE, left_status, "
    "right_status, notes"
)
_ANOMALY_COLUMNS = "run_id, metric_key, actual_value DOUBLE, expected_low DOUBLE, expected_high DOUBLE, z_score DOUBLE, severity, notes"
_TREND_COLUMNS = "run_id, run_name, metric_key, project_name, stage_name, value DOUBLE, captured_at TIMESTAMP"


def runs_table(contexta: Contexta, project_name: str | None, query: RunListQuery | None) -> ExportTable:
    """Return the runs that match, in the order of the query."""
    runs = contexta.list_runs(project_name) if query is None else contexta.list_runs(query=query)
    rows = (
        (
            run.run_id, run.name, run.project_name, run.status, run.started_at, run.ended_at, run.code_revision,
            run.dataset_ref, run.archived_at, run.tags, run.parameters, run.metadata,
        )
        for run in runs
    )  # fmt: skip
    return ExportTable("runs", table_columns(_RUN_COLUMNS), from_rows(rows))


def metrics_table(
    contexta: Contexta,
    run_ids: Sequence[str] | None,
    metric_keys: Sequence[str],
    project_name: str | None,
    query: RunListQuery | None,
) -> ExportTable:
    """Return every observation of metrics, each writer's in the order of appending."""
    keys = frozenset(checked_text(key, "metric_keys") for key in metric_keys)
    if run_ids is not None:
        if project_name is not None or query is not None:
            raise ValidationError(
                "run_ids names the runs already; leave project_name and query out, or run_ids",
                code="export_runs_named_twice",
            )
        wanted: list[str] | None = list(
            dict.fromkeys(require_run(contexta.repository, run_id).run_id for run_id in run_ids)
        )
    elif project_name is None and query is None:
        wanted = None
    else:
        runs: Iterable[RunRecord] = (
            contexta.list_runs(project_name) if query is None else contexta.list_runs(query=query)
        )
        wanted = [run.run_id for run in runs]
    return ExportTable(
        "metrics", table_columns(_METRIC_COLUMNS), partial(_point_columns, _points(contexta, wanted, keys))
    )


def _points(contexta: Contexta, run_ids: list[str] | None, keys: frozenset[str]) -> Iterator[FlatRecord]:
    key = next(iter(keys)) if len(keys) == 1 else None
    if run_ids is not None and len(run_ids) <= _FEW_RUNS:
        filters = [ScanFilter(run_ref=run_id, record_type="metric", key=key) for run_id in run_ids]
    else:
        filters = [ScanFilter(record_type="metric", key=key)]
    wanted = None if run_ids is None else frozenset(run_ids)
    for scan_filter in filters:
        for stored in contexta.record_store.scan(scan_filter):
            flat = stored.flat
            if (wanted is None or flat["run"] in wanted) and (not keys or flat["key"] in keys):
                yield flat


def _point_columns(points: Iterator[FlatRecord], size: int) -> Iterator[list[Column]]:
    """Yield points as columns; of a record no tuple is made, which would cost as much as reading it."""
    while flats := list(islice(points, size)):
        yield [
            [flat["run"] for flat in flats],
            [flat.get("stage") for flat in flats],
            [flat["key"] for flat in flats],
            [flat["value"] for flat in flats],
            [flat.get("step") for flat in flats],
            [flat["time"] for flat in flats],
            [flat.get("unit") for flat in flats],
            [record_ref_of(flat) for flat in flats],
        ]


def comparison_table(comparison: RunComparison) -> ExportTable:
    """Return the metrics of a comparison, by stage and key."""
    rows = (
        _delta_row(stage, delta) for stage in comparison.stage_comparisons for delta in stage.metric_deltas
    )
    return ExportTable("comparison", table_columns(_COMPARISON_COLUMNS), from_rows(rows))


def _delta_row(stage: StageComparison, delta: MetricDelta) -> tuple[Any, ...]:
    return (
        delta.stage_name, delta.metric_key, delta.left_value, delta.right_value, delta.delta, delta.change_ratio,
        stage.left_status, stage.right_status,
        notes_text([*delta.completeness_notes, *stage.completeness_notes]),
    )  # fmt: skip


def notes_text(notes: Iterable[CompletenessNote]) -> str | None:
    """Return what is missing as one text; None for nothing."""
    return "; ".join(note.summary for note in notes) or None


def trend_table(
    contexta: Contexta,
    metric_key: str,
    project_name: str | None,
    stage_name: str | None,
    query: RunListQuery | None,
) -> ExportTable:
    """Return a metric over runs, the oldest first."""
    trend = contexta.get_metric_trend(
        metric_key, project_name=project_name, stage_name=stage_name, query=query
    )
    rows = (
        (
            point.run_id, point.run_name, trend.metric_key, trend.project_name, point.stage_name, point.value,
            point.captured_at,
        )
        for point in trend.points
    )  # fmt: skip
    return ExportTable("trend", table_columns(_TREND_COLUMNS), from_rows(rows))


def anomalies_table(
    contexta: Contexta,
    run_id: str,
    baseline_query: RunListQuery | None,
    metric_keys: Sequence[str] | None,
    stage_name: str | None,
) -> ExportTable:
    """Return the metrics of a run that are off, the gravest first."""
    found = contexta.anomaly_service.detect_anomalies_in_run(
        run_id,
        baseline_query=baseline_query,
        metric_keys=None if metric_keys is None else tuple(metric_keys),
        stage_name=stage_name,
    )
    rows = (
        (
            each.run_id, each.metric_key, each.actual_value, *each.expected_range, each.z_score, each.severity,
            notes_text(each.completeness_notes),
        )
        for each in found
    )  # fmt: skip
    return ExportTable("anomalies", table_columns(_ANOMALY_COLUMNS), from_rows(rows))
