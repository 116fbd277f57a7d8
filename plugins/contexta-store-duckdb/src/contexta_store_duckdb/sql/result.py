"""The answer of a statement, kept in its database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

from contexta.errors import DependencyError, LifecycleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["ANSWER", "ANSWER_SCHEMA", "DuckDBResult"]

#: The table that holds the answer, where the list of tables does not show it.
ANSWER_SCHEMA = "contexta_answers"
ANSWER = f"{ANSWER_SCHEMA}.answer"
_CHUNK_ROWS = 4_096
_SELECT = f"SELECT * FROM {ANSWER}"  # noqa: S608 - a name of ours


class DuckDBResult:
    """Implements :class:`contexta.spi.sql.SqlResult`; the statement was run once, its rows stay in DuckDB's memory.

    Args:
        connection: The database; the result closes it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self._process = os.getpid()
        columns = connection.execute(f"DESCRIBE {ANSWER}").fetchall()
        self._columns = tuple(str(column[0]) for column in columns)
        self._types = tuple(str(column[1]) for column in columns)
        counted = connection.execute(f"SELECT count(*) FROM {ANSWER}").fetchall()  # noqa: S608 - a name of ours
        self._count = int(counted[0][0])
        self._fetching: Iterator[tuple[Any, ...]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns; of several with one name all but the first get a number."""
        return self._columns

    @property
    def types(self) -> tuple[str, ...]:
        """SQL types of the columns."""
        return self._types

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """All rows, in memory at once."""
        return tuple(self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        cursor = self._database().cursor()
        try:
            cursor.execute(_SELECT)
            while chunk := cursor.fetchmany(_CHUNK_ROWS):
                yield from chunk
        finally:
            cursor.close()

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None behind the last."""
        if self._fetching is None:
            self._fetching = iter(self)
        return next(self._fetching, None)

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return the next rows, at most so many."""
        rows = (self.fetchone() for _ in range(size))
        return [row for row in rows if row is not None]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that were not fetched yet."""
        rows = []
        while (row := self.fetchone()) is not None:
            rows.append(row)
        return rows

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as mappings from column to value."""
        return [dict(zip(self._columns, row, strict=True)) for row in self]

    def to_pandas(self) -> Any:
        """Return a pandas frame.

        Raises:
            DependencyError: pandas is not installed.
        """
        _require("pandas", "pandas>=2.2")
        return self._relation().df()

    def to_polars(self) -> Any:
        """Return a polars frame; pyarrow is not needed.

        Raises:
            DependencyError: polars is not installed.
        """
        return _require("polars", "polars>=1").DataFrame(self._relation())

    def to_arrow(self) -> Any:
        """Return a table of pyarrow.

        Raises:
            DependencyError: pyarrow is not installed.
        """
        return _require("pyarrow", "pyarrow>=15").table(self._relation())

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the rows as an Arrow stream, as the PyCapsule interface of Arrow has it."""
        return self._relation().__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Let go of the rows; closing twice is harmless."""
        connection, self._connection = self._connection, None
        if connection is not None and os.getpid() == self._process:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self._count} rows of {', '.join(self._columns)}>"

    def _relation(self) -> Any:
        # A cursor of its own: what a loop over the rows has not read yet stays as it is.
        return self._database().cursor().sql(_SELECT)

    def _database(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise LifecycleError("the answer was closed; run the query again", code="sql_result_closed")
        if os.getpid() != self._process:
            # DuckDB's threads did not come along: whatever waits for them waits for ever.
            raise LifecycleError(
                "the answer belongs to the process that this one was forked from; run the query here",
                code="sql_result_closed",
            )
        return self._connection


def _require(name: str, requirement: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DependencyError(
            f"{name} is needed for this, and is not installed; run: pip install '{requirement}'",
            details={"package": name, "requirement": requirement},
            cause=error,
        ) from error
