"""The value of one metric in each of many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.trends import TrendPoint
from contexta.spi.views import CompletenessNote
from contexta_interpretation.degraded_values import degraded_value_notes
from contexta_interpretation.run_metrics import RunMetrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["MetricValues"]


class MetricValues:
    """One metric, summed up for many runs with one question.

    Args:
        repository: The read model.
        runs: The runs.
        metric_key: The metric.
        stage_name: Only values of this stage; of the run and all its stages when None.
        selection: ``latest``, ``max``, ``min`` or ``mean``.
    """

    def __init__(
        self,
        repository: CompositeRepository,
        runs: Sequence[RunRecord],
        metric_key: str,
        stage_name: str | None,
        selection: str,
    ) -> None:
        self._key = metric_key
        self._stage_name = stage_name
        self._metrics = RunMetrics(repository, runs, [metric_key], selection)

    def in_run(self, run: RunRecord) -> tuple[tuple[TrendPoint, ...], tuple[CompletenessNote, ...]]:
        """Return the point of a run, or a note that it has none."""
        found = self._metrics.value(run.run_id, self._key, self._stage_name)
        if found is None:
            details = {"run_id": run.run_id, "stage_name": self._stage_name}
            return (), (CompletenessNote("warning", f"missing_metric_for_run:{self._key}", details),)
        notes = degraded_value_notes(self._key, [run.run_id] if found.degraded else [], self._stage_name)
        return (TrendPoint(run.run_id, run.name, found.value, found.time, self._stage_name),), tuple(notes)

    def unit_notes(self, points: Sequence[TrendPoint]) -> tuple[CompletenessNote, ...]:
        """Return a note where the points are not all measured in one unit."""
        runs_by_unit: dict[str, list[str]] = {}
        for point in points:
            unit = self._metrics.unit(point.run_id, self._key, self._stage_name)
            if unit is not None:
                runs_by_unit.setdefault(unit, []).append(point.run_id)
        if len(runs_by_unit) < 2:
            return ()
        details = {unit: tuple(run_ids) for unit, run_ids in runs_by_unit.items()}
        return (CompletenessNote("warning", f"units_mixed:{self._key}", {"run_ids_by_unit": details}),)
