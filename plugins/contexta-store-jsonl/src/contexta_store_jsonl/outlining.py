"""Outlines of series, joined from what the index covers and from the tail behind it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.outlines import KEPT, MetricOutline, grid_of, telling_points
from contexta.spi.pushdown import clipped
from contexta_store_jsonl.scanning import scan_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta.spi.outlines import OutlineQuery, Point
    from contexta_store_jsonl.index.part import Part
    from contexta_store_jsonl.index.record_index import RecordIndex
    from contexta_store_jsonl.index.series_outlines import SeriesExtent
    from contexta_store_jsonl.places import Source
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["OutlineQuestion"]

#: Places that are further apart are left to Python's integers.
_FURTHEST = 2**62


class OutlineQuestion:
    """One question for the outlines of a metric in some runs.

    Args:
        index: The index.
        reader: The log.
        key: Key of the metric.
        stage: Reference of the stage; None for all.
        query: Width and part of the axis.
    """

    def __init__(
        self, index: RecordIndex, reader: TallyingReader, key: str, stage: str | None, query: OutlineQuery
    ) -> None:
        self._index = index
        self._reader = reader
        self._key = key
        self._stage = stage
        self._query = query

    def answer(self, sources: Mapping[str, Sequence[Source]]) -> dict[str, MetricOutline | None]:
        """Return the outlines of some runs; None for one whose points have to be looked at one by one.

        Args:
            sources: The runs, and where their points behind the index are; none is repeated.
        """
        sketches = {run: _Sketch(self._query) for run in sources}
        for run, found in sources.items():
            for place, value in self._tail(run, found):
                sketches[run].add(place, value)
        runs = list(sources)
        series = dict(
            self._index.ask(lambda part: (part, part.series_of(runs, self._key, self._stage)), runs)
        )
        for part, extents in self._index.ask(
            lambda part: (part, part.outline_extents(series[part], self._query)), runs
        ):
            for number, extent in extents.items():
                sketches[series[part][number]].widen(extent)
        for part, drawn in self._index.ask(
            lambda part: (part, self._points(part, series[part], sketches)), runs
        ):
            for number, points in drawn.items():
                sketches[series[part][number]].points += points
        return {run: each.outline() for run, each in sketches.items() if each.low is not None}

    def _tail(self, run: str, sources: Sequence[Source]) -> Iterator[tuple[int | None, float]]:
        """Yield the points behind the index; None for the place of one without a step."""
        for rows in scan_rows(self._reader, sources, run, key=self._key, stage=self._stage, unrepeated=True):
            for row in rows:
                place = row.step if self._query.axis == "step" else instant(row.time)
                yield None if place is None else clipped(place), float(row.value or 0)

    def _points(
        self, part: Part, series: Mapping[int, str], sketches: Mapping[str, _Sketch]
    ) -> Mapping[int, Sequence[Point]]:
        """Return what the drawing needs of a part's points, by series."""
        drawn = {number: sketches[run] for number, run in series.items() if sketches[run].is_sound}
        whole = [number for number, each in drawn.items() if each.is_whole]
        thinned = {
            number: grid_of(self._query, each.low, each.high)
            for number, each in drawn.items()
            if not each.is_whole and each.low is not None and each.high is not None
        }
        return {
            **part.outline_points(whole, self._query),
            **part.telling_points(thinned, self._query),
        }


class _Sketch:
    """What is known so far of the outline of one run.

    Args:
        query: Width and part of the axis.
    """

    def __init__(self, query: OutlineQuery) -> None:
        self._query = query
        self._stepless = False
        self.points: list[Point] = []
        self.count = 0
        self.low: int | None = None
        self.high: int | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the index can draw it."""
        return (
            not self._stepless
            and self.low is not None
            and self.high is not None
            and self.high - self.low < _FURTHEST
        )

    @property
    def is_whole(self) -> bool:
        """Whether every point is kept."""
        return self.count <= KEPT * self._query.columns

    def add(self, place: int | None, value: float) -> None:
        """Add a point of the tail."""
        self._reach(place or 0, place or 0)
        if place is None:
            self._stepless = True
        elif self._query.holds(place):
            self.points.append((place, value))
            self.count += 1

    def widen(self, extent: SeriesExtent) -> None:
        """Add what a part of the index says of a series."""
        self._reach(extent.low, extent.high)
        self.count += extent.inside
        self._stepless |= self._query.axis == "step" and extent.stepless > 0

    def _reach(self, low: int, high: int) -> None:
        self.low = low if self.low is None else min(low, self.low)
        self.high = high if self.high is None else max(high, self.high)

    def outline(self) -> MetricOutline | None:
        """Return the outline, now that all points are there; None where the index could not draw it."""
        if not self.is_sound or self.low is None or self.high is None:
            return None
        points = sorted(self.points, key=lambda point: point[0])
        if not self.is_whole:
            points = telling_points(points, grid_of(self._query, self.low, self.high))
        places, values = (
            array("q", [place for place, _ in points]),
            array("d", [value for _, value in points]),
        )
        return MetricOutline(places, values, self.count, self.low, self.high)
