"""What a part of the index is: a DuckDB file that is written once and never changed.

Its tables, for whoever wants to ask them with SQL:

* ``stretches``: the parts of segments that it covers, each with its first and last line (``end`` is behind the last),
  the file's size and modification time where a sealed segment is covered to its end, the range of its times, and
  places of some of its lines in the file (``mark_n``, ``mark_offset``);
* ``series(series, run, stage, key)`` and ``points(series, step, time, …)``: the metrics, sorted by series, step and
  time; ``time`` in nanoseconds since 1970 UTC, ``text`` the time as it was written where that is not the canonical
  form, ``degraded`` whether the record is marked so, ``whole`` the value where it was written as an integer, or the mark of a negative zero;
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
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import duckdb

__all__ = [
    "ENDS",
    "FORMAT",
    "NEGATIVE_ZERO",
    "check_tables",
    "confine",
    "connect",
    "create_tables",
    "quoted",
    "summaries_query",
]

#: Version of the tables; it stands in the names of the files, so that another version's are never looked at.
FORMAT = 2

#: What ``whole`` holds for a negative zero: compression of a column does not tell it from the other one.
NEGATIVE_ZERO = -(2**63)

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
    ("degraded", "BOOLEAN"),
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
        "series INTEGER, step BIGINT, time BIGINT, value DOUBLE, whole BIGINT, id VARCHAR, unit VARCHAR,"
        " degraded BOOLEAN, text VARCHAR, stretch INTEGER, n BIGINT"
    ),
    "others": "run VARCHAR, type VARCHAR, id VARCHAR, time BIGINT, stretch INTEGER, n BIGINT",
    "extents": (
        "run VARCHAR, stretch INTEGER, low_n BIGINT, high_n BIGINT, low_id VARCHAR, high_id VARCHAR,"
        " low_text VARCHAR, high_text VARCHAR, low_time BIGINT, high_time BIGINT,"
        " event BIGINT, metric BIGINT, span BIGINT, degraded BIGINT"
    ),
    "summaries": (
        "series INTEGER, points BIGINT, total DOUBLE, degraded BIGINT, unit VARCHAR, unit_stretch INTEGER,"
        " unit_n BIGINT, " + _SUMMARY_COLUMNS
    ),
    "contested": "run VARCHAR",
    "refused": "segment VARCHAR, size BIGINT, modified BIGINT",
}


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
    if threads == 1 and not duckdb.__version__.startswith("1."):
        # Then it has no threads at all, and a forked child that inherits it ends without waiting for what it has not.
        settings["async_threads"] = 0
    connection = duckdb.connect(path, config=settings)
    # No setting of a connection: without a program file DuckDB would draw its progress into the output of commands.
    connection.execute("SET enable_progress_bar = false")
    return connection


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of a part, empty."""
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")


def confine(connection: duckdb.DuckDBPyConnection, readable: Iterable[Path]) -> None:
    """Let a connection touch the files of some directories and nothing else, for good.

    Args:
        connection: The connection.
        readable: The directories.
    """
    directories = ", ".join(quoted(str(path)) for path in readable)
    connection.execute(f"SET allowed_directories = [{directories}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def check_tables(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Refuse a file that holds anything else than the tables of a part.

    A view or a computed column in the place of a table would run whatever its author wanted.

    Args:
        connection: What the file is attached to.
        database: Name of its database.

    Raises:
        ValueError: It is no part.
    """
    expected = {
        (name, *column.split(" "), None)
        for name, columns in _TABLES.items()
        for column in columns.split(", ")
    }
    found = connection.execute(
        "SELECT table_name, column_name, data_type, column_default FROM duckdb_columns() WHERE database_name = $name",
        {"name": database},
    ).fetchall()
    # The columns of a view look like those of a table.
    views = connection.execute(
        "SELECT count(*) FROM duckdb_views() WHERE database_name = $name AND NOT internal", {"name": database}
    ).fetchone()
    if set(found) != expected or len(found) != len(expected) or views != (0,):
        raise ValueError("it does not hold the tables of an index")


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
        SELECT series, points, total, degraded, named.unit AS unit, named.stretch AS unit_stretch, named.n AS unit_n,
            {columns}
        FROM (
            SELECT series, count(*) AS points, sum(value) AS total, count(*) FILTER (degraded) AS degraded,
                arg_max(struct_pack(unit := unit, stretch := stretch, n := n), (stretch, n))
                    FILTER (unit <> '') AS named,
                {chosen}
            FROM {points} AS points WHERE {condition} GROUP BY series
        )
    """


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
