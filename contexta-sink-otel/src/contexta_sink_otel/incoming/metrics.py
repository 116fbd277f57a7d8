"""Metrics of OpenTelemetry as metrics of the workspace."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta_sink_otel.incoming.drafts import draft
from contexta_sink_otel.incoming.origin import is_ours
from contexta_sink_otel.incoming.values import digest, json_mapping, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.metrics.export import Metric

__all__ = ["MetricDraft", "metric_drafts"]

#: Draft, and the time that it stands for: start and end in nanoseconds since the epoch.
MetricDraft = tuple[dict[str, Any], int, int]


def metric_drafts(metric: Metric, scope: str) -> Iterator[MetricDraft]:
    """Yield the records of a metric's points, each with the time that it stands for.

    A gauge and a sum give one value for each point; a histogram gives ``.count``, ``.sum``, ``.mean`` and, where they
    are known, ``.min`` and ``.max``, and an event ``metric.histogram`` with its buckets.

    Args:
        metric: The metric.
        scope: Name of what measured it.
    """
    temporality = getattr(metric.data, "aggregation_temporality", None)
    for point in metric.data.data_points:
        if is_ours(point.attributes):
            continue
        end = point.time_unix_nano
        # What a gauge shows is of that moment alone, however long ago its first value was.
        start = end if temporality is None else (point.start_time_unix_nano or end)
        series = _Series(metric, scope, point, "gauge" if temporality is None else temporality.name.lower())
        drafts = series.values() if hasattr(point, "value") else series.distribution()
        for made in drafts:
            yield made, start, end


class _Series:
    """One point, and what its records have in common.

    Args:
        metric: Its metric.
        scope: Name of what measured it.
        point: The point.
        temporality: ``"gauge"``, ``"cumulative"`` or ``"delta"``.
    """

    def __init__(self, metric: Metric, scope: str, point: Any, temporality: str) -> None:
        self._name = metric.name
        self._unit = metric.unit if metric.unit and metric.unit != "1" else None
        self._scope = scope
        self._point = point
        self._temporality = temporality
        self._tags = {name: label(value) for name, value in json_mapping(point.attributes).items()}

    def values(self) -> Iterator[dict[str, Any]]:
        """Yield the value of a gauge or a sum."""
        if self._temporality == "gauge":
            yield self._draft(self._name, self._point.value, None, None)
        else:
            yield self._draft(self._name, self._point.value, "run", f"{self._temporality}_sum")

    def distribution(self) -> Iterator[dict[str, Any]]:
        """Yield the numbers of a histogram, and its buckets."""
        point = self._point
        numbers = {"count": point.count, "sum": point.sum}
        if point.count:
            numbers["mean"] = point.sum / point.count
            numbers |= {"min": point.min, "max": point.max}
        for word, number in numbers.items():
            # A histogram that keeps no extremes says infinity.
            if word in {"min", "max"} and (number is None or not math.isfinite(number)):
                continue
            basis = word if word in {"mean", "min", "max"} else f"{self._temporality}_{word}"
            yield self._draft(f"{self._name}.{word}", number, "run", basis, has_unit=word != "count")
        yield draft(
            "event",
            self._id("buckets"),
            "metric.histogram",
            point.time_unix_nano,
            message=f"{self._name}: {point.count} values",
            level="debug",
            attributes={**self._about(), **json_mapping(numbers), **_buckets(point)},
        )

    def _draft(
        self, name: str, value: Any, scope: str | None, basis: str | None, *, has_unit: bool = True
    ) -> dict[str, Any]:
        time = self._point.time_unix_nano
        if not math.isfinite(value):
            return draft(
                "event",
                self._id(name),
                "metric.non_finite",
                time,
                message=f"metric {name} is {value}",
                level="warning",
                attributes={**self._about(), "metric_key": name, "value": str(value)},
            )
        return draft(
            "metric",
            self._id(name),
            name,
            time,
            value=value,
            unit=self._unit if has_unit else None,
            tags=self._tags or None,
            scope=scope,
            basis=basis,
        )

    def _about(self) -> dict[str, Any]:
        facts = {
            "metric_key": self._name,
            "unit": self._unit,
            "temporality": self._temporality,
            "otel.scope.name": self._scope,
            "attributes": self._tags or None,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def _id(self, name: str) -> str:
        point = self._point
        times = (point.start_time_unix_nano, point.time_unix_nano)
        return digest("metric", self._scope, self._name, name, self._tags, times)


def _buckets(point: Any) -> dict[str, Any]:
    """Return the buckets of a histogram, explicit or exponential."""
    if hasattr(point, "explicit_bounds"):
        return {"bounds": list(point.explicit_bounds), "bucket_counts": list(point.bucket_counts)}
    sides = {"positive": point.positive, "negative": point.negative}
    return {
        "scale": point.scale,
        "zero_count": point.zero_count,
        **{
            name: {"offset": side.offset, "bucket_counts": list(side.bucket_counts)}
            for name, side in sides.items()
        },
    }
