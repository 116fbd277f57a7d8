"""Records: an envelope and a payload that fit each other."""

from __future__ import annotations

from typing import ClassVar

import attrs

from contexta.contract.contract_model import ContractModel
from contexta.contract.fields import bind_fields
from contexta.contract.models.envelope import CorrelationRefs, RecordEnvelope
from contexta.contract.models.payloads import (
    DegradedPayload,
    MetricPayload,
    StructuredEventPayload,
    TraceSpanPayload,
)
from contexta.contract.nesting import check_instance
from contexta.contract.patterns import PRODUCER_REF_PATTERN
from contexta.contract.vocabularies import (
    COMPLETENESS_MARKERS,
    DEGRADATION_MARKERS,
    DEGRADED_CATEGORIES,
    DEGRADED_SEVERITIES,
    EVENT_LEVELS,
    METRIC_AGGREGATION_SCOPES,
    ORIGIN_MARKERS,
    RECORD_TYPES,
    TRACE_SPAN_KINDS,
    TRACE_SPAN_STATUSES,
)
from contexta.errors import ValidationError

__all__ = [
    "COMPLETENESS_MARKERS",
    "DEGRADATION_MARKERS",
    "DEGRADED_CATEGORIES",
    "DEGRADED_SEVERITIES",
    "EVENT_LEVELS",
    "METRIC_AGGREGATION_SCOPES",
    "ORIGIN_MARKERS",
    "PRODUCER_REF_PATTERN",
    "RECORD_TYPES",
    "TRACE_SPAN_KINDS",
    "TRACE_SPAN_STATUSES",
    "CorrelationRefs",
    "DegradedPayload",
    "DegradedRecord",
    "MetricPayload",
    "MetricRecord",
    "RecordEnvelope",
    "StructuredEventPayload",
    "StructuredEventRecord",
    "TraceSpanPayload",
    "TraceSpanRecord",
]


@attrs.frozen(field_transformer=bind_fields)
class StructuredEventRecord(ContractModel):
    """An event.

    Args:
        envelope: An envelope of type ``event``.
        payload: What the event says.

    Raises:
        ValidationError: The two do not fit each other.
    """

    contract_name: ClassVar[str] = "structured_event_record"

    envelope: RecordEnvelope = attrs.field(metadata={"model": RecordEnvelope})
    payload: StructuredEventPayload = attrs.field(metadata={"model": StructuredEventPayload})

    def __attrs_post_init__(self) -> None:
        """Check that envelope and payload fit."""
        _check_observation(self.envelope, "event", self.payload, StructuredEventPayload)


@attrs.frozen(field_transformer=bind_fields)
class MetricRecord(ContractModel):
    """A value of a metric.

    Args:
        envelope: An envelope of type ``metric``.
        payload: The value.

    Raises:
        ValidationError: The two do not fit each other.
    """

    contract_name: ClassVar[str] = "metric_record"

    envelope: RecordEnvelope = attrs.field(metadata={"model": RecordEnvelope})
    payload: MetricPayload = attrs.field(metadata={"model": MetricPayload})

    def __attrs_post_init__(self) -> None:
        """Check that envelope and payload fit."""
        _check_observation(self.envelope, "metric", self.payload, MetricPayload)


@attrs.frozen(field_transformer=bind_fields)
class TraceSpanRecord(ContractModel):
    """A span.

    Args:
        envelope: An envelope of type ``span``.
        payload: The span; of the envelope's trace, where that names one.

    Raises:
        ValidationError: The two do not fit each other.
    """

    contract_name: ClassVar[str] = "trace_span_record"

    envelope: RecordEnvelope = attrs.field(metadata={"model": RecordEnvelope})
    payload: TraceSpanPayload = attrs.field(metadata={"model": TraceSpanPayload})

    def __attrs_post_init__(self) -> None:
        """Check that envelope and payload fit."""
        _check_observation(self.envelope, "span", self.payload, TraceSpanPayload)
        trace_id = self.envelope.correlation_refs.trace_id
        if trace_id is not None and trace_id != self.payload.trace_id:
            raise ValidationError(
                f"The payload's trace_id is {self.payload.trace_id!r}, its envelope's {trace_id!r}; "
                "they must be the same.",
                code="record_trace_mismatch",
                details={
                    "field_name": "payload.trace_id",
                    "expected": trace_id,
                    "actual": self.payload.trace_id,
                },
            )


@attrs.frozen(field_transformer=bind_fields)
class DegradedRecord(ContractModel):
    """A marker of something missing or damaged.

    Args:
        envelope: An envelope of type ``degraded`` whose ``degradation_marker`` is not ``none``.
        payload: What is missing or damaged.

    Raises:
        ValidationError: The two do not fit each other.
    """

    contract_name: ClassVar[str] = "degraded_record"

    envelope: RecordEnvelope = attrs.field(metadata={"model": RecordEnvelope})
    payload: DegradedPayload = attrs.field(metadata={"model": DegradedPayload})

    def __attrs_post_init__(self) -> None:
        """Check that envelope and payload fit."""
        _check_parts(self.envelope, "degraded", self.payload, DegradedPayload)
        if self.envelope.degradation_marker == "none":
            raise ValidationError(
                "A degraded record says what was lost: its envelope's degradation_marker must not be 'none'.",
                code="record_degraded_requires_gap",
                details={"field_name": "envelope.degradation_marker"},
            )


def _check_parts(envelope: object, record_type: str, payload: object, payload_model: type) -> None:
    """Check the classes of both parts and the envelope's type."""
    check_instance(envelope, "envelope", RecordEnvelope, code="record_invalid_envelope")
    actual = getattr(envelope, "record_type", None)
    if actual != record_type:
        raise ValidationError(
            f"The envelope of this record must be of type {record_type!r}, not {actual!r}.",
            code="record_type_mismatch",
            details={"field_name": "envelope.record_type", "expected": record_type, "actual": actual},
        )
    check_instance(payload, "payload", payload_model, code="record_invalid_payload")


def _check_observation(
    envelope: RecordEnvelope, record_type: str, payload: object, payload_model: type
) -> None:
    """Check a record of something that was observed, which therefore cannot be absent."""
    _check_parts(envelope, record_type, payload, payload_model)
    if envelope.completeness_marker == "absent":
        raise ValidationError(
            f"A record of type {record_type!r} cannot be 'absent'; write a degraded record instead.",
            code="record_absent_not_allowed",
            details={"field_name": "envelope.completeness_marker"},
        )
