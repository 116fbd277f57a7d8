"""Histograms: the distribution of each batch, or of everything since the process began."""

from __future__ import annotations

import threading
from bisect import bisect_left
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta_sink_otel.facts.points import PointFacts

__all__ = ["Batch", "CumulativeDistributions", "DeltaDistributions", "Distribution"]


class Distribution(NamedTuple):
    """How values are distributed.

    Args:
        start: Since when, in nanoseconds since the epoch.
        end: Until when.
        values: How many values.
        total: Their sum.
        counts: How many in each bucket.
        least: The least value.
        greatest: The greatest value.
    """

    start: int
    end: int
    values: int
    total: float
    counts: tuple[int, ...]
    least: float
    greatest: float

    @classmethod
    def of(cls, points: Sequence[PointFacts]) -> Distribution:
        """Return the distribution of values of one series.

        Args:
            points: At least one value.
        """
        bounds = points[0].bounds or ()
        values = [point.value for point in points]
        counts = [0] * (len(bounds) + 1)
        for value in values:
            # A bucket holds its upper bound.
            counts[bisect_left(bounds, value)] += 1
        times = [point.time for point in points]
        return cls(min(times), max(times), len(values), sum(values), tuple(counts), min(values), max(values))

    def plus(self, other: Distribution) -> Distribution:
        """Return the distribution of the values of both."""
        return Distribution(
            min(self.start, other.start),
            max(self.end, other.end),
            self.values + other.values,
            self.total + other.total,
            tuple(mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)),
            min(self.least, other.least),
            max(self.greatest, other.greatest),
        )


class Batch:
    """The distributions of one export.

    Args:
        temporality: Name of an ``AggregationTemporality``.
        totals: What was exported before, by series; nothing where each export stands for itself.
    """

    def __init__(self, temporality: str, totals: dict[Any, Distribution]) -> None:
        self.temporality = temporality
        self._totals = totals
        self.made: dict[Any, Distribution] = {}

    def distribution(self, points: Sequence[PointFacts]) -> Distribution:
        """Return what is to be exported of one series.

        Args:
            points: Its values in this batch, at least one.
        """
        first = points[0]
        series = (first.run, first.name, first.unit, first.bounds, frozenset(first.attributes.items()))
        fresh = Distribution.of(points)
        before = self._totals.get(series)
        self.made[series] = fresh if before is None else before.plus(fresh)
        return self.made[series]


class DeltaDistributions:
    """Each export stands for itself, so one that is lost or replayed spoils no other."""

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Give the distributions of one export."""
        yield Batch("DELTA", {})


class CumulativeDistributions:
    """Each export tells everything that this process has exported; one that fails counts for nothing."""

    def __init__(self) -> None:
        self._totals: dict[Any, Distribution] = {}
        self._lock = threading.Lock()

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Give the distributions of one export, which waits for the one before; what raises inside is not counted."""
        with self._lock:
            made = Batch("CUMULATIVE", self._totals)
            yield made
            self._totals |= made.made
