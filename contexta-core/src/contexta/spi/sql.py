"""What asks a workspace in SQL: tables that are loaded when a query names them, and a service that runs the query.

The service is an interpreter named ``sql``.  It knows nothing of a workspace: it is handed tables, and runs one SELECT
over them.  So a store of any kind can be asked, and the words of the tables are the same whatever the engine is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["COLUMN_TYPES", "DEFAULT_TIMEOUT_SECONDS", "SqlInterpreter", "SqlResult", "SqlTable"]

#: The types that columns of tables have.  A TIMESTAMP is in UTC and is handed over as ISO 8601 text, JSON as text.
COLUMN_TYPES = frozenset({"BIGINT", "BOOLEAN", "DOUBLE", "JSON", "TIMESTAMP", "VARCHAR"})

#: How long a query may take where nothing else is said, loading included.
DEFAULT_TIMEOUT_SECONDS = 60.0


class SqlTable(NamedTuple):
    """One table that can be asked.

    Args:
        name: Its name: lower case.
        summary: What one row is.
        columns: Types of :data:`COLUMN_TYPES` by the names of the columns, in order.
        rows: Returns the rows, in the order of the columns; called when a query names the table, and only then.
    """

    name: str
    summary: str
    columns: Mapping[str, str]
    rows: Callable[[], Iterable[Sequence[Any]]]


@runtime_checkable
class SqlResult(Protocol):
    """The answer of a query; it was run once, and can be read any number of times until it is closed.

    It is an Arrow stream as well (``__arrow_c_stream__``), which pyarrow, polars and others take as it is.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns; of several with one name all but the first get a number."""

    @property
    def types(self) -> tuple[str, ...]:
        """SQL types of the columns."""

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """All rows, in memory at once."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, some thousand in memory at a time."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None behind the last."""

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return the next rows, at most so many."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that were not fetched yet."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as mappings from column to value."""

    def to_pandas(self) -> Any:
        """Return a pandas frame."""

    def to_polars(self) -> Any:
        """Return a polars frame."""

    def to_arrow(self) -> Any:
        """Return a table of pyarrow."""

    def close(self) -> None:
        """Let go of the rows; closing twice is harmless."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class SqlInterpreter(Protocol):
    """The service ``sql``."""

    def query(
        self,
        text: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        tables: Sequence[SqlTable],
        timeout_seconds: float | None = DEFAULT_TIMEOUT_SECONDS,
    ) -> SqlResult:
        """Run one SELECT over tables.

        Nothing can be changed or reached by it: no file, no network, no setting.

        Args:
            text: The statement.
            parameters: Values for ``?`` (a sequence) or ``$name`` (a mapping).
            tables: The tables that it can name.
            timeout_seconds: After so long it is interrupted; None for never.

        Raises:
            ValidationError: No single SELECT, or one that cannot be understood.
            InterpretationError: It failed, took too long or needed too much memory.
        """
