"""Values of metrics as the data that OpenTelemetry's exporters take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.metrics.export import HistogramDataPoint, Metric, MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from contexta_sink_otel.facts.points import PointFacts
    from contexta_sink_otel.routes.distributions import Batch

__all__ = ["metrics_data"]


def metrics_data(
    points: Sequence[PointFacts],
    resource: Callable[[str], Resource],
    scope: InstrumentationScope,
    batch: Batch,
) -> MetricsData:
    """Return values as exporters take them: by run, by instrument.

    Args:
        points: The values, in any order.
        resource: Gives the resource of a run.
        scope: Who made them.
        batch: Makes the distributions of histograms.
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
                [ScopeMetrics(scope, [_metric(each, batch) for each in instruments.values()], "")],
                "",
            )
            for run, instruments in runs.items()
        ]
    )


def _metric(points: list[PointFacts], batch: Batch) -> Metric:
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
        data = Histogram(
            [_point(each, batch) for each in series.values()], AggregationTemporality[batch.temporality]
        )
    return Metric(first.name, "", first.unit, data)


def _point(points: list[PointFacts], batch: Batch) -> HistogramDataPoint:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    made = batch.distribution(points)
    return HistogramDataPoint(
        attributes=points[0].attributes,
        start_time_unix_nano=made.start,
        time_unix_nano=made.end,
        count=made.values,
        sum=made.total,
        bucket_counts=made.counts,
        explicit_bounds=points[0].bounds or (),
        min=made.least,
        max=made.greatest,
    )
