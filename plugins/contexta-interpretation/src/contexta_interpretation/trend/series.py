"""One metric within one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.spi.bulk import instances
from contexta.spi.trends import StepPoint, StepSeries
from contexta.spi.views import CompletenessNote
from contexta_interpretation.damage import damage_words
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.records import MetricPoint
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
    observed = queries.metric_points(run_id, metric_key, stage_id)
    points = tuple(_step_points(observed))
    details = {"run_id": run_id, "stage_id": stage_id}
    notes = tuple(CompletenessNote("warning", word, details) for word in damage_words(queries))
    marked = [run_id] if any(point.degraded for point in observed) else []
    notes = (*degraded_value_notes(metric_key, marked, None), *notes)
    if not points:
        notes = (CompletenessNote("info", f"step_series_empty:{metric_key}", details), *notes)
        return StepSeries(run_id, metric_key, stage_id, (), notes)
    return StepSeries(run_id, metric_key, stage_id, points, notes, _unit(observed))


def _step_points(observed: Sequence[MetricPoint]) -> list[StepPoint]:
    """Return the points by step; one without a step has its place in the series."""
    steps = [point.step for point in observed]
    if None in steps:
        steps = [place if step is None else step for place, step in enumerate(steps)]
    columns: dict[str, list[Any]] = {
        "step": steps,
        "value": [point.value for point in observed],
        "observed_at": [point.time for point in observed],
    }
    return instances(StepPoint, len(observed), columns)


def _unit(points: Sequence[MetricPoint]) -> str | None:
    """Return the unit of the newest point that names one."""
    units = {point.unit for point in points} - {None}
    if len(units) < 2:
        return next(iter(units), None)
    return max(
        (point for point in points if point.unit is not None), key=lambda each: instant(each.time)
    ).unit
