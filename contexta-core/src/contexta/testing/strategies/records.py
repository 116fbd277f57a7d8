"""Strategies for records and their parts, artifact manifests and lineage."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from contexta.contract.models.artifacts import ArtifactManifest
from contexta.contract.models.lineage import LineageEdge, ProvenanceRecord
from contexta.contract.models.records import (
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    MetricPayload,
    MetricRecord,
    RecordEnvelope,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
)
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import (
    ASSERTION_MODES,
    COMPLETENESS_MARKERS,
    CONFIDENCE_MARKERS,
    DEGRADATION_MARKERS,
    DEGRADED_CATEGORIES,
    DEGRADED_SEVERITIES,
    EVENT_LEVELS,
    LINEAGE_ORIGIN_MARKERS,
    METRIC_AGGREGATION_SCOPES,
    ORIGIN_MARKERS,
    RECORD_TYPES,
    RELATION_TYPES,
    TRACE_SPAN_KINDS,
    TRACE_SPAN_STATUSES,
)
from contexta.testing.strategies.scopes import scopes, time_spans
from contexta.testing.strategies.values import (
    components,
    extensions,
    json_mappings,
    keys,
    metric_values,
    snake_words,
    stable_refs,
    string_mappings,
    texts,
    timestamps,
    tokens,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "artifact_manifests",
    "correlation_refs",
    "degraded_payloads",
    "degraded_records",
    "event_payloads",
    "lineage_edges",
    "metric_payloads",
    "metric_records",
    "provenance_records",
    "record_envelopes",
    "structured_event_records",
    "trace_span_payloads",
    "trace_span_records",
]

_HASHES = st.builds("{}{}".format, st.sampled_from(["", "sha256:"]), st.text("0123456789abcdef", min_size=1))


@cache
def correlation_refs() -> SearchStrategy[CorrelationRefs]:
    """Generate correlation ids, present and absent."""
    return st.builds(CorrelationRefs, st.none() | texts(), st.none() | texts())


@cache
@st.composite
def record_envelopes(draw: st.DrawFn, record_type: str | None = None) -> RecordEnvelope:
    """Generate envelopes of one type of record, or of any.

    Args:
        draw: Given by Hypothesis.
        record_type: One of ``RECORD_TYPES``; any when omitted.

    Returns:
        The strategy.
    """
    scope = draw(scopes())
    observed, recorded = draw(time_spans())
    chosen = record_type or draw(st.sampled_from(RECORD_TYPES))
    markers = [marker for marker in COMPLETENESS_MARKERS if marker != "absent" or chosen == "degraded"]
    gaps = [marker for marker in DEGRADATION_MARKERS if marker != "none" or chosen != "degraded"]
    return RecordEnvelope(
        StableRef("record", f"{scope.run.value}.{draw(components())}"),
        chosen,
        recorded,
        observed,
        draw(tokens()),
        **scope.fields(),
        correlation_refs=draw(correlation_refs()),
        completeness_marker=draw(st.sampled_from(markers)),
        degradation_marker=draw(st.sampled_from(gaps)),
        extensions=draw(extensions()),
    )


@cache
def event_payloads() -> SearchStrategy[StructuredEventPayload]:
    """Generate payloads of events."""
    return st.builds(
        StructuredEventPayload,
        keys(),
        st.sampled_from(EVENT_LEVELS),
        texts(),
        st.none() | stable_refs(),
        json_mappings(),
        st.sampled_from(ORIGIN_MARKERS),
    )


@cache
def metric_payloads() -> SearchStrategy[MetricPayload]:
    """Generate payloads of metrics, with integer and float values."""
    return metric_values().flatmap(
        lambda value: st.builds(
            MetricPayload,
            keys(),
            st.just(value),
            st.just("int" if isinstance(value, int) else "float") | st.just("number"),
            st.none() | texts(),
            st.sampled_from(METRIC_AGGREGATION_SCOPES),
            st.none() | stable_refs(),
            st.none() | tokens(),
            string_mappings(),
            st.none() | snake_words(),
            step=st.none() | st.integers(-(2**63), 2**63 - 1),
        )
    )


@cache
@st.composite
def trace_span_payloads(draw: st.DrawFn, trace_id: str | None = None) -> TraceSpanPayload:
    """Generate spans, roots and children, of one trace or of any.

    Args:
        draw: Given by Hypothesis.
        trace_id: The trace; any when omitted.

    Returns:
        The strategy.
    """
    started, ended = draw(time_spans())
    span_id = draw(texts())
    return TraceSpanPayload(
        span_id,
        trace_id or draw(texts()),
        draw(st.none() | texts().filter(lambda parent: parent != span_id)),
        draw(texts()),
        started,
        ended,
        draw(st.sampled_from(TRACE_SPAN_STATUSES)),
        draw(st.sampled_from(TRACE_SPAN_KINDS)),
        draw(json_mappings()),
        draw(st.lists(stable_refs(), max_size=3)),
    )


@cache
def degraded_payloads() -> SearchStrategy[DegradedPayload]:
    """Generate payloads of degraded records."""
    return st.builds(
        DegradedPayload,
        tokens(),
        st.sampled_from(DEGRADED_CATEGORIES),
        st.sampled_from(DEGRADED_SEVERITIES),
        texts(),
        st.none() | stable_refs(),
        st.sampled_from(ORIGIN_MARKERS),
        json_mappings(),
    )


@cache
def structured_event_records() -> SearchStrategy[StructuredEventRecord]:
    """Generate events."""
    return st.builds(StructuredEventRecord, record_envelopes("event"), event_payloads())


@cache
def metric_records() -> SearchStrategy[MetricRecord]:
    """Generate metric records."""
    return st.builds(MetricRecord, record_envelopes("metric"), metric_payloads())


@cache
@st.composite
def trace_span_records(draw: st.DrawFn) -> TraceSpanRecord:
    """Generate span records, whose payload is of the envelope's trace."""
    envelope = draw(record_envelopes("span"))
    return TraceSpanRecord(envelope, draw(trace_span_payloads(envelope.correlation_refs.trace_id)))


@cache
def degraded_records() -> SearchStrategy[DegradedRecord]:
    """Generate degraded records."""
    return st.builds(DegradedRecord, record_envelopes("degraded"), degraded_payloads())


@cache
@st.composite
def artifact_manifests(draw: st.DrawFn) -> ArtifactManifest:
    """Generate artifact manifests."""
    scope = draw(scopes())
    return ArtifactManifest(
        StableRef("artifact", f"{scope.run.value}.{draw(components())}"),
        draw(snake_words()),
        draw(timestamps()),
        draw(tokens()),
        location_ref=draw(texts()),
        **scope.fields(),
        hash_value=draw(st.none() | _HASHES),
        size_bytes=draw(st.none() | st.integers(0, 2**63 - 1)),
        attributes=draw(json_mappings()),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def lineage_edges(draw: st.DrawFn) -> LineageEdge:
    """Generate lineage edges between different things."""
    source = draw(stable_refs())
    return LineageEdge(
        StableRef.relation(draw(components())),
        draw(st.sampled_from(RELATION_TYPES)),
        source,
        draw(stable_refs().filter(lambda target: target != source)),
        draw(timestamps()),
        draw(st.sampled_from(LINEAGE_ORIGIN_MARKERS)),
        draw(st.sampled_from(CONFIDENCE_MARKERS)),
        draw(st.none() | stable_refs("op")),
        draw(st.lists(stable_refs(), max_size=3)),
        extensions=draw(extensions()),
    )


@cache
def provenance_records() -> SearchStrategy[ProvenanceRecord]:
    """Generate provenance records."""
    return st.builds(
        ProvenanceRecord,
        components().map(StableRef.provenance),
        components().map(StableRef.relation),
        st.sampled_from(ASSERTION_MODES),
        timestamps(),
        st.none() | stable_refs(),
        st.none() | tokens(),
        st.none() | stable_refs("artifact"),
        extensions=extensions(),
    )
