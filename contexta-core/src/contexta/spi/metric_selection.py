"""Which value stands for a metric that has several, in one run or in one of its stages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.run_selection import is_newer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.records import MetricSummary

__all__ = ["SelectedValue", "newest_summary", "pooled_mean", "selected_value"]


@dataclass(frozen=True, slots=True)
class SelectedValue:
    """The value that stands for a metric.

    Args:
        value: The value.
        time: When it was observed; of a mean, when the last of the values was (ISO 8601).
        degraded: Whether its record, or that of one of the values that a mean is of, is marked as degraded.
    """

    value: float
    time: str
    degraded: bool = False


def newest_summary(summaries: Sequence[MetricSummary]) -> MetricSummary:
    """Return the summary, of one run and metric, whose latest point is the newest; there is at least one."""
    newest = summaries[0]
    for summary in summaries[1:]:
        if is_newer(summary, newest):
            newest = summary
    return newest


def pooled_mean(summaries: Sequence[MetricSummary]) -> float:
    """Return the mean of all points of some summaries of one metric; there is at least one.

    It lies between the least and the greatest value, as a mean does and the quotient of a rounded sum may not:
    0.1 + 0.1 + 0.1 is more than 0.3.
    """
    mean = math.fsum(summary.total for summary in summaries) / sum(summary.count for summary in summaries)
    least = min(summary.least.value for summary in summaries)
    greatest = max(summary.greatest.value for summary in summaries)
    return min(max(mean, least), greatest)


def selected_value(summaries: Sequence[MetricSummary], selection: str) -> SelectedValue | None:
    """Return the value that stands for a metric of one run, or None where it has none.

    Args:
        summaries: Its summaries: of one stage, or of the run and all its stages.
        selection: ``latest``, ``max``, ``min`` or ``mean``.
    """
    if not summaries:
        return None
    latest = newest_summary(summaries).latest
    if selection == "mean":
        is_degraded = any(summary.degraded for summary in summaries)
        return SelectedValue(pooled_mean(summaries), latest.time, is_degraded)
    if selection == "max":
        greatest = max((summary.greatest for summary in summaries), key=lambda point: point.value)
        return SelectedValue(greatest.value, greatest.time, greatest.degraded)
    if selection == "min":
        least = min((summary.least for summary in summaries), key=lambda point: point.value)
        return SelectedValue(least.value, least.time, least.degraded)
    return SelectedValue(latest.value, latest.time, latest.degraded)
