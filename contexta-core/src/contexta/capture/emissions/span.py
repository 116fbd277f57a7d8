"""Trace spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions.emission import Emission
from contexta.capture.emissions.fields import MAX_NAME_LENGTH, attributes_of, ref_of, text_of, word_of
from contexta.config.problems import shown
from contexta.contract.timestamps import instant, normalize_timestamp
from contexta.contract.vocabularies import TRACE_SPAN_KINDS, TRACE_SPAN_STATUSES
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.refs import StableRef

__all__ = ["SpanEmission"]


@dataclass(frozen=True, slots=True)
class SpanEmission(Emission):
    """One trace span.

    Args:
        name: The name for people.
        started_at: ISO 8601 text; the time of the call when None.
        ended_at: ISO 8601 text, not before ``started_at``; the time of the call when None.
        status: ``"ok"``, ``"error"``, ``"unset"``, ``"cancelled"`` or ``"timeout"``.
        span_kind: ``"operation"``, ``"stage"``, ``"call"``, ``"internal"``, ``"io"``, ``"network"``, ``"process"``.
        attributes: Structured JSON-safe fields.
        linked_refs: References that the span is linked to.
        parent_span_id: Identifier of the parent span.

    Raises:
        ValidationError: A field breaks its rule.
    """

    name: str
    started_at: str | None = None
    ended_at: str | None = None
    status: str = "ok"
    span_kind: str = "operation"
    attributes: Mapping[str, Any] | None = None
    linked_refs: tuple[StableRef | str, ...] | None = None
    parent_span_id: str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", text_of(self.name, "name", limit=MAX_NAME_LENGTH))
        for each in ("started_at", "ended_at"):
            if getattr(self, each) is not None:
                put(self, each, normalize_timestamp(getattr(self, each), field_name=each))
        if self.started_at and self.ended_at and instant(self.ended_at) < instant(self.started_at):
            raise ValidationError(
                f"the span ends ({self.ended_at}) before it starts ({self.started_at})",
                code="capture_model_invalid_time_order",
            )
        word_of(self.status, TRACE_SPAN_STATUSES, "status")
        word_of(self.span_kind, TRACE_SPAN_KINDS, "span_kind")
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "linked_refs", _refs_of(self.linked_refs))
        if self.parent_span_id is not None:
            put(self, "parent_span_id", text_of(self.parent_span_id, "parent_span_id", limit=MAX_NAME_LENGTH))


def _refs_of(value: Any) -> tuple[StableRef, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValidationError(
            f"linked_refs must be a sequence of references, not {shown(value)}",
            code="capture_model_invalid_linked_ref",
        )
    return tuple(ref_of(each, "capture_model_invalid_linked_ref") for each in value)
