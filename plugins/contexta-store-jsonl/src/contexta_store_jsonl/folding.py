"""Folding the points of a series into what a summary says of them.

The answers are those of :class:`contexta.spi.summaries.SummaryBuilder`; the difference is that parts of a series can
be folded on their own, segment by segment or long ago by the index, and joined afterwards in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.records import MetricPoint, MetricSummary
from contexta_store_jsonl.rows import is_degraded
from contexta_store_jsonl.validity import ZERO_FRACTION, sortable_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta_store_jsonl.rows import Row

__all__ = ["BEHIND", "Identity", "Place", "SeriesPart", "fold", "summarize"]

#: What tells the series of one run apart: stage and key.
Identity = tuple[str | None, str | None]
#: Where a point stands: name of its segment, and its line or, of what was folded here, :data:`BEHIND`.
Place = tuple[str, int]
#: Behind every line of a segment that the index covers.
BEHIND = 1 << 62


class SeriesPart:
    """Some points of one series, folded.

    ``at`` is the time of the point beside it, as text that sorts; a point is a row or, from the index, a
    :class:`MetricPoint`.  ``places`` are those of first, latest, least and greatest and of the unit; None while all
    the points are of one segment, which then is :attr:`segment`.

    Args:
        row: The first of the points.
        at: Its time.
    """

    __slots__ = (
        "count", "degraded", "first", "first_at", "greatest", "greatest_at", "high", "latest", "latest_at", "least", "least_at",
        "low", "places", "segment", "summary", "total", "unit",
    )  # fmt: skip

    def __init__(self, row: Row, at: str) -> None:
        self.count = 1
        self.total = 0.0 + row.value  # type: ignore[operator]  # a metric's row has a value
        self.unit = row.unit or None
        self.degraded = int(is_degraded(row))
        self.first: Row | MetricPoint = row
        self.latest: Row | MetricPoint = row
        self.least: Row | MetricPoint = row
        self.greatest: Row | MetricPoint = row
        self.first_at = self.latest_at = self.least_at = self.greatest_at = at
        self.low: float = row.value  # type: ignore[assignment]
        self.high = self.low
        self.segment = ""
        self.places: tuple[Place, Place, Place, Place, Place] | None = None
        #: What it says on its own, once somebody asked.
        self.summary: MetricSummary | None = None

    def extend(self, other: SeriesPart) -> None:
        """Join the points that were appended after these, to the same segment."""
        self.count += other.count
        self.total += other.total
        self.degraded += other.degraded
        self.unit = other.unit or self.unit
        if other.first_at < self.first_at:
            self.first, self.first_at = other.first, other.first_at
        if other.latest_at >= self.latest_at:
            self.latest, self.latest_at = other.latest, other.latest_at
        if (other.low, other.least_at) < (self.low, self.least_at):
            self.least, self.least_at, self.low = other.least, other.least_at, other.low
        if other.high > self.high or (other.high == self.high and other.greatest_at < self.greatest_at):
            self.greatest, self.greatest_at, self.high = other.greatest, other.greatest_at, other.high

    def join(self, other: SeriesPart) -> None:
        """Join points of other segments, appended before, between or after these."""
        first, latest, least, greatest, unit = self.all_places()
        of_first, of_latest, of_least, of_greatest, of_unit = other.all_places()
        self.count += other.count
        self.total += other.total
        self.degraded += other.degraded
        if (other.first_at, of_first) < (self.first_at, first):
            self.first, self.first_at, first = other.first, other.first_at, of_first
        if (other.latest_at, of_latest) > (self.latest_at, latest):
            self.latest, self.latest_at, latest = other.latest, other.latest_at, of_latest
        if (other.low, other.least_at, of_least) < (self.low, self.least_at, least):
            self.least, self.least_at, self.low, least = other.least, other.least_at, other.low, of_least
        if (-other.high, other.greatest_at, of_greatest) < (-self.high, self.greatest_at, greatest):
            self.greatest, self.greatest_at, self.high = other.greatest, other.greatest_at, other.high
            greatest = of_greatest
        if other.unit and (not self.unit or of_unit > unit):
            self.unit, unit = other.unit, of_unit
        self.places = (first, latest, least, greatest, unit)

    def all_places(self) -> tuple[Place, Place, Place, Place, Place]:
        """Return the places of the points and of the unit."""
        if self.places is not None:
            return self.places
        place = (self.segment, BEHIND)
        return place, place, place, place, place

    def copy(self) -> SeriesPart:
        """Return a part that can be extended without changing this one."""
        twin = SeriesPart.__new__(SeriesPart)
        for name in SeriesPart.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin


def fold(rows: Iterable[Row], parts: dict[Identity, SeriesPart]) -> None:
    """Fold the metrics among rows of one run, in the order of appending.

    Args:
        rows: The rows.
        parts: What was folded before by stage and key; extended in place.
    """
    for row in rows:
        if row.type != "metric":
            continue
        time = row.time
        value: Any = row.value
        # As sortable_time, without its call: this loop runs for every point that the index does not cover.
        at = time[:-1] if len(time) == 27 and not time.endswith(ZERO_FRACTION) else sortable_time(time)
        part = parts.get((row.stage, row.key))
        if part is None:
            parts[row.stage, row.key] = SeriesPart(row, at)
            continue
        part.count += 1
        part.total += value
        if at >= part.latest_at:
            part.latest, part.latest_at = row, at
        elif at < part.first_at:
            part.first, part.first_at = row, at
        if value < part.low or (value == part.low and at < part.least_at):
            part.least, part.least_at, part.low = row, at, value
        if value > part.high or (value == part.high and at < part.greatest_at):
            part.greatest, part.greatest_at, part.high = row, at, value
        if row.unit:
            part.unit = row.unit
        if row.degradation is not None:
            part.degraded += is_degraded(row)


def summarize(run: str, identity: Identity, parts: Sequence[SeriesPart]) -> MetricSummary:
    """Build the summary of a series.

    Args:
        run: Reference of its run.
        identity: Its stage and key.
        parts: What it consists of, in any order; at least one.

    Returns:
        The summary of all of them.
    """
    whole = parts[0]
    if len(parts) > 1:
        whole = whole.copy()
        for part in parts[1:]:
            whole.join(part)
    stage, key = identity
    return MetricSummary(
        run=run,
        stage=stage,
        key=key or "",
        count=whole.count,
        total=whole.total,
        first=_point(whole.first),
        latest=_point(whole.latest),
        least=_point(whole.least),
        greatest=_point(whole.greatest),
        unit=whole.unit,
        degraded=whole.degraded,
    )


def _point(row: Row | MetricPoint) -> MetricPoint:
    """Return a metric's row as a point."""
    if isinstance(row, MetricPoint):
        return row
    return MetricPoint(row.value, row.time, row.step, row.stage, row.id, row.unit, is_degraded(row))  # type: ignore[arg-type]
