"""Log records of OpenTelemetry as events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta.contract.timestamps import text_from_ns
from contexta_sink_otel.incoming.drafts import draft
from contexta_sink_otel.incoming.values import digest, json_mapping, json_value

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord

__all__ = ["log_draft"]

#: Least severity number of each level.
_LEVELS = ((21, "critical"), (17, "error"), (13, "warning"), (9, "info"), (1, "debug"))


def log_draft(readable: ReadableLogRecord, now: int) -> dict[str, Any]:
    """Return the record of a log record.

    Args:
        readable: The log record.
        now: When it was exported, in nanoseconds since the epoch; for one that names no time.
    """
    record = readable.log_record
    scope = readable.instrumentation_scope
    logger = scope.name if scope is not None and scope.name else "root"
    time = record.timestamp or record.observed_timestamp or now
    observed = record.observed_timestamp
    trace = f"{record.trace_id:032x}" if record.trace_id else None
    span = f"{record.span_id:016x}" if record.span_id else None
    body = json_value(record.body)
    attributes = json_mapping(record.attributes)
    facts = {"otel.scope.name": display_safe(logger), "otel.span_id": span}
    if body is not None and not isinstance(body, str):
        facts["otel.body"] = body
    attributes |= {name: value for name, value in facts.items() if value is not None}
    severity = record.severity_number.value if record.severity_number is not None else 0
    return draft(
        "event",
        digest("log", trace, span, time, observed, logger, severity, body, attributes),
        record.event_name or f"log.{logger}",
        time,
        message=_message(body) or record.event_name or "(no text)",
        level=next((word for least, word in _LEVELS if severity >= least), "info"),
        attributes=attributes,
        correlation=None if trace is None else {"trace_id": trace},
        recorded=text_from_ns(observed) if observed is not None and observed > time else None,
    )


def _message(body: Any) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, sort_keys=True)
