"""A metadata store as frames: what ``store.duckdb``, ``store.pandas`` and ``store.polars`` are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from contexta.errors import DependencyError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contexta.spi.sql import SqlInterpreter, SqlResult, SqlTable

__all__ = ["DuckDBAdapter", "FrameAdapterProtocol", "PandasAdapter", "PolarsAdapter"]

Parameters = "Sequence[Any] | Mapping[str, Any] | None"


@runtime_checkable
class FrameAdapterProtocol(Protocol):
    """What the adapters of pandas and polars have."""

    def query(self, sql: str, params: Any = None) -> Any:
        """Return the answer of one SELECT as a frame."""

    def table(self, name: str) -> Any:
        """Return a whole table as a frame."""


class DuckDBAdapter:
    """Asks the metadata store in SQL; the answers are DuckDB's own rows.

    Only SELECT can be run: entities are changed by the store's repositories.

    Args:
        tables: Returns the tables of the store as they are now.
        service: Returns the service that runs queries.
        schema_version: Returns the version of what the store keeps.
    """

    def __init__(
        self,
        tables: Callable[[], Sequence[SqlTable]],
        service: Callable[[], SqlInterpreter],
        schema_version: Callable[[], str],
    ) -> None:
        self._tables = tables
        self._service = service
        self._schema_version = schema_version
        self._frozen: Sequence[SqlTable] | None = None

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(table.name for table in self._tables())

    def execute(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> SqlResult:
        """Run one SELECT, once.

        Args:
            sql: The statement.
            params: Values for ``?`` (a sequence) or ``$name`` (a mapping).

        Raises:
            ValidationError: No single SELECT, or one that cannot be understood.
            InterpretationError: It failed.
        """
        tables = self._tables() if self._frozen is None else self._frozen
        return self._service().query(sql, params, tables=tables)

    def query_one(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        with self.execute(sql, params) as result:
            return result.fetchone()

    def query_all(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> tuple[tuple[Any, ...], ...]:
        """Return all rows."""
        with self.execute(sql, params) as result:
            return result.rows

    def table(self, name: str) -> SqlResult:
        """Return a whole table.

        Raises:
            NotFoundError: There is no such table.
        """
        return self.execute(self.select_all(name))

    def select_all(self, name: str) -> str:
        """Return the statement that reads a whole table.

        Raises:
            NotFoundError: There is no such table (``metadata_table_not_found``).
        """
        names = self.table_names
        if name not in names:
            raise NotFoundError(
                f"the metadata store has no table {str(name)[:80]!r}; it has {', '.join(names)}",
                code="metadata_table_not_found",
                details={"table": str(name)[:80]},
            )
        return f'SELECT * FROM "{name}"'  # noqa: S608 - one of the names above

    @contextmanager
    def transaction(self) -> Iterator[DuckDBAdapter]:
        """Let the queries in a ``with`` block see one state of the store, whatever is written meanwhile."""
        before = self._frozen
        if before is None:
            self._frozen = [_frozen(table) for table in self._tables()]
        try:
            yield self
        finally:
            self._frozen = before

    def get_schema_version(self) -> str:
        """Return the version of what the store keeps."""
        return self._schema_version()


class PandasAdapter:
    """The metadata store as frames of pandas.

    Args:
        source: What runs the queries.
    """

    def __init__(self, source: DuckDBAdapter) -> None:
        self._source = source

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """Return the answer of one SELECT as a frame; it is run once.

        Raises:
            DependencyError: pandas is not installed (``metadata_pandas_adapter_not_ready``).
        """
        with _ready("pandas"), self._source.execute(sql, params) as result:
            return result.to_pandas()

    def table(self, name: str) -> Any:
        """Return a whole table as a frame.

        Raises:
            NotFoundError: There is no such table.
            DependencyError: pandas is not installed.
        """
        return self.query(self._source.select_all(name))


class PolarsAdapter:
    """The metadata store as frames of polars.

    Args:
        source: What runs the queries.
    """

    def __init__(self, source: DuckDBAdapter) -> None:
        self._source = source

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """Return the answer of one SELECT as a frame; it is run once.

        Raises:
            DependencyError: polars is not installed (``metadata_polars_adapter_not_ready``).
        """
        with _ready("polars"), self._source.execute(sql, params) as result:
            return result.to_polars()

    def table(self, name: str) -> Any:
        """Return a whole table as a frame.

        Raises:
            NotFoundError: There is no such table.
            DependencyError: polars is not installed.
        """
        return self.query(self._source.select_all(name))


@contextmanager
def _ready(library: str) -> Iterator[None]:
    """Give a missing library the code of this store."""
    try:
        yield
    except DependencyError as error:
        raise DependencyError(
            error.message,
            code=f"metadata_{library}_adapter_not_ready",
            details=error.details,
            cause=error,
        ) from error


def _frozen(table: SqlTable) -> SqlTable:
    rows = list(table.rows())
    return table._replace(rows=lambda: rows)
