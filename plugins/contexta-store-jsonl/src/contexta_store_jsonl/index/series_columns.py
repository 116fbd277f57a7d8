"""The points of a series as columns, as the index gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta_store_jsonl.index.layout import NEGATIVE_ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

__all__ = ["SeriesColumns", "number_of", "read_columns"]


@dataclass(slots=True)
class SeriesColumns:
    """Points in the order of their series.

    Args:
        values: The numbers as doubles.
        steps: The steps; None for a point without one.
        times: Times in nanoseconds since 1970 UTC.
        wholes: What :func:`number_of` takes beside the values; None when there is nothing of that kind.
        texts: Times as text; empty where numbers alone were asked for, as the following.
        ids: Identifiers.
        units: Units; one for all, or one for each.
        stages: Stages, likewise.
        degraded: Whether their records are marked as degraded; None when none is.
    """

    values: Sequence[float]
    steps: Sequence[int | None]
    times: Sequence[int]
    wholes: Sequence[int | None] | None = None
    texts: Sequence[str] = ()
    ids: Sequence[str] = ()
    units: Sequence[str | None] | str | None = None
    stages: Sequence[str | None] | str | None = None
    degraded: Sequence[bool] | None = None

    def low(self) -> tuple[bool, int, int]:
        """Return the sort key of the first point: step, then time."""
        return self._order(0)

    def high(self) -> tuple[bool, int, int]:
        """Return the sort key of the last point."""
        return self._order(-1)

    def _order(self, place: int) -> tuple[bool, int, int]:
        step: Any = self.steps[place]
        return step is not None, step or 0, self.times[place]


def number_of(value: float, whole: int | None) -> float:
    """Return the number that was written.

    Args:
        value: It as a double.
        whole: It as an integer where it was written as one, the mark of a negative zero, or None.
    """
    if whole is None:
        return value
    return -0.0 if whole == NEGATIVE_ZERO else whole


_TEXT = """CASE
    WHEN text IS NOT NULL THEN text
    WHEN time % 1000000000 = 0 THEN strftime(make_timestamp_ns(time), '%Y-%m-%dT%H:%M:%SZ')
    WHEN time % 1000 = 0 THEN strftime(make_timestamp_ns(time), '%Y-%m-%dT%H:%M:%S.%fZ')
    ELSE strftime(make_timestamp_ns(time), '%Y-%m-%dT%H:%M:%S.%nZ') END"""
_SEPARATOR = "\n"


def read_columns(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    series: Mapping[int, str | None],
    counting: str,
    *,
    texts: bool,
) -> SeriesColumns:
    """Read the points of some series of one run and key.

    Args:
        connection: What the part is attached to.
        database: Name of its database.
        series: Stages by the numbers of the series.
        counting: Condition of the rows that count.
        texts: Whether identifiers, times as text, units and stages are wanted, or numbers alone.

    Returns:
        The points in order.
    """
    numbers = ", ".join(map(str, series))
    # One series is stored in order; of several the points are mixed.
    order = " ORDER BY step NULLS FIRST, time, stretch, n" if len(series) > 1 else ""
    source = f"FROM {database}.points WHERE series IN ({numbers}) AND {counting}"
    found = connection.execute(
        f"SELECT list(value{order}), list(step{order}), list(time{order}), count(whole), count(unit), min(unit),"
        f" max(unit), count(*) FILTER (degraded) {source}"
    ).fetchone()
    if found is None or not found[0]:
        return SeriesColumns([], [], [])
    values, steps, times, wholes, units, low_unit, high_unit, degraded = found
    columns = SeriesColumns(values, steps, times)
    if wholes:
        columns.wholes = _column(connection, f"SELECT list(whole{order}) {source}")
    if not texts:
        return columns
    columns.ids = _texts(connection, "id", order, source, len(values))
    columns.texts = _texts(connection, _TEXT, order, source, len(values))
    if degraded:
        columns.degraded = _column(connection, f"SELECT list(degraded{order}) {source}")
    columns.units = low_unit
    if units and (units < len(values) or low_unit != high_unit):
        columns.units = _column(connection, f"SELECT list(unit{order}) {source}")
    columns.stages = next(iter(series.values()))
    if len(series) > 1:
        columns.stages = [
            series[number] for number in _column(connection, f"SELECT list(series{order}) {source}")
        ]
    return columns


def _texts(
    connection: duckdb.DuckDBPyConnection, expression: str, order: str, source: str, count: int
) -> Sequence[str]:
    """Read a column of texts: joined to one they take half the time."""
    joined = connection.execute(f"SELECT string_agg({expression}, chr(10){order}) {source}").fetchone()
    found: list[str] = joined[0].split(_SEPARATOR) if joined is not None else []
    if len(found) == count:
        return found
    # A text holds the separator itself.
    return _column(connection, f"SELECT list({expression}{order}) {source}")


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    (row,) = connection.execute(query).fetchall()
    found: list[Any] = row[0]
    return found
