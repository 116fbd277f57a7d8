"""Which value stands for a metric that has several, in one run or in one of its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.run_selection import is_newer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.records import MetricSummary

__all__ = ["SelectedValue", "newest_summary", "selected_value"]


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
        count = sum(summary.count for summary in summaries)
        total = sum(summary.total for summary in summaries)
        return SelectedValue(total / count, latest.time, any(summary.degraded for summary in summaries))
    if selection == "max":
        greatest = max((summary.greatest for summary in summaries), key=lambda point: point.value)
        return SelectedValue(greatest.value, greatest.time, greatest.degraded)
    if selection == "min":
        least = min((summary.least for summary in summaries), key=lambda point: point.value)
        return SelectedValue(least.value, least.time, least.degraded)
    return SelectedValue(latest.value, latest.time, latest.degraded)
