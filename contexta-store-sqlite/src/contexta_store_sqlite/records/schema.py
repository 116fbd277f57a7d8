"""The tables and views of the records plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta_store_sqlite.database import Connection

__all__ = ["FILE_NAME", "VERSION", "create"]

#: Name of the database below the root of the plane.
FILE_NAME = "records.sqlite3"
#: The version that this code reads and writes.
VERSION = 1

_TABLES = (
    # What is asked for most has a column; `rest` is the JSON of all other fields. `value` has no type of its own, so
    # that integers stay integers.
    """
    CREATE TABLE records (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        run TEXT NOT NULL,
        type TEXT NOT NULL,
        key TEXT,
        stage TEXT,
        time TEXT NOT NULL,
        microseconds INTEGER NOT NULL,
        value,
        step INTEGER,
        unit TEXT,
        rest TEXT,
        checksum INTEGER NOT NULL
    )
    """,
    "CREATE INDEX records_by_series ON records (run, type, key)",
    "CREATE TABLE deleted_runs (run TEXT PRIMARY KEY) WITHOUT ROWID",
)

_REF = "'record:' || substr(run, instr(run, ':') + 1) || '.' || id AS record_id"
_ATTRIBUTES = "nullif(json_extract(rest, '$.attributes'), '{}') AS attributes"


def _rest(name: str, absent: str | None = None) -> str:
    found = f"json_extract(rest, '$.{name}')"
    return found if absent is None else f"coalesce({found}, '{absent}')"


_VIEWS = (
    (
        "CREATE VIEW metrics AS SELECT run AS run_id, stage AS stage_id, key, CAST(value AS REAL) AS value, step,"
        f" time AS observed_at, unit, {_REF} FROM records WHERE type = 'metric'"
    ),
    # Points in the order of observation, of one instant in that of appending.
    """
    CREATE VIEW metric_summaries AS
    SELECT run_id, stage_id, key, count, total, total / count AS mean, first, latest, least, greatest, latest_step,
        latest_at, unit
    FROM (
        SELECT run AS run_id, stage AS stage_id, key,
            count(*) OVER series AS count,
            sum(CAST(value AS REAL)) OVER series AS total,
            CAST(first_value(value) OVER early AS REAL) AS first,
            CAST(first_value(value) OVER late AS REAL) AS latest,
            CAST(min(value) OVER series AS REAL) AS least,
            CAST(max(value) OVER series AS REAL) AS greatest,
            first_value(step) OVER late AS latest_step,
            first_value(time) OVER late AS latest_at,
            first_value(unit) OVER named AS unit,
            row_number() OVER late AS place
        FROM records WHERE type = 'metric'
        WINDOW series AS (PARTITION BY run, stage, key),
            early AS (PARTITION BY run, stage, key ORDER BY microseconds, time, sequence),
            late AS (PARTITION BY run, stage, key ORDER BY microseconds DESC, time DESC, sequence DESC),
            named AS (PARTITION BY run, stage, key ORDER BY unit IS NULL, sequence DESC)
    )
    WHERE place = 1
    """,
    (
        f"CREATE VIEW events AS SELECT run AS run_id, stage AS stage_id, key, {_rest('level', 'info')} AS level,"
        f" {_rest('message')} AS message, time AS observed_at, {_ATTRIBUTES}, {_REF} FROM records WHERE type = 'event'"
    ),
    (
        f"CREATE VIEW spans AS SELECT run AS run_id, stage AS stage_id, key AS name,"
        f" {_rest('kind', 'operation')} AS kind, {_rest('status', 'ok')} AS status, {_rest('start')} AS started_at,"
        f" {_rest('end')} AS ended_at,"
        f" round((julianday({_rest('end')}) - julianday({_rest('start')})) * 86400.0, 3) AS seconds,"
        f" {_rest('trace')} AS trace_id, {_rest('span')} AS span_id, {_rest('parent')} AS parent_span_id, {_ATTRIBUTES},"
        f" {_REF} FROM records WHERE type = 'span'"
    ),
    (
        f"CREATE VIEW degraded AS SELECT run AS run_id, stage AS stage_id, key, {_rest('category')} AS category,"
        f" {_rest('severity')} AS severity, {_rest('message')} AS summary, time AS observed_at, {_ATTRIBUTES}, {_REF}"
        " FROM records WHERE type = 'degraded'"
    ),
)


def create(connection: Connection) -> None:
    """Make the tables and views."""
    for statement in (*_TABLES, *_VIEWS):
        connection.execute(statement)
