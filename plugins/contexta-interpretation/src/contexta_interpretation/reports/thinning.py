"""Fewer points of a long series, such that a drawing of them looks as that of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["thinned"]

_Point = tuple[float, float | None]


def thinned(points: Sequence[_Point], most: int) -> tuple[_Point, ...]:
    """Return at most so many points: of equal parts of the series the least and the greatest, and both ends.

    Args:
        points: The series, in order.
        most: The number of points that fit, at least 4.
    """
    if len(points) <= most:
        return tuple(points)
    parts = (most - 2) // 2
    inner = points[1:-1]
    kept = [points[0]]
    for number in range(parts):
        begin, end = number * len(inner) // parts, (number + 1) * len(inner) // parts
        places = [place for place in range(begin, end) if inner[place][1] is not None]
        if not places:
            # A gap stays one.
            kept.extend(inner[begin : begin + 1])
            continue
        least = min(places, key=lambda place: (inner[place][1], place))
        greatest = max(places, key=lambda place: (inner[place][1], -place))
        kept.extend(inner[place] for place in sorted({least, greatest}))
    return (*kept, points[-1])
