"""A series as points in order, built in bulk: reading 100,000 points is a thing that people wait for."""

from __future__ import annotations

from collections import deque
from itertools import chain, islice, repeat
from operator import lt
from typing import TYPE_CHECKING, Any

from contexta.spi.records import MetricPoint
from contexta_store_jsonl.validity import sortable_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta_store_jsonl.rows import Row

__all__ = ["points_of"]


def points_of(chunks: Iterable[Sequence[Row]]) -> list[MetricPoint]:
    """Turn the rows of a series into points, ordered by step, then time; those without a step come first.

    Args:
        chunks: Rows of metrics, in the order of appending.

    Returns:
        The points.
    """
    rows = list(chain.from_iterable(chunks))
    if not _in_order(rows):
        rows.sort(key=_order)
    points = list(map(object.__new__, repeat(MetricPoint, len(rows))))
    # A frozen dataclass sets its fields one by one through object.__setattr__, at twice the cost of all of this.
    _set("value", points, [row.value for row in rows])
    _set("time", points, [row.time for row in rows])
    _set("step", points, [row.step for row in rows])
    _set("stage", points, [row.stage for row in rows])
    _set("record_id", points, [row.id for row in rows])
    return points


def _set(slot: str, points: list[MetricPoint], values: list[Any]) -> None:
    """Set one slot of every point."""
    deque(map(getattr(MetricPoint, slot).__set__, points, values), maxlen=0)


def _in_order(rows: Sequence[Row]) -> bool:
    """Whether the steps rise from row to row, as those of a training loop do."""
    steps: list[Any] = [row.step for row in rows]
    return None not in steps and all(map(lt, steps, islice(steps, 1, None)))


def _order(row: Row) -> tuple[bool, int, str]:
    """Sort key of a series, as :func:`contexta.spi.summaries.series_order`."""
    return row.step is not None, row.step or 0, sortable_time(row.time)
