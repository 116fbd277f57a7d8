"""Curves with as many points as a screen can show."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["min_max_buckets"]

X = TypeVar("X", int, float)
#: What is kept of the points behind one column of pixels: first, least, greatest and last.
_KEPT = 4


def min_max_buckets(points: Sequence[tuple[X, float]], pixels: int) -> list[tuple[X, float]]:
    """Return the points that decide how a curve looks at a width: of each column the first, least, greatest and last.

    Drawn as lines it gives the same pixels as all points would (M4: Jugel and others, "M4: A Visualization-Oriented
    Time Series Data Aggregation", VLDB 2014).  Columns are of equal width on the axis.  Values that are no finite
    numbers are least and greatest of nothing, and are left out where there are others.

    Args:
        points: Place on the axis and value, in the order of the axis.
        pixels: Width of the chart, at least 1.
    """
    if len(points) <= _KEPT * pixels:
        return list(points)
    start, end = points[0][0], points[-1][0]
    width = (end - start) or 1
    kept: list[tuple[X, float]] = []
    for _, column in groupby(
        points, key=lambda point: min(pixels - 1, int((point[0] - start) / width * pixels))
    ):
        kept += _telling(list(column))
    return kept


def _telling(column: list[tuple[X, float]]) -> list[tuple[X, float]]:
    """Return the points of one column that are kept, in their order."""
    finite = [place for place, point in enumerate(column) if math.isfinite(point[1])]
    places = {0, len(column) - 1}
    if finite:
        values = [column[place][1] for place in finite]
        places |= {finite[values.index(min(values))], finite[values.index(max(values))]}
    return [column[place] for place in sorted(places)]
