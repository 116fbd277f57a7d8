"""The points of a metric as numbers: a million of them are looked at without a million objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import text_from_ns
from contexta.spi.repository import SupportsMetricArrays

if TYPE_CHECKING:
    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.pushdown import MetricArrays
    from contexta.spi.records import MetricPoint, MetricSummary

__all__ = ["numbers_of", "point_at"]

_LOW, _HIGH = -(2**63), 2**63 - 1


def numbers_of(subject: DiagnosedRun, summary: MetricSummary) -> MetricArrays | None:
    """Return the points of a metric as numbers, or None where only the points themselves tell all.

    Args:
        subject: The run.
        summary: What is known of the metric.
    """
    repository = subject.repository
    if not isinstance(repository, SupportsMetricArrays):
        return None
    key, stage_id = summary.key, summary.stage
    # Asked for the run itself, a repository answers with the points of its stages among the others.
    if stage_id is None and any(each.key == key and each.stage is not None for each in subject.metrics):
        return None
    found = subject.once(
        ("numbers", key, stage_id), lambda: repository.metric_arrays(subject.run.run_id, key, stage_id)
    )
    return found if _is_exact(found) else None


def point_at(subject: DiagnosedRun, summary: MetricSummary, time: int) -> MetricPoint:
    """Return the point of a metric that was observed at an instant; of several the first in the order of the series.

    Args:
        subject: The run; its repository tells the points as numbers.
        summary: What is known of the metric.
        time: The instant, in nanoseconds since 1970.

    Raises:
        LookupError: There is none.
    """
    repository, text = subject.repository, text_from_ns(time)
    if isinstance(repository, SupportsMetricArrays):
        found = repository.metric_points_between(
            subject.run.run_id, summary.key, summary.stage, start_time=text, end_time=text
        )
        for point in found:
            if point.stage == summary.stage:
                return point
    raise LookupError(f"the metric {summary.key!r} has no point at {text}")


def _is_exact(numbers: MetricArrays) -> bool:
    """Tell whether all times and steps are within 64 bits: of others the numbers hold only the nearest."""
    steps, times = numbers.steps, numbers.times
    if not times:
        return True
    # Those without a step come first; the others rise.
    least = steps[min(numbers.stepless, len(steps) - 1)]
    return least > _LOW and steps[-1] < _HIGH and min(times) > _LOW and max(times) < _HIGH
