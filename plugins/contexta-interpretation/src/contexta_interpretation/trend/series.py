"""One metric within one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metric_selection import newest_summary
from contexta.spi.trends import StepPoint, StepSeries
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from contexta.spi.repository import SupportsBulkQueries

__all__ = ["read_series"]


def read_series(
    queries: SupportsBulkQueries, run_id: str, metric_key: str, stage_id: str | None
) -> StepSeries:
    """Return a metric within one run, by step, then by time.

    Args:
        queries: The read model's quick path.
        run_id: The run.
        metric_key: The metric.
        stage_id: Only values of this stage; of the run and all its stages when None.
    """
    points = tuple(
        StepPoint(index if point.step is None else point.step, point.value, point.time)
        for index, point in enumerate(queries.metric_points(run_id, metric_key, stage_id))
    )
    if not points:
        note = CompletenessNote(
            "info", f"step_series_empty:{metric_key}", {"run_id": run_id, "stage_id": stage_id}
        )
        return StepSeries(run_id, metric_key, stage_id, (), (note,))
    return StepSeries(run_id, metric_key, stage_id, points, (), _unit(queries, run_id, metric_key, stage_id))


def _unit(queries: SupportsBulkQueries, run_id: str, metric_key: str, stage_id: str | None) -> str | None:
    summaries = [
        summary
        for summary in queries.metric_summaries([run_id], [metric_key])
        if summary.unit is not None and stage_id in (None, summary.stage)
    ]
    return newest_summary(summaries).unit if summaries else None
