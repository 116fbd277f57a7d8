"""Records: an envelope and a payload that fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.fields import as_model, bind_fields, part
from contexta.contract.models.envelope import CorrelationRefs, RecordEnvelope
from contexta.contract.models.payloads import (
    DegradedPayload,
    MetricPayload,
    StructuredEventPayload,
    TraceSpanPayload,
)
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


_ENVELOPE = part(RecordEnvelope, code="record_invalid_envelope")


def _envelope_schema(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """Return the fragment that says something of the envelope's fields."""
    inner: dict[str, Any] = {"properties": dict(properties)}
    if required:
        inner["required"] = list(required)
    return {"properties": {"envelope": inner}}


def _type_rule(record_type: str) -> FieldsRule:
    """Build the rule that the envelope is of the record's type."""

    def check(actual: str) -> None:
        if actual != record_type:
            raise ValidationError(
                f"The envelope of this record must be of type {record_type!r}, not {actual!r}.",
                code="record_type_mismatch",
                details={"field_name": "envelope.record_type", "expected": record_type, "actual": actual},
            )

    return FieldsRule(
        ("envelope.record_type",), check, _envelope_schema({"record_type": {"const": record_type}})
    )


def _observation_rules(record_type: str) -> tuple[FieldsRule, ...]:
    """Build the rules of a record of something that was observed, which therefore cannot be absent."""

    def check(completeness: str) -> None:
        if completeness == "absent":
            raise ValidationError(
                f"A record of type {record_type!r} cannot be 'absent'; write a degraded record instead.",
                code="record_absent_not_allowed",
                details={"field_name": "envelope.completeness_marker"},
            )

    schema = _envelope_schema({"completeness_marker": {"not": {"const": "absent"}}})
    return (_type_rule(record_type), FieldsRule(("envelope.completeness_marker",), check, schema))


def _check_trace(expected: str | None, actual: str) -> None:
    """Check that a span belongs to the trace that its envelope names."""
    if expected is not None and expected != actual:
        raise ValidationError(
            f"The payload's trace_id is {actual!r}, its envelope's {expected!r}; they must be the same.",
            code="record_trace_mismatch",
            details={"field_name": "payload.trace_id", "expected": expected, "actual": actual},
        )


def _check_gap(marker: str) -> None:
    """Check that a degraded record names a degradation."""
    if marker == "none":
        raise ValidationError(
            "A degraded record says what was lost: its envelope's degradation_marker must not be 'none'.",
            code="record_degraded_requires_gap",
            details={"field_name": "envelope.degradation_marker"},
        )


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

    envelope: RecordEnvelope = attrs.field(converter=as_model, metadata=_ENVELOPE)
    payload: StructuredEventPayload = attrs.field(
        converter=as_model, metadata=part(StructuredEventPayload, code="record_invalid_payload")
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = _observation_rules("event")


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

    envelope: RecordEnvelope = attrs.field(converter=as_model, metadata=_ENVELOPE)
    payload: MetricPayload = attrs.field(
        converter=as_model, metadata=part(MetricPayload, code="record_invalid_payload")
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = _observation_rules("metric")


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

    envelope: RecordEnvelope = attrs.field(converter=as_model, metadata=_ENVELOPE)
    payload: TraceSpanPayload = attrs.field(
        converter=as_model, metadata=part(TraceSpanPayload, code="record_invalid_payload")
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        *_observation_rules("span"),
        FieldsRule(("envelope.correlation_refs.trace_id", "payload.trace_id"), _check_trace),
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

    envelope: RecordEnvelope = attrs.field(converter=as_model, metadata=_ENVELOPE)
    payload: DegradedPayload = attrs.field(
        converter=as_model, metadata=part(DegradedPayload, code="record_invalid_payload")
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        _type_rule("degraded"),
        FieldsRule(
            ("envelope.degradation_marker",),
            _check_gap,
            # The default says that nothing is missing, so it must be written.
            _envelope_schema({"degradation_marker": {"not": {"const": "none"}}}, ["degradation_marker"]),
        ),
    )
