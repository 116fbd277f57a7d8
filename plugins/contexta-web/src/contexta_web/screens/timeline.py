"""When things happened, as bars on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from contexta.contract.timestamps import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WIDTH", "Bar", "Timeline", "timeline_of"]

#: Width of the axis, in the units of the drawing.
WIDTH = 400
_LEAST = 2.0

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Bar(Generic[Item]):
    """One thing and its bar.

    Args:
        item: The thing.
        left: Where the bar begins, 0 to :data:`WIDTH`.
        width: How wide it is.
    """

    item: Item
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline(Generic[Item]):
    """Bars on one axis.

    Args:
        bars: The bars, in the order of what was given.
        started: When the axis begins (ISO 8601), or None where no time is known.
        ended: When it ends.
    """

    bars: tuple[Bar[Item], ...]
    started: str | None
    ended: str | None


def timeline_of(items: Sequence[tuple[Item, str | None, str | None]]) -> Timeline[Item]:
    """Return the bars of some things; one that has not ended ends with the last time that is known.

    Args:
        items: Each thing with its beginning and its end (ISO 8601).
    """
    times = sorted({time for _, started, ended in items for time in (started, ended) if time}, key=instant)
    if not times:
        return Timeline(tuple(Bar(item, 0.0, 0.0) for item, _, _ in items), None, None)
    start, end = instant(times[0]), instant(times[-1])
    span = max(end - start, 1)

    def place(time: str | None, otherwise: int) -> float:
        return ((instant(time) if time else otherwise) - start) / span * WIDTH

    bars = []
    for item, started, ended in items:
        left = min(place(started, start), WIDTH - _LEAST)
        width = max(_LEAST, min(place(ended, end), WIDTH) - left)
        bars.append(Bar(item, round(left, 1), round(width, 1)))
    return Timeline(tuple(bars), times[0], times[-1])
