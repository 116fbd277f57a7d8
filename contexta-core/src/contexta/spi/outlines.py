"""How a series looks: the few of its points that decide it at a width, which a record store may pick by itself.

:class:`PlainOutlines` gives the same answers over the arrays of any backend, and so says what they mean.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from contexta.errors import ValidationError
from contexta.spi.pushdown import pushdown_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.pushdown import MetricArrays

__all__ = [
    "KEPT",
    "Axis",
    "Grid",
    "MetricOutline",
    "OutlineQuery",
    "PlainOutlines",
    "SupportsOutlines",
    "grid_of",
    "outline_of",
    "outlines_of",
    "telling_points",
]

Axis = Literal["step", "time"]
#: Place on the axis, and value.
Point = tuple[int, float]

#: So many points are kept of one column: first, least, greatest and last.
KEPT = 4
_MOST_COLUMNS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineQuery:
    """What is asked of a series.

    Args:
        columns: Width of the drawing: of each column at most four points are kept.
        axis: ``"step"``, or ``"time"`` in nanoseconds since 1970 UTC.  A point without a step stands at its number in
            the series.
        start: Only points at this place of the axis or behind it; None from the first.
        end: Only points at this place or before it; None to the last.
    """

    columns: int
    axis: Axis = "step"
    start: int | None = None
    end: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.columns <= _MOST_COLUMNS:
            raise ValidationError(
                f"an outline has {self.columns} columns; it can have 1 to {_MOST_COLUMNS}",
                code="outline_invalid_query",
            )
        if self.axis not in ("step", "time"):
            raise ValidationError(
                f"an outline is along {self.axis!r}; it can be along 'step' or 'time'",
                code="outline_invalid_query",
            )

    def holds(self, place: int) -> bool:
        """Whether a place of the axis is asked for."""
        return (self.start is None or place >= self.start) and (self.end is None or place <= self.end)


@dataclass(frozen=True, slots=True)
class MetricOutline:
    """How a series looks.

    Args:
        places: Places on the axis, rising.
        values: The values there.
        point_count: So many points lie where was asked for.
        low: The first place of the whole series; None where it has no points.
        high: Its last place.
    """

    places: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    point_count: int = 0
    low: int | None = None
    high: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no point was left out."""
        return len(self.places) == self.point_count


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns of equal width on an axis.

    Args:
        low: The first place of the first column.
        width: Places in each column.
    """

    low: int
    width: int


@runtime_checkable
class SupportsOutlines(Protocol):
    """Outlines of the series of many runs, without handing over their points.

    A backend without it gets the same answers from :class:`PlainOutlines`.
    """

    def outlines(
        self, runs: Sequence[str], key: str, query: OutlineQuery, *, stage: str | None = None
    ) -> Mapping[str, MetricOutline]:
        """Return how a metric looks in some runs, by run; runs without a point are absent.

        At one place of the axis any of the points that stand there may be taken for the first or the last.

        Args:
            runs: References of the runs.
            key: Key of the metric.
            query: Width and part of the axis.
            stage: Reference of the stage; None for all.
        """


class PlainOutlines:
    """``SupportsOutlines`` over the arrays of any backend.

    Args:
        backend: The backend.
    """

    def __init__(self, backend: Any) -> None:
        self._arrays = pushdown_of(backend).arrays

    def outlines(
        self, runs: Sequence[str], key: str, query: OutlineQuery, *, stage: str | None = None
    ) -> Mapping[str, MetricOutline]:
        """Return how a metric looks in some runs, by run; runs without a point are absent."""
        series = {run: self._arrays(run, key, stage=stage) for run in dict.fromkeys(runs)}
        return {run: outline_of(arrays, query) for run, arrays in series.items() if len(arrays)}


def outlines_of(backend: Any) -> SupportsOutlines:
    """Return what outlines series for a backend: itself, or arrays that are thinned out.

    Args:
        backend: A record backend.
    """
    return backend if isinstance(backend, SupportsOutlines) else PlainOutlines(backend)


def outline_of(arrays: MetricArrays, query: OutlineQuery) -> MetricOutline:
    """Return how a series looks.

    Args:
        arrays: The series; it has a point.
        query: Width and part of the axis.
    """
    if query.axis == "time":
        points = sorted(zip(arrays.times, arrays.values, strict=True), key=_place)
    else:
        places = [*range(arrays.stepless), *arrays.steps[arrays.stepless :]]
        points = sorted(zip(places, arrays.values, strict=True), key=_place)
    low, high = points[0][0], points[-1][0]
    inside = [point for point in points if query.holds(point[0])]
    kept: Iterable[Point] = inside
    if len(inside) > KEPT * query.columns:
        kept = telling_points(inside, grid_of(query, low, high))
    return _outline(kept, len(inside), low, high)


def grid_of(query: OutlineQuery, low: int, high: int) -> Grid:
    """Return the columns of a drawing.

    Args:
        query: Width and part of the axis.
        low: The first place of the series.
        high: Its last place.
    """
    start = low if query.start is None else max(low, query.start)
    end = high if query.end is None else min(high, query.end)
    return Grid(start, max(0, end - start) // query.columns + 1)


def telling_points(points: Iterable[Point], grid: Grid) -> list[Point]:
    """Return the points that decide how a curve looks: of each column the first, least, greatest and last.

    Drawn as lines they give the same pixels as all points would (M4: Jugel and others, "M4: A Visualization-Oriented
    Time Series Data Aggregation", VLDB 2014).  What is left of the parts of a series, put together, has the same telling
    points as the series.

    Args:
        points: Places and values, by rising place.
        grid: The columns.
    """
    kept: list[Point] = []
    for _, each in groupby(points, key=lambda point: (point[0] - grid.low) // grid.width):
        column = list(each)
        values = [value for _, value in column]
        places = {0, len(column) - 1, values.index(min(values)), values.index(max(values))}
        kept += [column[place] for place in sorted(places)]
    return kept


def _outline(points: Iterable[Point], count: int, low: int, high: int) -> MetricOutline:
    kept = list(points)
    return MetricOutline(
        array("q", [place for place, _ in kept]), array("d", [value for _, value in kept]), count, low, high
    )


def _place(point: Point) -> int:
    return point[0]
