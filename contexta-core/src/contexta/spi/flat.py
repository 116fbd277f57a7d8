"""Canonical record models to flat records and back.

A flat record leaves out what holds its default, so a line is short; :func:`restore` puts the defaults back.  The two
are inverse: ``restore(flatten(record)) == record``.

The flat names below are those of the contract's version 1.0.  A field that a later minor version adds has none: it
stands under ``extra``, by its own name below the part that it belongs to (``record``, ``envelope``, ``correlation``,
``payload``).  So an older version keeps it and writes it back, and the version that knows it reads it as what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.contract_model import EXTRAS_FIELD, model_fields
from contexta.contract.json_values import thaw_json
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
from contexta.errors import ContextaError, SerializationError
from contexta.spi.records import record_ref_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.contract_model import ContractModel
    from contexta.spi.records import FlatRecord

__all__ = ["CanonicalRecord", "flatten", "restore"]

CanonicalRecord = StructuredEventRecord | MetricRecord | TraceSpanRecord | DegradedRecord

#: Flat name, envelope field, and the value that is left out.
_ENVELOPE = (
    ("run", "run_ref", None),
    ("deployment", "deployment_execution_ref", None),
    ("stage", "stage_execution_ref", None),
    ("batch", "batch_execution_ref", None),
    ("sample", "sample_observation_ref", None),
    ("op", "operation_context_ref", None),
    ("producer", "producer_ref", "sdk.python.local"),
    ("completeness", "completeness_marker", "complete"),
    ("degradation", "degradation_marker", "none"),
    ("schema", "schema_version", "1.0.0"),
)

#: The same for each payload, by record type.
_PAYLOADS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "event": (
        ("key", "event_key", None),
        ("message", "message", None),
        ("level", "level", "info"),
        ("origin", "origin_marker", "explicit_capture"),
    ),
    "metric": (
        ("key", "metric_key", None),
        ("value", "value", None),
        ("step", "step", None),
        ("unit", "unit", None),
        ("scope", "aggregation_scope", "step"),
        ("basis", "summary_basis", "raw_observation"),
        ("slice", "slice_ref", None),
    ),
    "span": (
        ("key", "span_name", None),
        ("span", "span_id", None),
        ("trace", "trace_id", None),
        ("parent", "parent_span_id", None),
        ("start", "started_at", None),
        ("end", "ended_at", None),
        ("status", "status", "ok"),
        ("kind", "span_kind", "operation"),
    ),
    "degraded": (
        ("key", "issue_key", None),
        ("message", "summary", None),
        ("category", "category", None),
        ("severity", "severity", None),
        ("origin", "origin_marker", "explicit_capture"),
    ),
}

_MODELS: dict[str, tuple[Any, Any]] = {
    "event": (StructuredEventRecord, StructuredEventPayload),
    "metric": (MetricRecord, MetricPayload),
    "span": (TraceSpanRecord, TraceSpanPayload),
    "degraded": (DegradedRecord, DegradedPayload),
}

_CORRELATION = tuple(field.name for field in model_fields(CorrelationRefs))

#: From the inside out: what a payload is about when it names no subject.
_INNERMOST = ("op", "sample", "batch", "deployment", "stage", "run")


def flatten(record: CanonicalRecord) -> FlatRecord:
    """Turn a canonical record into its flat form.

    Args:
        record: An event, metric, span or degraded record.
    """
    envelope, payload = record.envelope, record.payload
    kind = envelope.record_type
    flat: FlatRecord = {"type": kind, "id": envelope.record_ref.components[-1]}
    for name, field, default in _ENVELOPE:
        _put(flat, name, getattr(envelope, field), default)
    for name, field, default in _PAYLOADS[kind]:
        _put(flat, name, getattr(payload, field), default)
    flat["time"] = envelope.observed_at
    if envelope.recorded_at != envelope.observed_at:
        flat["recorded"] = envelope.recorded_at
    correlation = {name: getattr(envelope.correlation_refs, name) for name in _CORRELATION}
    _put(flat, "correlation", {name: value for name, value in correlation.items() if value} or None, None)
    _put(flat, "extensions", [each.to_dict() for each in envelope.extensions] or None, None)
    _put_payload_rest(flat, kind, payload)
    _put_extra(flat, record)
    return flat


def _put(flat: FlatRecord, name: str, value: Any, default: Any) -> None:
    # A null is written where leaving the field out would say something else.
    if value != default:
        flat[name] = str(value) if isinstance(value, StableRef) else value


def _put_payload_rest(flat: FlatRecord, kind: str, payload: Any) -> None:
    if kind != "span" and payload.subject_ref != _innermost(flat):
        # An empty text says that the payload names no subject; without the field it is the innermost scope.
        flat["subject"] = str(payload.subject_ref or "")
    if kind == "metric":
        _put(flat, "tags", dict(payload.tags) or None, None)
        if payload.value_type != type(payload.value).__name__:
            flat["value_type"] = payload.value_type
        return
    attributes = thaw_json(payload.attributes)
    if kind == "event" and _are_tags(attributes.get("tags")):
        flat["tags"] = attributes.pop("tags")
    _put(flat, "attributes", attributes or None, None)
    if kind == "span":
        _put(flat, "links", [str(each) for each in payload.linked_refs] or None, None)


def _put_extra(flat: FlatRecord, record: CanonicalRecord) -> None:
    """Keep the fields of a later minor version, by the part that they belong to."""
    envelope = record.envelope
    parts: tuple[tuple[str, ContractModel], ...] = (
        ("record", record),
        ("envelope", envelope),
        ("correlation", envelope.correlation_refs),
        ("payload", record.payload),
    )
    extra = {name: thaw_json(fields) for name, part in parts if (fields := getattr(part, EXTRAS_FIELD))}
    _put(flat, "extra", extra or None, None)


def _are_tags(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(each, str) for each in value.values())


def _innermost(flat: Mapping[str, Any]) -> str:
    # Every record belongs to a run at least; without one this is its missing field.
    return str(flat[next((name for name in _INNERMOST if name in flat), "run")])


def restore(flat: FlatRecord) -> CanonicalRecord:
    """Turn a flat record into its canonical model.

    Raises:
        SerializationError: A field is missing, or the type is unknown.
        ValidationError: A value breaks a rule of the contract.
    """
    try:
        kind = flat["type"]
        model, payload_model = _MODELS[kind]
        payload = payload_model(**_with_extra(flat, "payload", payload_model, _payload_fields(flat, kind)))
        parts = {"envelope": _envelope(flat), "payload": payload}
        return model(**_with_extra(flat, "record", model, parts))  # type: ignore[no-any-return]
    except ContextaError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SerializationError(
            f"this is no flat record: {error!r} in {str(flat)[:200]}",
            code="record_invalid_flat_form",
            cause=error,
        ) from error


def _envelope(flat: FlatRecord) -> RecordEnvelope:
    fields: dict[str, Any] = {field: flat.get(name, default) for name, field, default in _ENVELOPE}
    extensions = flat.get("extensions")
    if extensions:
        from contexta.contract.serialization import deserialize_extension_field_set

        fields["extensions"] = tuple(deserialize_extension_field_set(each) for each in extensions)
    correlation = dict(flat.get("correlation") or {})
    fields |= {
        "record_ref": record_ref_of(flat),
        "record_type": flat["type"],
        "recorded_at": flat["recorded"] if "recorded" in flat else flat["time"],
        "observed_at": flat["time"],
        "correlation_refs": CorrelationRefs(**_with_extra(flat, "correlation", CorrelationRefs, correlation)),
    }
    return RecordEnvelope(**_with_extra(flat, "envelope", RecordEnvelope, fields))


def _with_extra(
    flat: Mapping[str, Any], part: str, model: type[ContractModel], fields: dict[str, Any]
) -> dict[str, Any]:
    """Add what stands under ``extra`` for a part: as fields what its model has, the rest as unknown."""
    extra = flat["extra"].get(part) if "extra" in flat else None
    if not extra:
        return fields
    known = {field.name for field in model_fields(model)}
    fields |= {name: value for name, value in extra.items() if name in known}
    fields[EXTRAS_FIELD] = {name: value for name, value in extra.items() if name not in known}
    return fields


def _payload_fields(flat: FlatRecord, kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = {field: flat.get(name, default) for name, field, default in _PAYLOADS[kind]}
    if kind != "span":
        fields["subject_ref"] = (flat["subject"] or None) if "subject" in flat else _innermost(flat)
    if kind == "metric":
        fields["value_type"] = flat.get("value_type", type(flat["value"]).__name__)
        fields["tags"] = flat.get("tags")
        return fields
    attributes = dict(flat.get("attributes") or {})
    if kind == "event" and "tags" in flat:
        attributes["tags"] = flat["tags"]
    fields["attributes"] = attributes
    if kind == "span":
        fields["linked_refs"] = tuple(flat.get("links", ()))
    return fields
