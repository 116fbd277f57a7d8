"""Events and degraded markers: log records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta.contract.timestamps import instant
from contexta_sink_otel.facts.attributes import Attributes, envelope_attributes, own_attributes
from contexta_sink_otel.facts.identifiers import trace_number, trace_of_run

if TYPE_CHECKING:
    from contexta.contract.models.records import DegradedRecord, StructuredEventRecord

__all__ = ["LogFacts", "degraded_facts", "event_facts"]

#: Names of ``SeverityNumber`` by level.
_SEVERITIES = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARN",
    "error": "ERROR",
    "critical": "FATAL",
}


class LogFacts(NamedTuple):
    """A log record.

    Args:
        name: The event's name.
        run: Reference of its run.
        body: The text for people.
        level: The level as it was captured.
        severity: Name of a ``SeverityNumber``.
        observed: When it happened, in nanoseconds since the epoch.
        recorded: When it was recorded, in nanoseconds since the epoch.
        trace: The trace that it belongs to.
        attributes: Its attributes.
    """

    name: str
    run: str
    body: str
    level: str
    severity: str
    observed: int
    recorded: int
    trace: int
    attributes: Attributes


def event_facts(record: StructuredEventRecord) -> LogFacts:
    """Return what an event says.

    Args:
        record: The event.
    """
    payload = record.payload
    attributes = {
        **envelope_attributes(record.envelope),
        "contexta.event_level": payload.level,
        "contexta.event_message": payload.message,
        **own_attributes("contexta.event.", payload.attributes),
    }
    return _facts(record, payload.event_key, payload.message, payload.level, attributes)


def degraded_facts(record: DegradedRecord) -> LogFacts:
    """Return what a degraded marker says.

    Args:
        record: The marker.
    """
    payload = record.payload
    attributes = {
        **envelope_attributes(record.envelope),
        "contexta.issue_key": payload.issue_key,
        "contexta.degradation_category": payload.category,
        "contexta.severity": payload.severity,
        **own_attributes("contexta.degraded.", payload.attributes),
    }
    return _facts(record, "contexta.degraded", payload.summary, payload.severity, attributes)


def _facts(
    record: StructuredEventRecord | DegradedRecord, name: str, body: str, level: str, attributes: Attributes
) -> LogFacts:
    envelope = record.envelope
    trace, run = envelope.correlation_refs.trace_id, str(envelope.run_ref)
    return LogFacts(
        name=name,
        run=run,
        body=body,
        level=level,
        severity=_SEVERITIES[level],
        observed=instant(envelope.observed_at),
        recorded=instant(envelope.recorded_at),
        trace=trace_of_run(run) if trace is None else trace_number(trace),
        attributes=attributes,
    )
