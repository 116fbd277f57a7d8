"""Spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta.contract.timestamps import instant
from contexta_sink_otel.facts.attributes import Attributes, envelope_attributes, own_attributes
from contexta_sink_otel.facts.identifiers import span_number, trace_number, trace_of_run

if TYPE_CHECKING:
    from contexta.contract.models.records import TraceSpanRecord
    from contexta.contract.refs import StableRef

__all__ = ["LinkFacts", "SpanFacts", "span_facts"]

_KINDS = {"io": "CLIENT", "network": "CLIENT", "process": "PRODUCER"}

#: Of GenAI operations these run inside the program; the others call a model elsewhere.
_OPERATIONS_INSIDE = frozenset({"execute_tool", "invoke_agent"})

#: A cancelled span did not fail: somebody wanted it to end.
_STATUSES = {"ok": "OK", "error": "ERROR", "timeout": "ERROR"}


class LinkFacts(NamedTuple):
    """What a span has to do with.

    Args:
        trace: Trace of the linked thing.
        span: Stands for the linked thing in that trace.
        ref: Its reference.
    """

    trace: int
    span: int
    ref: str


class SpanFacts(NamedTuple):
    """A span.

    Args:
        name: What people call it.
        run: Reference of its run.
        trace: 128 bits.
        span: 64 bits.
        parent: 64 bits of the span around it; None for a root.
        start: Nanoseconds since the epoch.
        end: Nanoseconds since the epoch.
        kind: Name of a ``SpanKind``.
        status: Name of a ``StatusCode``.
        attributes: Its attributes.
        links: What it has to do with.
    """

    name: str
    run: str
    trace: int
    span: int
    parent: int | None
    start: int
    end: int
    kind: str
    status: str
    attributes: Attributes
    links: tuple[LinkFacts, ...]


def span_facts(record: TraceSpanRecord) -> SpanFacts:
    """Return what a span says.

    Args:
        record: The span.
    """
    payload = record.payload
    attributes = {
        **envelope_attributes(record.envelope),
        "contexta.span_kind": payload.span_kind,
        "contexta.span_id": payload.span_id,
        "contexta.trace_id": payload.trace_id,
        "contexta.span_status": payload.status,
    }
    if payload.parent_span_id is not None:
        attributes["contexta.parent_span_id"] = payload.parent_span_id
    if payload.status == "timeout":
        attributes["error.type"] = "timeout"
    attributes.update(own_attributes("contexta.span.", payload.attributes))
    return SpanFacts(
        name=payload.span_name,
        run=str(record.envelope.run_ref),
        trace=trace_number(payload.trace_id),
        span=span_number(payload.span_id),
        parent=None if payload.parent_span_id is None else span_number(payload.parent_span_id),
        start=instant(payload.started_at),
        end=instant(payload.ended_at),
        kind=_kind(record),
        status=_STATUSES.get(payload.status, "UNSET"),
        attributes=attributes,
        links=tuple(_link(ref) for ref in payload.linked_refs),
    )


def _kind(record: TraceSpanRecord) -> str:
    """Return the kind; calls of a model are CLIENT by OpenTelemetry's convention, whatever kind they were given."""
    operation = record.payload.attributes.get("gen_ai.operation.name")
    if operation is not None and operation not in _OPERATIONS_INSIDE:
        return "CLIENT"
    return _KINDS.get(record.payload.span_kind, "INTERNAL")


def _link(ref: StableRef) -> LinkFacts:
    """Return a link: OpenTelemetry links spans, and what is linked here may be a run, an artifact or a record."""
    components = ref.components
    run = f"run:{components[0]}.{components[1]}" if len(components) > 1 else str(ref)
    return LinkFacts(trace_of_run(run), span_number(str(ref)), str(ref))
