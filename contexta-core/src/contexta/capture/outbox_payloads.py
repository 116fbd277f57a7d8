"""From the plain data in the outbox back to what a sink is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import SerializationError

if TYPE_CHECKING:
    from contexta.capture.outbox_entries import OutboxEntry

__all__ = ["restore_payload"]

#: Class of a record to the function that decodes it.
_RECORDS = {
    "StructuredEventRecord": "deserialize_structured_event_record",
    "MetricRecord": "deserialize_metric_record",
    "TraceSpanRecord": "deserialize_trace_span_record",
    "DegradedRecord": "deserialize_degraded_record",
}


def restore_payload(entry: OutboxEntry) -> Any:
    """Return the payload of an entry as its sink would have got it when it was captured.

    Raises:
        SerializationError: It is no such payload (``outbox_payload_unreadable``).
        ValidationError: A field of it breaks its rule.
        SchemaVersionError: Another major version wrote it.
    """
    from contexta.contract import serialization

    decoder = _RECORDS.get(entry.payload_type)
    if decoder is not None:
        return getattr(serialization, decoder)(entry.payload)
    if not isinstance(entry.payload, dict):
        raise SerializationError(
            f"the outbox entry {entry.replay_ref!r} holds a {entry.payload_type}, which is nothing that a sink takes",
            code="outbox_payload_unreadable",
        )
    manifest = entry.payload.get("manifest")
    if manifest is None:
        return entry.payload
    return entry.payload | {"manifest": serialization.deserialize_artifact_manifest(manifest)}
