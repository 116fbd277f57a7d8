"""Flat records as the read model shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.records import record_ref_of
from contexta.spi.views import ObservationRecord

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord

__all__ = ["observation_of"]

#: By record type: name in the payload, flat name, and what an absent field stands for.  Sorted by name.
_PAYLOADS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "event": (
        ("attributes", "attributes", EMPTY_MAPPING),
        ("event_key", "key", None),
        ("level", "level", "info"),
        ("message", "message", None),
        ("origin_marker", "origin", "explicit_capture"),
        ("subject_ref", "subject", None),
    ),
    "metric": (
        ("aggregation_scope", "scope", "step"),
        ("metric_key", "key", None),
        ("slice_ref", "slice", None),
        ("step", "step", None),
        ("subject_ref", "subject", None),
        ("summary_basis", "basis", "raw_observation"),
        ("tags", "tags", EMPTY_MAPPING),
        ("unit", "unit", None),
        ("value", "value", None),
        ("value_type", "value_type", None),
    ),
    "span": (
        ("attributes", "attributes", EMPTY_MAPPING),
        ("ended_at", "end", None),
        ("linked_refs", "links", ()),
        ("parent_span_id", "parent", None),
        ("span_id", "span", None),
        ("span_kind", "kind", "operation"),
        ("span_name", "key", None),
        ("started_at", "start", None),
        ("status", "status", "ok"),
        ("trace_id", "trace", None),
    ),
    "degraded": (
        ("attributes", "attributes", EMPTY_MAPPING),
        ("category", "category", None),
        ("issue_key", "key", None),
        ("origin_marker", "origin", "explicit_capture"),
        ("severity", "severity", None),
        ("subject_ref", "subject", None),
        ("summary", "message", None),
    ),
}

#: From the inside out: what a record is about when it names no subject.
_INNERMOST = ("op", "sample", "batch", "deployment", "stage", "run")


def observation_of(flat: FlatRecord) -> ObservationRecord:
    """Return a record; of a type of a newer version, what this one understands of it."""
    kind = flat["type"]
    payload = {name: flat.get(field, absent) for name, field, absent in _PAYLOADS.get(kind, ())}
    value, unit = flat.get("value"), flat.get("unit")
    if kind == "metric":
        payload["value_type"] = payload["value_type"] or type(value).__name__
    if kind == "event" and "tags" in flat:
        # The contract has no tags of events; they are an attribute there.
        payload["attributes"] = {**payload["attributes"], "tags": flat["tags"]}
    if kind == "span":
        value, unit = _milliseconds(flat), "ms"
    elif "subject" not in flat:
        payload["subject_ref"] = next((flat[name] for name in _INNERMOST if name in flat), None)
    correlation = flat.get("correlation") or {}
    return ObservationRecord(
        record_id=record_ref_of(flat),
        run_id=flat["run"],
        stage_id=flat.get("stage"),
        record_type=kind,
        key=flat.get("key", ""),
        observed_at=flat["time"],
        value=value,
        message=flat.get("message"),
        completeness_marker=flat.get("completeness", "complete"),
        degradation_marker=flat.get("degradation", "none"),
        payload=FrozenMapping(payload),
        tags=flat.get("tags") or EMPTY_MAPPING,
        schema_version=flat.get("schema", "1.0.0"),
        producer_ref=flat.get("producer", "sdk.python.local"),
        correlation_id=correlation.get("trace_id") or flat.get("trace") or correlation.get("session_id"),
        unit=unit,
    )


def _milliseconds(flat: FlatRecord) -> float | None:
    """Return the duration of a span in milliseconds, or None where its times cannot be read."""
    try:
        return (instant(flat["end"]) - instant(flat["start"])) / 1e6
    except (KeyError, ValidationError):
        return None
