"""Values of metrics as the data that OpenTelemetry's exporters take."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.metrics.export import HistogramDataPoint, Metric, MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from contexta_sink_otel.facts.points import PointFacts

__all__ = ["metrics_data"]


def metrics_data(
    points: Sequence[PointFacts], resource: Callable[[str], Resource], scope: InstrumentationScope
) -> MetricsData:
    """Return values as exporters take them: by run, by instrument.

    Args:
        points: The values, in any order.
        resource: Gives the resource of a run.
        scope: Who made them.
    """
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics

    runs: dict[str, dict[tuple[str, str, Any], list[PointFacts]]] = {}
    for point in points:
        instruments = runs.setdefault(point.run, {})
        instruments.setdefault((point.name, point.unit, point.bounds), []).append(point)
    return MetricsData(
        [
            ResourceMetrics(
                resource(run),
                [ScopeMetrics(scope, [_metric(each) for each in instruments.values()], "")],
                "",
            )
            for run, instruments in runs.items()
        ]
    )


def _metric(points: list[PointFacts]) -> Metric:
    from opentelemetry.sdk.metrics.export import (
        AggregationTemporality,
        Gauge,
        Histogram,
        Metric,
        NumberDataPoint,
    )

    first = points[0]
    if first.bounds is None:
        data: Any = Gauge([NumberDataPoint(point.attributes, 0, point.time, point.value) for point in points])
    else:
        series: dict[Any, list[PointFacts]] = {}
        for point in points:
            series.setdefault(frozenset(point.attributes.items()), []).append(point)
        # Delta: each export stands for itself, so one that is lost or replayed spoils no other.
        data = Histogram([_distribution(each) for each in series.values()], AggregationTemporality.DELTA)
    return Metric(first.name, "", first.unit, data)


def _distribution(points: list[PointFacts]) -> HistogramDataPoint:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    bounds = points[0].bounds or ()
    values = [point.value for point in points]
    counts = [0] * (len(bounds) + 1)
    for value in values:
        # A bucket holds its upper bound.
        counts[bisect_left(bounds, value)] += 1
    times = [point.time for point in points]
    return HistogramDataPoint(
        attributes=points[0].attributes,
        start_time_unix_nano=min(times),
        time_unix_nano=max(times),
        count=len(values),
        sum=sum(values),
        bucket_counts=counts,
        explicit_bounds=bounds,
        min=min(values),
        max=max(values),
    )
