"""Spans of OpenTelemetry as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta.contract.timestamps import text_from_ns
from contexta_sink_otel.incoming.drafts import draft
from contexta_sink_otel.incoming.origin import is_ours
from contexta_sink_otel.incoming.values import digest, json_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Link

__all__ = ["span_drafts"]

#: Kinds that the sink sends out as what they came in as; a server's work is an operation.
_KINDS = {"INTERNAL": "internal", "CLIENT": "network", "PRODUCER": "process", "CONSUMER": "process"}

_STATUSES = {"OK": "ok", "ERROR": "error"}


def span_drafts(span: ReadableSpan) -> Iterator[dict[str, Any]]:
    """Yield the record of a span, and one of each event in it.

    Args:
        span: A span that has ended.
    """
    context = span.get_span_context()
    if context is None or span.start_time is None or span.end_time is None:
        return
    trace, own = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    # Clocks are set back: a span that ends before it starts was short.
    end = max(span.start_time, span.end_time)
    attributes = {**json_mapping(span.attributes), **_about(span)}
    yield draft(
        "span",
        f"otel-{trace}-{own}",
        display_safe(span.name),
        end,
        span=own,
        trace=trace,
        parent=None if span.parent is None else f"{span.parent.span_id:016x}",
        start=text_from_ns(span.start_time),
        end=text_from_ns(end),
        status=_STATUSES.get(span.status.status_code.name, "unset"),
        kind=_KINDS.get(span.kind.name, "operation"),
        attributes=attributes,
    )
    for number, event in enumerate(span.events):
        if not is_ours(event.attributes):
            yield _event_draft(event, trace, own, number)


def _about(span: ReadableSpan) -> dict[str, Any]:
    """Return what a span says beside its attributes."""
    scope = span.instrumentation_scope
    facts: dict[str, Any] = {"otel.kind": span.kind.name.lower()}
    if scope is not None and scope.name:
        facts["otel.scope.name"] = display_safe(scope.name)
    if scope is not None and scope.version:
        facts["otel.scope.version"] = display_safe(scope.version)
    if span.status.description:
        facts["otel.status_description"] = display_safe(span.status.description, multiline=True)
    if span.links:
        facts["otel.links"] = [_link(each) for each in span.links]
    dropped = {
        "attributes": span.dropped_attributes,
        "events": span.dropped_events,
        "links": span.dropped_links,
    }
    facts |= {f"otel.dropped_{name}_count": count for name, count in dropped.items() if count}
    return facts


def _link(link: Link) -> dict[str, Any]:
    return {
        "trace_id": f"{link.context.trace_id:032x}",
        "span_id": f"{link.context.span_id:016x}",
        "attributes": json_mapping(link.attributes),
    }


def _event_draft(event: Event, trace: str, span: str, number: int) -> dict[str, Any]:
    attributes = json_mapping(event.attributes)
    message = display_safe(event.name)
    is_exception = event.name == "exception"
    if is_exception:
        parts = (attributes.get("exception.type"), attributes.get("exception.message"))
        message = ": ".join(str(part) for part in parts if part) or message
    return draft(
        "event",
        digest("span event", trace, span, number),
        event.name,
        event.timestamp,
        message=message,
        level="error" if is_exception else "info",
        attributes={**attributes, "otel.span_id": span},
        correlation={"trace_id": trace},
    )
