"""A series as points in order, built in bulk: reading 100,000 points is a thing that people wait for."""

from __future__ import annotations

from itertools import chain, islice
from operator import lt
from typing import TYPE_CHECKING, Any

from contexta.spi.records import MetricPoint
from contexta_store_jsonl.bulk import instances
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
    columns: dict[str, list[Any]] = {
        "value": [row.value for row in rows],
        "time": [row.time for row in rows],
        "step": [row.step for row in rows],
        "stage": [row.stage for row in rows],
        "record_id": [row.id for row in rows],
        "unit": [row.unit for row in rows],
    }
    return instances(MetricPoint, len(rows), columns)


def _in_order(rows: Sequence[Row]) -> bool:
    """Whether the steps rise from row to row, as those of a training loop do."""
    steps: list[Any] = [row.step for row in rows]
    return None not in steps and all(map(lt, steps, islice(steps, 1, None)))


def _order(row: Row) -> tuple[bool, int, str]:
    """Sort key of a series, as :func:`contexta.spi.summaries.series_order`."""
    return row.step is not None, row.step or 0, sortable_time(row.time)
