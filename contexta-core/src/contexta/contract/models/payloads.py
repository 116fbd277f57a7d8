"""The payloads of records: what an event, a metric, a span or a degraded marker says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.fields import (
    REQUIRED,
    as_json,
    as_name,
    as_optional_ref,
    as_optional_text,
    as_optional_token,
    as_refs,
    as_strings,
    as_text,
    as_time,
    as_token,
    as_word,
    bind_fields,
    required,
    rule,
)
from contexta.contract.nesting import time_order_rule
from contexta.contract.numbers import as_metric_value, as_optional_step
from contexta.contract.patterns import DOT_TOKEN_PATTERN, KEY_PATTERN, LOWER_SNAKE_PATTERN
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import (
    DEGRADED_CATEGORIES,
    DEGRADED_SEVERITIES,
    EVENT_LEVELS,
    METRIC_AGGREGATION_SCOPES,
    ORIGIN_MARKERS,
    TRACE_SPAN_KINDS,
    TRACE_SPAN_STATUSES,
)
from contexta.errors import ValidationError

__all__ = ["DegradedPayload", "MetricPayload", "StructuredEventPayload", "TraceSpanPayload"]

_INTEGER_TYPES = frozenset({"int", "integer"})


def _check_value_type(value: float, value_type: str) -> None:
    """Check that the value is of the type that it is said to have."""
    if isinstance(value, float) and value_type in _INTEGER_TYPES:
        raise ValidationError(
            f"value is {value!r}, which does not fit value_type {value_type!r}; use 'float', or pass an int.",
            code="record_invalid_metric_value",
            details={"field_name": "value", "value": value, "value_type": value_type},
        )


def _check_parent(span_id: str, parent_span_id: str | None) -> None:
    """Check that a span is not around itself."""
    if parent_span_id == span_id:
        raise ValidationError(
            f"parent_span_id is the span's own id {span_id!r}; leave it out for a root span.",
            code="record_invalid_parent_span",
            details={"field_name": "parent_span_id", "value": span_id},
        )


@attrs.frozen(field_transformer=bind_fields)
class StructuredEventPayload(ContractModel):
    """What an event says.

    Args:
        event_key: Dotted key, ``training.epoch_complete``.
        level: One of ``EVENT_LEVELS``.
        message: A sentence for people.
        subject_ref: What it is about, if not the scope of its envelope.
        attributes: JSON values.
        origin_marker: One of ``ORIGIN_MARKERS``.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "event_payload"

    event_key: str = attrs.field(
        converter=as_token, metadata=rule(pattern=KEY_PATTERN, code="record_invalid_event_key")
    )
    level: str = attrs.field(converter=as_word, metadata=rule(words=EVENT_LEVELS))
    message: str = attrs.field(converter=as_text)
    subject_ref: StableRef | None = attrs.field(default=None, converter=as_optional_ref)
    attributes: Mapping[str, Any] = attrs.field(default=None, converter=as_json)
    origin_marker: str = attrs.field(
        default="explicit_capture", converter=as_word, metadata=rule(words=ORIGIN_MARKERS)
    )


@attrs.frozen(field_transformer=bind_fields)
class MetricPayload(ContractModel):
    """One value of a metric.

    Args:
        metric_key: Dotted key, ``train.loss`` or ``val_loss``.
        value: A finite number; keeps its type.
        value_type: A lower_snake word; ``int`` demands an integer.
        unit: The unit of the value.
        aggregation_scope: One of ``METRIC_AGGREGATION_SCOPES``.
        subject_ref: What it is about, if not the scope of its envelope.
        slice_ref: The part of the data that was measured.
        tags: Text to text.
        summary_basis: What the value summarises; a lower_snake word.
        step: The step of the training loop, for series.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "metric_payload"

    metric_key: str = attrs.field(
        converter=as_token, metadata=rule(pattern=KEY_PATTERN, code="record_invalid_metric_key")
    )
    value: float = attrs.field(converter=as_metric_value)
    value_type: str = attrs.field(
        converter=as_token, metadata=rule(pattern=LOWER_SNAKE_PATTERN, code="record_invalid_value_type")
    )
    unit: str | None = attrs.field(default=None, converter=as_optional_text)
    aggregation_scope: str = attrs.field(
        default="step", converter=as_word, metadata=rule(words=METRIC_AGGREGATION_SCOPES)
    )
    subject_ref: StableRef | None = attrs.field(default=None, converter=as_optional_ref)
    slice_ref: str | None = attrs.field(
        default=None,
        converter=as_optional_token,
        metadata=rule(pattern=DOT_TOKEN_PATTERN, code="record_invalid_slice_ref"),
    )
    tags: Mapping[str, str] = attrs.field(default=None, converter=as_strings)
    summary_basis: str | None = attrs.field(
        default=None,
        converter=as_optional_token,
        metadata=rule(pattern=LOWER_SNAKE_PATTERN, code="record_invalid_summary_basis"),
    )
    step: int | None = attrs.field(default=None, converter=as_optional_step)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        FieldsRule(
            ("value", "value_type"),
            _check_value_type,
            {
                "if": {"properties": {"value_type": {"enum": sorted(_INTEGER_TYPES)}}},
                "then": {"properties": {"value": {"type": "integer"}}},
            },
        ),
    )


@attrs.frozen(field_transformer=bind_fields)
class TraceSpanPayload(ContractModel):
    """A span: something that took time.

    Args:
        span_id: Its id inside the trace.
        trace_id: The trace that it belongs to.
        parent_span_id: The span around it; None for a root.
        span_name: What people call it.
        started_at: When it started.
        ended_at: When it ended.
        status: One of ``TRACE_SPAN_STATUSES``.
        span_kind: One of ``TRACE_SPAN_KINDS``.
        attributes: JSON values.
        linked_refs: What else it has to do with.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "trace_span_payload"

    span_id: str = attrs.field(converter=as_text)
    trace_id: str = attrs.field(converter=as_text)
    # The parent may be left out, but keeps its place; so what follows has a default too, one that refuses.
    parent_span_id: str | None = attrs.field(default=None, converter=as_optional_text)
    span_name: str = attrs.field(default=required("span_name"), converter=as_name, metadata=REQUIRED)
    started_at: str = attrs.field(default=required("started_at"), converter=as_time, metadata=REQUIRED)
    ended_at: str = attrs.field(default=required("ended_at"), converter=as_time, metadata=REQUIRED)
    status: str = attrs.field(
        default=required("status"),
        converter=as_word,
        metadata={**REQUIRED, **rule(words=TRACE_SPAN_STATUSES)},
    )
    span_kind: str = attrs.field(
        default=required("span_kind"),
        converter=as_word,
        metadata={**REQUIRED, **rule(words=TRACE_SPAN_KINDS)},
    )
    attributes: Mapping[str, Any] = attrs.field(default=None, converter=as_json)
    linked_refs: tuple[StableRef, ...] = attrs.field(default=(), converter=as_refs)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        time_order_rule("started_at", "ended_at", code="record_invalid_time_order"),
        FieldsRule(("span_id", "parent_span_id"), _check_parent),
    )


@attrs.frozen(field_transformer=bind_fields)
class DegradedPayload(ContractModel):
    """What is known to be missing or damaged.

    Args:
        issue_key: Dotted key, ``capture.gap``.
        category: One of ``DEGRADED_CATEGORIES``.
        severity: One of ``DEGRADED_SEVERITIES``.
        summary: A sentence for people.
        subject_ref: What it is about, if not the scope of its envelope.
        origin_marker: One of ``ORIGIN_MARKERS``.
        attributes: JSON values.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "degraded_payload"

    issue_key: str = attrs.field(
        converter=as_token, metadata=rule(pattern=DOT_TOKEN_PATTERN, code="record_invalid_issue_key")
    )
    category: str = attrs.field(converter=as_word, metadata=rule(words=DEGRADED_CATEGORIES))
    severity: str = attrs.field(converter=as_word, metadata=rule(words=DEGRADED_SEVERITIES))
    summary: str = attrs.field(converter=as_text)
    subject_ref: StableRef | None = attrs.field(default=None, converter=as_optional_ref)
    origin_marker: str = attrs.field(
        default="explicit_capture", converter=as_word, metadata=rule(words=ORIGIN_MARKERS)
    )
    attributes: Mapping[str, Any] = attrs.field(default=None, converter=as_json)
