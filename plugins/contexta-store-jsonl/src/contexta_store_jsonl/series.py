"""A series as points in order, built in bulk: reading 100,000 points is a thing that people wait for."""

from __future__ import annotations

from itertools import chain, islice, pairwise, repeat
from operator import lt
from typing import TYPE_CHECKING, Any

from contexta.spi.bulk import instances
from contexta.spi.pushdown import MetricArrays, arrays_of
from contexta.spi.records import MetricPoint
from contexta.spi.summaries import series_order
from contexta_store_jsonl.index.series_columns import number_of
from contexta_store_jsonl.rows import is_degraded
from contexta_store_jsonl.validity import sortable_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta_store_jsonl.index.series_columns import SeriesColumns
    from contexta_store_jsonl.rows import Row

__all__ = ["arrays_of_columns", "in_order", "points_of", "points_of_columns"]


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
        "degraded": [is_degraded(row) for row in rows],
    }
    return instances(MetricPoint, len(rows), columns)


def points_of_columns(columns: Sequence[SeriesColumns], rows: Sequence[Row]) -> list[MetricPoint] | None:
    """Turn what the index covers of a series, and the rows behind it, into points in order.

    Args:
        columns: What each part of the index covers; not empty.
        rows: The rows of the tail, in the order of appending.

    Returns:
        The points; None where these overlap, so that only the segments tell their order.
    """
    ordered = in_order(columns)
    tail = points_of([rows])
    if ordered is None or (tail and series_order(tail[0]) <= ordered[-1].high()):
        return None
    points: list[MetricPoint] = []
    for each in ordered:
        values: Iterable[float] = each.values
        if each.wholes is not None:
            values = map(number_of, each.values, each.wholes)
        fields: dict[str, Iterable[Any]] = {
            "value": values,
            "time": each.texts,
            "step": each.steps,
            "stage": _spread(each.stages),
            "record_id": each.ids,
            "unit": _spread(each.units),
            "degraded": repeat(False) if each.degraded is None else each.degraded,
        }
        points += instances(MetricPoint, len(each.values), fields)
    return points + tail


def arrays_of_columns(columns: Sequence[SeriesColumns], rows: Sequence[Row]) -> MetricArrays | None:
    """Turn what the index covers of a series, and the rows behind it, into arrays.

    Args:
        columns: What each part of the index covers; not empty.
        rows: The rows of the tail, in the order of appending.

    Returns:
        The arrays; None where these overlap, so that only the segments tell their order.
    """
    ordered = in_order(columns)
    tail = points_of([rows])
    if ordered is None or (tail and series_order(tail[0]) <= ordered[-1].high()):
        return None
    arrays, stepless = MetricArrays(), 0
    for each in ordered:
        values: Iterable[float] = each.values
        if each.wholes is not None:
            values = map(number_of, each.values, each.wholes)
        arrays.values.extend(values)
        arrays.times.extend(each.times)
        steps: Any = each.steps
        without = steps.count(None)
        stepless += without
        # Points without a step come first in a series.
        arrays.steps.extend([0] * without + steps[without:] if without else steps)
    rest = arrays_of(tail)
    return MetricArrays(
        arrays.values + rest.values,
        arrays.times + rest.times,
        arrays.steps + rest.steps,
        stepless + rest.stepless,
    )


def in_order(columns: Sequence[SeriesColumns]) -> list[SeriesColumns] | None:
    """Return columns one after the other in the order of their series; None where they overlap."""
    ordered = sorted(columns, key=lambda each: each.low())
    if all(one.high() < other.low() for one, other in pairwise(ordered)):
        return ordered
    return None


def _spread(column: Sequence[str | None] | str | None) -> Iterable[str | None]:
    """Return a value for each point."""
    return repeat(column) if column is None or isinstance(column, str) else column


def _in_order(rows: Sequence[Row]) -> bool:
    """Whether the steps rise from row to row, as those of a training loop do."""
    steps: list[Any] = [row.step for row in rows]
    return None not in steps and all(map(lt, steps, islice(steps, 1, None)))


def _order(row: Row) -> tuple[bool, int, str]:
    """Sort key of a series, as :func:`contexta.spi.summaries.series_order`."""
    return row.step is not None, row.step or 0, sortable_time(row.time)
