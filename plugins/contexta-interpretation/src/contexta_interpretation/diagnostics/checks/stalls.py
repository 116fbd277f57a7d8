"""Pauses between the points of a metric."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.views import EvidenceLink
from contexta_interpretation.diagnostics.numbers import numbers_of, point_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.records import MetricPoint, MetricSummary

__all__ = ["stalls"]


def stalls(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find pauses that are much longer than the usual one, in the metric of each stage that has the most points."""
    most: dict[str | None, MetricSummary] = {}
    for summary in subject.metrics:
        known = most.get(summary.stage)
        if known is None or (summary.count, known.key) > (known.count, summary.key):
            most[summary.stage] = summary
    for summary in most.values():
        if summary.count >= subject.policy.curve_points:
            yield from _stalls_of(subject, summary)


def _stalls_of(subject: DiagnosedRun, summary: MetricSummary) -> Iterator[DiagnosticsIssue]:
    stage_id, key = summary.stage, summary.key
    numbers = numbers_of(subject, summary)
    points: Sequence[MetricPoint] = ()
    if numbers is None:
        points = [point for point in subject.points(key, stage_id) if point.stage == stage_id]
        times = sorted(instant(point.time) for point in points)
    else:
        times = sorted(numbers.times)
    gaps = [(after - before) / 1e9 for before, after in pairwise(times)]
    if not gaps:
        return
    usual = median(gaps)
    least = max(usual * subject.policy.stall_factor, subject.policy.stall_seconds)
    long = [gap for gap in gaps if gap > least]
    if not long:
        return
    longest = max(long)
    since = times[gaps.index(longest)]
    before = (
        next(point for point in points if instant(point.time) == since)
        if numbers is None
        else point_at(subject, summary, since)
    )
    at = "" if before.step is None else f" after step {before.step}"
    name = "run" if stage_id is None else "stage"
    yield DiagnosticsIssue(
        "warning",
        "stalled",
        f"the {name} stood still for {longest:,.0f} seconds{at}, where {usual:,.3g} between two points is usual",
        {
            "metric_key": key,
            "stage_id": stage_id,
            "longest_seconds": longest,
            "usual_seconds": usual,
            "count": len(long),
            "after_step": before.step,
            "after_time": before.time,
        },
        stage_id or subject.run.run_id,
        (EvidenceLink("record", before.record_id, key),),
        "see what the process waited for then: data, a lock, another rank; or whether the run was resumed",
    )
