"""Outlines of series, as a part of the index gives them: what the drawing needs is picked by DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta.spi.pushdown import clipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from contexta.spi.outlines import Grid, OutlineQuery, Point

__all__ = ["SeriesExtent", "read_extents", "read_points", "read_telling_points"]


class SeriesExtent(NamedTuple):
    """What the part holds of one series.

    Attributes:
        low: The first place on the axis.
        high: The last.
        inside: So many points lie where was asked for.
        stepless: So many points have no step.
    """

    low: int
    high: int
    inside: int
    stepless: int


def read_extents(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    series: Iterable[int],
    counting: str,
    query: OutlineQuery,
) -> dict[int, SeriesExtent]:
    """Return what the part holds of some series, by number; those without points are absent.

    Args:
        connection: What the part is attached to.
        database: Name of its database.
        series: Numbers of the series.
        counting: Condition of the rows that count.
        query: Axis and part of it.
    """
    rows = connection.execute(
        f"SELECT series, coalesce(min({query.axis}), 0), coalesce(max({query.axis}), 0),"
        f" count(*) FILTER ({_inside(query)}), count(*) - count(step)"
        f" FROM {database}.points WHERE {_among(series)} AND {counting} GROUP BY series"
    ).fetchall()
    return {row[0]: SeriesExtent(*row[1:]) for row in rows}


def read_points(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    series: Iterable[int],
    counting: str,
    query: OutlineQuery,
) -> dict[int, list[Point]]:
    """Return the points of some series that were asked for, by number; see :func:`read_extents`."""
    found: dict[int, list[Point]] = {}
    for number, place, value in connection.execute(
        f"SELECT series, {query.axis}, value FROM {database}.points"
        f" WHERE {_among(series)} AND {counting} AND {_inside(query)}"
    ).fetchall():
        found.setdefault(number, []).append((place, value))
    return found


def read_telling_points(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    grids: Mapping[int, Grid],
    counting: str,
    query: OutlineQuery,
) -> dict[int, list[Point]]:
    """Return the telling points of some series, by number.

    Args:
        connection: What the part is attached to.
        database: Name of its database.
        grids: The columns of each series, by number.
        counting: Condition of the rows that count.
        query: Axis and part of it.
    """
    x = query.axis
    grid = ", ".join(f"({number}, {each.low}::BIGINT, {each.width})" for number, each in grids.items())
    # Rows lie in the order of their series, and of equals DuckDB takes the first: so does the plain implementation.
    rows = connection.execute(
        f"SELECT series, min({x}), arg_min(value, {x}), max({x}), arg_max(value, {x}),"
        f" arg_min({x}, value), min(value), arg_max({x}, value), max(value)"
        f" FROM {database}.points JOIN (VALUES {grid}) AS grid(series, low, width) USING (series)"
        f" WHERE {_among(grids)} AND {counting} AND {_inside(query)}"
        f" GROUP BY series, ({x} - low) // width"
    ).fetchall()
    found: dict[int, list[Point]] = {}
    for number, *ends in rows:
        # One point may be several of these; each counts once.
        found.setdefault(number, []).extend(dict.fromkeys(zip(ends[::2], ends[1::2], strict=True)))
    return found


def _among(series: Iterable[int]) -> str:
    return f"series IN ({', '.join(map(str, series))})"


def _inside(query: OutlineQuery) -> str:
    bounds = [("<=", query.end), (">=", query.start)]
    return " AND ".join(
        ["true", *(f"{query.axis} {sign} {clipped(bound)}" for sign, bound in bounds if bound is not None)]
    )
