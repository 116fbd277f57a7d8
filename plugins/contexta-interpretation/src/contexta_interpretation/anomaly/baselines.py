"""What is usual of a metric: the statistics of its values in a population of runs."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from contexta.spi.anomalies import MetricBaseline
from contexta.spi.views import CompletenessNote
from contexta_interpretation.anomaly.statistics import Spread
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.views import RunRecord
    from contexta_interpretation.run_metrics import RunMetrics

__all__ = ["baseline_of", "baseline_without"]

_EMPTY = "baseline_population_empty:"


def baseline_of(
    metrics: RunMetrics, runs: Sequence[RunRecord], metric_key: str, stage_name: str | None
) -> MetricBaseline:
    """Return the baseline of a metric over runs.

    Args:
        metrics: Values of the metric in the runs.
        runs: The runs.
        metric_key: The metric.
        stage_name: Only values of this stage; of the run and all its stages when None.
    """
    values: dict[str, float] = {}
    units: dict[str, str] = {}
    stray: list[str] = []
    degraded: list[str] = []
    for run in runs:
        found = metrics.value(run.run_id, metric_key, stage_name)
        if found is None:
            continue
        if not math.isfinite(found.value):
            stray.append(run.run_id)
            continue
        values[run.run_id] = found.value
        if found.degraded:
            degraded.append(run.run_id)
        named = metrics.unit(run.run_id, metric_key, stage_name)
        if named is not None:
            units[run.run_id] = named
    notes = []
    if stray:
        facts = {"run_ids": tuple(stray)}
        notes.append(CompletenessNote("warning", f"baseline_values_not_finite:{metric_key}", facts))
    unit = Counter(units.values()).most_common(1)[0][0] if units else None
    others = [run_id for run_id, named in units.items() if named != unit]
    if others:
        # Seconds beside milliseconds have no mean.
        values = {run_id: value for run_id, value in values.items() if run_id not in others}
        left_out = {"unit": unit, "run_ids": tuple(others)}
        notes.append(CompletenessNote("warning", f"baseline_units_mixed:{metric_key}", left_out))
    marked = [run_id for run_id in degraded if run_id in values]
    notes += degraded_value_notes(metric_key, marked, stage_name)
    return _summed_up(metric_key, values, stage_name, unit, notes)


def baseline_without(baseline: MetricBaseline, run_id: str) -> MetricBaseline:
    """Return a baseline without one run; a run is not judged by itself.

    Args:
        baseline: The baseline.
        run_id: The run; where it is not among the runs of the baseline, the baseline is returned as it is.
    """
    if run_id not in baseline.values:
        return baseline
    values = {run: value for run, value in baseline.values.items() if run != run_id}
    notes = [each for each in baseline.completeness_notes if not each.summary.startswith(_EMPTY)]
    return _summed_up(baseline.metric_key, values, baseline.stage_name, baseline.unit, notes)


def _summed_up(
    metric_key: str,
    values: Mapping[str, float],
    stage_name: str | None,
    unit: str | None,
    notes: Iterable[CompletenessNote],
) -> MetricBaseline:
    if not values:
        empty = CompletenessNote("warning", f"{_EMPTY}{metric_key}", {"stage_name": stage_name})
        return MetricBaseline(
            metric_key, None, None, None, None, 0, stage_name=stage_name, completeness_notes=(*notes, empty)
        )
    spread = Spread.of(list(values.values()))
    return MetricBaseline(
        metric_key,
        spread.mean,
        spread.std,
        spread.p5,
        spread.p95,
        len(values),
        median=spread.median,
        mad=spread.mad,
        mean_absolute_deviation=spread.mean_absolute_deviation,
        stage_name=stage_name,
        unit=unit,
        values=values,
        completeness_notes=tuple(notes),
    )
