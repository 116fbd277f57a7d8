"""Points of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta_sink_otel.facts.attributes import envelope_attributes, own_attributes
from contexta_sink_otel.facts.gen_ai import BOUNDS
from contexta_sink_otel.facts.points import PointFacts

if TYPE_CHECKING:
    from contexta.contract.models.records import MetricRecord

__all__ = ["DEFAULT_BOUNDS", "metric_facts"]

#: Upper bounds of buckets where no convention says others; the specification's default.
#: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation
DEFAULT_BOUNDS = (0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1e3, 2.5e3, 5e3, 7.5e3, 1e4)


def metric_facts(record: MetricRecord, *, as_histogram: bool) -> PointFacts:
    """Return what a metric says.

    A conventional GenAI metric keeps its name and is a histogram always.

    Args:
        record: The metric.
        as_histogram: Whether other metrics are histograms.
    """
    payload = record.payload
    conventional = BOUNDS.get(payload.metric_key)
    attributes = {
        **envelope_attributes(record.envelope, with_record=False),
        "contexta.aggregation_scope": payload.aggregation_scope,
        "contexta.value_type": payload.value_type,
        **own_attributes("contexta.tag.", payload.tags),
    }
    return PointFacts(
        name=payload.metric_key if conventional else f"contexta.{payload.metric_key}",
        run=str(record.envelope.run_ref),
        unit=payload.unit or "1",
        value=payload.value,
        time=instant(record.envelope.observed_at),
        attributes=attributes,
        bounds=conventional or (DEFAULT_BOUNDS if as_histogram else None),
    )
