"""Spans as a tree: which is inside which, told by their parents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.views import ObservationRecord

__all__ = ["PlacedSpan", "place_spans"]


@dataclass(frozen=True, slots=True)
class PlacedSpan:
    """One span at its place in the tree.

    Args:
        record: The span.
        depth: How many spans are around it.
        inside: How many are directly inside it.
    """

    record: ObservationRecord
    depth: int
    inside: int

    @property
    def started(self) -> str:
        """When it started (ISO 8601)."""
        return str(self.record.payload.get("started_at") or self.record.observed_at)

    @property
    def ended(self) -> str:
        """When it ended (ISO 8601)."""
        return str(self.record.payload.get("ended_at") or self.record.observed_at)

    @property
    def status(self) -> str:
        """How it ended."""
        return str(self.record.payload.get("status", ""))

    @property
    def kind(self) -> str:
        """What kind it is."""
        return str(self.record.payload.get("span_kind", ""))


def place_spans(spans: Iterable[ObservationRecord]) -> list[PlacedSpan]:
    """Return the spans in the order of reading: each before those inside it, those beside it by their beginning.

    A span whose parent is not among them stands at the top, and so does the first of spans that are inside each other.

    Args:
        spans: The spans of a run.
    """
    ordered = sorted(spans, key=lambda each: (instant(PlacedSpan(each, 0, 0).started), each.record_id))
    by_id = {_identity(each): each for each in reversed(ordered)}
    inside: dict[tuple[str, str], list[ObservationRecord]] = {}
    tops = []
    for each in ordered:
        around = (str(each.payload.get("trace_id", "")), str(each.payload.get("parent_span_id") or ""))
        if around[1] and around in by_id and around != _identity(each):
            inside.setdefault(around, []).append(each)
        else:
            tops.append(each)
    placed: list[PlacedSpan] = []
    seen: set[str] = set()
    # Behind the tops come those that no top leads to: they are inside each other.
    for top in [*tops, *ordered]:
        waiting = [(top, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span.record_id in seen:
                continue
            seen.add(span.record_id)
            within = inside.get(_identity(span), []) if by_id[_identity(span)] is span else []
            placed.append(PlacedSpan(span, depth, len(within)))
            waiting += [(each, depth + 1) for each in reversed(within)]
    return placed


def _identity(span: ObservationRecord) -> tuple[str, str]:
    return str(span.payload.get("trace_id", "")), str(span.payload.get("span_id", ""))
