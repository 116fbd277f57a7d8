"""What a part of the index is: a DuckDB file that is written once and never changed.

Its tables, for whoever wants to ask them with SQL:

* ``stretches``: the parts of segments that it covers, each with its first and last line (``end`` is behind the last),
  the file's size and modification time where a sealed segment is covered to its end, the range of its times, and
  places of some of its lines in the file (``mark_n``, ``mark_offset``);
* ``series(series, run, stage, key)`` and ``points(series, step, time, …)``: the metrics, sorted by series, step and
  time; ``time`` in nanoseconds since 1970 UTC, ``text`` the time as it was written where that is not the canonical
  form, ``whole`` the value where it was written as an integer;
* ``others``: the records of other types;
* ``extents``: for each run and stretch the lines, identifiers and times between which its records are, and their
  numbers by type;
* ``summaries``: for each series what a :class:`~contexta.spi.records.MetricSummary` says, each of its points with the
  stretch and line that it stands in;
* ``contested``: runs of which two segments hold the same identifier, so that a record may have been appended twice;
* ``refused``: sealed segments that hold something else than whole flat records of the usual kind;
* ``part(format, bytes, records)``: one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

__all__ = ["ENDS", "FORMAT", "TABLES", "connect", "create_tables", "quoted", "summaries_query"]

#: Version of the tables; it stands in the names of the files, so that another version's are never looked at.
FORMAT = 1

#: The newest storage format that DuckDB 1.5 reads as well, so that two environments can share a workspace.
_STORAGE = "v1.5.0"
_SETTINGS: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Far more than any question needs; building spills to the disk beyond it.
    "memory_limit": "1GB",
}

#: The points that a summary names; of each all the columns of :data:`_POINT`.
ENDS = ("first", "latest", "least", "greatest")
_POINT = (
    ("value", "DOUBLE"),
    ("whole", "BIGINT"),
    ("time", "BIGINT"),
    ("text", "VARCHAR"),
    ("step", "BIGINT"),
    ("id", "VARCHAR"),
    ("unit", "VARCHAR"),
    ("stretch", "INTEGER"),
    ("n", "BIGINT"),
)
_SUMMARY_COLUMNS = ", ".join(f"{end}_{name} {kind}" for end in ENDS for name, kind in _POINT)

_TABLES = {
    "part": "format INTEGER, bytes BIGINT, records BIGINT",
    "stretches": (
        "stretch INTEGER, segment VARCHAR, start_n BIGINT, start_offset BIGINT, end_n BIGINT, end_offset BIGINT,"
        " size BIGINT, modified BIGINT, low_time BIGINT, high_time BIGINT, mark_n BIGINT[], mark_offset BIGINT[]"
    ),
    "series": "series INTEGER, run VARCHAR, stage VARCHAR, key VARCHAR",
    "points": (
        "series INTEGER, step BIGINT, time BIGINT, value DOUBLE, whole BIGINT, id VARCHAR, unit VARCHAR, text VARCHAR,"
        " stretch INTEGER, n BIGINT"
    ),
    "others": "run VARCHAR, type VARCHAR, id VARCHAR, time BIGINT, stretch INTEGER, n BIGINT",
    "extents": (
        "run VARCHAR, stretch INTEGER, low_n BIGINT, high_n BIGINT, low_id VARCHAR, high_id VARCHAR,"
        " low_text VARCHAR, high_text VARCHAR, low_time BIGINT, high_time BIGINT,"
        " event BIGINT, metric BIGINT, span BIGINT, degraded BIGINT"
    ),
    "summaries": (
        "series INTEGER, points BIGINT, total DOUBLE, unit VARCHAR, unit_stretch INTEGER, unit_n BIGINT, "
        + _SUMMARY_COLUMNS
    ),
    "contested": "run VARCHAR",
    "refused": "segment VARCHAR, size BIGINT, modified BIGINT",
}
TABLES = frozenset(_TABLES)


def connect(path: str, *, threads: int | None, spill: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a database that touches nothing but what it is told to.

    Args:
        path: The file, or ``:memory:``.
        threads: Threads that a query may use; None for one on each processor.
        spill: Directory for what does not fit into memory; None forbids it.

    Returns:
        The connection.

    Raises:
        duckdb.Error: The file cannot be opened.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {**_SETTINGS, "temp_directory": spill or ""}
    if path != ":memory:":
        settings["storage_compatibility_version"] = _STORAGE
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(path, config=settings)
    # No setting of a connection: without a program file DuckDB would draw its progress into the output of commands.
    connection.execute("SET enable_progress_bar = false")
    return connection


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of a part, empty."""
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")


def summaries_query(points: str, condition: str = "true") -> str:
    """Return the query that sums up points, in the columns of ``summaries``.

    Args:
        points: A table with the columns of ``points``.
        condition: Which of its rows.
    """
    point = ", ".join(f"{name} := {name}" for name, _ in _POINT)
    packed = f"struct_pack({point})"
    # Stretches are numbered in the order of their segments, so this is the order of appending.
    picks = {
        "first": f"arg_min({packed}, (time, stretch, n))",
        "latest": f"arg_max({packed}, (time, stretch, n))",
        "least": f"arg_min({packed}, (value, time, stretch, n))",
        # Of several the first observed: the greatest value with the smallest time and place.
        "greatest": f"arg_min({packed}, (-value, time, stretch, n))",
    }
    chosen = ", ".join(f"{pick} AS {end}" for end, pick in picks.items())
    columns = ", ".join(f"{end}.{name} AS {end}_{name}" for end in ENDS for name, _ in _POINT)
    return f"""
        SELECT series, points, total, named.unit AS unit, named.stretch AS unit_stretch, named.n AS unit_n, {columns}
        FROM (
            SELECT series, count(*) AS points, sum(value) AS total,
                arg_max(struct_pack(unit := unit, stretch := stretch, n := n), (stretch, n))
                    FILTER (unit <> '') AS named,
                {chosen}
            FROM {points} AS points WHERE {condition} GROUP BY series
        )
    """


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
