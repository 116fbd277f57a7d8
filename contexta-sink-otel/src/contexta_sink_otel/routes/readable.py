"""Facts as the objects that OpenTelemetry's exporters take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext

    from contexta_sink_otel.facts.logs import LogFacts
    from contexta_sink_otel.facts.spans import SpanFacts

__all__ = ["readable_log", "readable_span", "span_context"]


def span_context(trace: int, span: int) -> SpanContext:
    """Return the place of a span that was recorded.

    Args:
        trace: 128 bits.
        span: 64 bits.
    """
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def readable_span(
    facts: SpanFacts, resource: Callable[[str], Resource], scope: InstrumentationScope
) -> ReadableSpan:
    """Return a span as exporters take it.

    Args:
        facts: The span.
        resource: Gives the resource of a run.
        scope: Who made it.
    """
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Link, SpanKind, Status, StatusCode

    return ReadableSpan(
        facts.name,
        context=span_context(facts.trace, facts.span),
        parent=None if facts.parent is None else span_context(facts.trace, facts.parent),
        resource=resource(facts.run),
        attributes=facts.attributes,
        links=[
            Link(span_context(link.trace, link.span), {"contexta.linked_ref": link.ref})
            for link in facts.links
        ],
        kind=SpanKind[facts.kind],
        status=Status(StatusCode[facts.status]),
        start_time=facts.start,
        end_time=facts.end,
        instrumentation_scope=scope,
    )


def readable_log(
    facts: LogFacts, resource: Callable[[str], Resource], scope: InstrumentationScope
) -> ReadableLogRecord:
    """Return a log record as exporters take it.

    Args:
        facts: The log record.
        resource: Gives the resource of a run.
        scope: Who made it.
    """
    from opentelemetry._logs import LogRecord, SeverityNumber
    from opentelemetry.context import Context
    from opentelemetry.sdk._logs import ReadableLogRecord

    record = LogRecord(
        timestamp=facts.observed,
        observed_timestamp=facts.recorded,
        # Empty: the span around the sink's thread is none of the event's.
        context=Context({"contexta": True}),
        severity_text=facts.level,
        severity_number=SeverityNumber[facts.severity],
        body=facts.body,
        attributes=facts.attributes,
        event_name=facts.name,
    )
    # An event belongs to a trace, but to no span of it, which no context can say.
    record.trace_id = facts.trace
    return ReadableLogRecord(record, resource(facts.run), scope)
