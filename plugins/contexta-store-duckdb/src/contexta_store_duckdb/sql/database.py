"""The database in which a statement runs: in memory, of limited size, closed to everything outside."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from contexta.spi.sql import SqlTable

__all__ = ["MEMORY_LIMIT", "create_tables", "load_table", "open_database", "quoted"]

#: What tables and answer may take together; there is no file that more could be moved to.
MEMORY_LIMIT = "1GiB"
_MOST_THREADS = 4
_CHUNK_ROWS = 10_000


def open_database() -> duckdb.DuckDBPyConnection:
    """Return a new database that reaches no file, no network, no setting and no Python variable."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "allow_community_extensions": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": MEMORY_LIMIT,
            "python_enable_replacements": "false",
            "temp_directory": "",
            "threads": str(min(_MOST_THREADS, os.cpu_count() or 1)),
        },
    )
    # Settings of the connection; the last two cannot be taken back.
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def create_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[SqlTable]) -> None:
    """Create tables without rows: so that they can be listed and described, and misspelt names are noticed."""
    connection.execute(
        ";".join(f"CREATE TABLE {quoted(each.name)} ({_definition(each.columns)})" for each in tables)
    )


def load_table(connection: duckdb.DuckDBPyConnection, table: SqlTable) -> None:
    """Load the rows of a table.

    Raises:
        duckdb.Error: There is no memory, or it was interrupted.
    """
    # One list for each column: as quick without pyarrow, and the same in every version of DuckDB.
    values = ", ".join(_value(kind) for kind in table.columns.values())
    insert = f"INSERT INTO {quoted(table.name)} SELECT {values}"
    rows = iter(table.rows())
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        connection.execute(insert, [list(column) for column in zip(*chunk, strict=True)])


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _definition(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())


def _value(kind: str) -> Any:
    if kind == "TIMESTAMP":
        # What is no time, and what is none to DuckDB, is null: one such record must not hide the others.
        return "TRY_CAST(unnest(?::VARCHAR[]) AS TIMESTAMP)"
    if kind == "JSON":
        return "TRY_CAST(unnest(?::VARCHAR[]) AS JSON)"
    return f"unnest(?::{kind}[])"
