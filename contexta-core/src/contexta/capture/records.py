"""Flat records of events, spans and degraded markers."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contexta.contract.json_values import thaw_json
from contexta.contract.timestamps import instant, text_from_ns

if TYPE_CHECKING:
    from contexta.capture.context import CaptureContext
    from contexta.capture.emissions import EventEmission, SpanEmission
    from contexta.capture.identifiers import Identifiers
    from contexta.redaction import Redactor
    from contexta.spi.records import FlatRecord

__all__ = ["RecordBuilder"]


class RecordBuilder:
    """Builds redacted flat records from emissions.

    Args:
        identifiers: Where record identifiers come from.
        redactor: Applied to every text of a user before it is part of a record.
        producer: Who captures; None for the contract's default.
    """

    __slots__ = ("_identifiers", "_producer", "_redactor")

    def __init__(self, identifiers: Identifiers, redactor: Redactor, producer: str | None) -> None:
        self._identifiers = identifiers
        self._redactor = redactor
        self._producer = producer

    def event(self, context: CaptureContext, emission: EventEmission) -> FlatRecord:
        """Return the flat record of an event."""
        flat = self._start("event", context, emission.key)
        flat["message"] = self._redactor.text(emission.message)
        if emission.level != "info":
            flat["level"] = emission.level
        if emission.tags:
            flat["tags"] = self._redactor.mapping(dict(emission.tags))
        return self._with_attributes(flat, emission.attributes)

    def span(self, context: CaptureContext, emission: SpanEmission) -> FlatRecord:
        """Return the flat record of a span; a time that is not given is the time of the call."""
        flat = self._start("span", context, self._redactor.text(emission.name))
        start, end = emission.started_at, emission.ended_at
        if start is None and end is not None:
            start = min(end, flat["time"], key=instant)
        start = start or flat["time"]
        flat["span"] = f"span-{os.urandom(6).hex()}"
        flat["trace"] = _trace_of(context.run)
        if emission.parent_span_id is not None:
            flat["parent"] = emission.parent_span_id
        flat["start"] = start
        flat["end"] = end or max(start, flat["time"], key=instant)
        if emission.status != "ok":
            flat["status"] = emission.status
        if emission.span_kind != "operation":
            flat["kind"] = emission.span_kind
        if emission.linked_refs:
            flat["links"] = [str(each) for each in emission.linked_refs]
        return self._with_attributes(flat, emission.attributes)

    def degraded(
        self,
        context: CaptureContext,
        issue_key: str,
        summary: str,
        *,
        category: str = "capture",
        severity: str = "warning",
        degradation: str = "partial_failure",
        attributes: dict[str, Any] | None = None,
    ) -> FlatRecord:
        """Return the flat record of a degraded marker: something could not be captured in full."""
        flat = self._start("degraded", context, issue_key)
        flat["message"] = self._redactor.text(summary)
        flat["category"] = category
        flat["severity"] = severity
        flat["degradation"] = degradation
        return self._with_attributes(flat, attributes)

    def _start(self, kind: str, context: CaptureContext, key: str) -> FlatRecord:
        flat: FlatRecord = {"type": kind, "id": self._identifiers.next(), **context.refs, "key": key}
        flat["time"] = text_from_ns(time.time_ns() // 1000 * 1000)
        if self._producer is not None:
            flat["producer"] = self._producer
        return flat

    def _with_attributes(self, flat: FlatRecord, attributes: Any) -> FlatRecord:
        if attributes:
            flat["attributes"] = self._redactor.mapping(thaw_json(attributes))
        return flat


@lru_cache(maxsize=1024)
def _trace_of(run_ref: str) -> str:
    """Return the trace of a run: all spans of a run are one trace, whichever process captures them."""
    import hashlib

    return f"trace-{hashlib.blake2b(run_ref.encode(), digest_size=8).hexdigest()}"
