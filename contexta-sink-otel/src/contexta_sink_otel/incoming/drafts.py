"""Drafts of records: what is known before the secrets in it are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.limits import MAX_NAME_LENGTH
from contexta.contract.timestamps import text_from_ns
from contexta.spi.flat import restore
from contexta_sink_otel.incoming.values import LONGEST_TEXT, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.redaction import Redactor
    from contexta.spi.flat import CanonicalRecord

__all__ = ["PRODUCER", "draft", "finished"]

#: Who made the records.
PRODUCER = "opentelemetry.python.exporter"


def draft(record_type: str, record_id: str, name: str, time: int, /, **fields: Any) -> dict[str, Any]:
    """Return the draft of a record.

    Args:
        record_type: ``"event"``, ``"metric"`` or ``"span"``.
        record_id: Last component of its reference.
        name: Name of the event, metric or span, as OpenTelemetry has it.
        time: When it was observed, in nanoseconds since the epoch.
        **fields: Further fields of the flat record; those that are None are left out.
    """
    known = {field: value for field, value in fields.items() if value is not None}
    return {"type": record_type, "id": record_id, "key": name, "time": text_from_ns(time), **known}


def finished(made: Mapping[str, Any], refs: Mapping[str, str], redactor: Redactor) -> CanonicalRecord:
    """Return a draft as a record, with its secrets replaced.

    Args:
        made: The draft.
        refs: References of the scope that it belongs to.
        redactor: The workspace's.

    Raises:
        ContextaError: It breaks a rule of the contract.
    """
    flat: dict[str, Any] = {**made, **refs, "producer": PRODUCER}
    # Redacted before it is cut: half a secret would not be known as one.
    name = redactor.text(flat["key"])
    flat["key"] = (
        name.strip()[:MAX_NAME_LENGTH] or "(unnamed)" if flat["type"] == "span" else key_of(name, "unnamed")
    )
    for field in ("message", "unit"):
        if field in flat:
            flat[field] = redactor.text(flat[field]).strip()[:LONGEST_TEXT] or "(no text)"
    for field in ("attributes", "tags"):
        if field in flat:
            flat[field] = _cut(redactor.mapping(flat[field]))
    return restore(flat)


def _cut(value: Any) -> Any:
    """Return JSON data with its texts cut to what is kept of them."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, dict):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_cut(each) for each in value]
    return value
