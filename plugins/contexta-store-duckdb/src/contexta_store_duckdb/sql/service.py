"""The service ``sql``: runs one SELECT over tables that are loaded into DuckDB when it names them."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contexta.errors import InterpretationError, ValidationError
from contexta.spi.sql import DEFAULT_TIMEOUT_SECONDS
from contexta_store_duckdb.sql.database import MEMORY_LIMIT, create_tables, load_table, open_database, quoted
from contexta_store_duckdb.sql.result import ANSWER, ANSWER_SCHEMA, DuckDBResult
from contexta_store_duckdb.sql.statement import checked_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from contexta.errors import ContextaError
    from contexta.spi.context import InterpretationContext
    from contexta.spi.sql import SqlTable
    from contexta_store_duckdb.sql.statement import Statement

__all__ = ["SqlService", "build"]

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_WITH_ZONE = "TIMESTAMP WITH TIME ZONE"


def build(context: InterpretationContext, options: object = None) -> SqlService:
    """Return the service; the factory that the plugin names.

    Args:
        context: Not used: tables come with each question.
        options: Not used: there are none.
    """
    del context, options
    return SqlService()


class SqlService:
    """Implements :class:`contexta.spi.sql.SqlInterpreter` with a database in memory for each question."""

    def query(
        self,
        text: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        tables: Sequence[SqlTable],
        timeout_seconds: float | None = DEFAULT_TIMEOUT_SECONDS,
    ) -> DuckDBResult:
        """Run one SELECT over tables.

        Args:
            text: The statement.
            parameters: Values for ``?`` (a sequence) or ``$name`` (a mapping).
            tables: The tables that it can name.
            timeout_seconds: After so long it is interrupted; None for never.

        Raises:
            ValidationError: No single SELECT (``sql_not_a_select``), or one that DuckDB does not understand
                (``sql_invalid``).
            InterpretationError: It failed (``sql_failed``), took too long (``sql_timed_out``) or needed too much
                memory (``sql_out_of_memory``).
        """
        connection = open_database()
        try:
            statement = checked_statement(connection, text)
            with _limited(connection, timeout_seconds) as limit, _explained(limit):
                create_tables(connection, tables)
                for table in tables:
                    if table.name in statement.tables:
                        load_table(connection, table)
                        limit.check()
                _run(connection, statement, parameters)
                _without_zones(connection)
                # What was loaded is not needed any more; the answer stays.
                for table in tables:
                    connection.execute(f"DROP TABLE {quoted(table.name)}")
                return DuckDBResult(connection)
        except BaseException:
            connection.close()
            raise


class _Limit:
    """How long a question may take.

    Args:
        seconds: So long; None for ever.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.is_over = False

    def check(self) -> None:
        """Raise when the time is up: a statement that ended by then is not interrupted."""
        if self.is_over:
            raise _timed_out(self, None)


@contextmanager
def _limited(connection: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[_Limit]:
    """Interrupt what the connection does when the time is up."""
    limit = _Limit(seconds)
    if seconds is None:
        yield limit
        return
    if not seconds > 0:
        raise ValidationError(
            f"timeout_seconds must be greater than 0, or None; found {seconds!r}", code="sql_invalid"
        )

    def interrupt() -> None:
        limit.is_over = True
        connection.interrupt()

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
        timer.join()


def _run(connection: duckdb.DuckDBPyConnection, statement: Statement, parameters: Any) -> None:
    """Keep the answer in a table: the statement runs once, however often and in whatever form its rows are read."""
    connection.execute(f"CREATE SCHEMA {ANSWER_SCHEMA}")
    text = f"CREATE TABLE {ANSWER} AS SELECT * FROM (\n{statement.text}\n)"  # noqa: S608 - the statement is the point
    if parameters is None:
        connection.execute(text)
    else:
        connection.execute(text, parameters if hasattr(parameters, "keys") else list(parameters))


def _without_zones(connection: duckdb.DuckDBPyConnection) -> None:
    """Give times with a zone as UTC without one, as all others: DuckDB would need a package to hand them over."""
    for name, kind, *_ in connection.execute(f"DESCRIBE {ANSWER}").fetchall():
        if kind == _WITH_ZONE:
            column = quoted(str(name))
            connection.execute(
                f"ALTER TABLE {ANSWER} ALTER {column} TYPE TIMESTAMP USING timezone('UTC', {column})"
            )


@contextmanager
def _explained(limit: _Limit) -> Iterator[None]:
    """Turn what DuckDB raises into what this service raises."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _explanation(error, limit) from error


def _explanation(error: duckdb.Error, limit: _Limit) -> ContextaError:
    import duckdb

    # The statement begins on a line of its own, so what DuckDB counts is one too many.
    said = _LINE.sub(lambda found: f"LINE {int(found[1]) - 1}:", str(error))
    if isinstance(error, duckdb.InterruptException):
        return _timed_out(limit, error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return InterpretationError(
            f"the query needed more than {MEMORY_LIMIT} of memory; select fewer columns or rows, or aggregate: {said}",
            code="sql_out_of_memory",
            cause=error,
        )
    is_wrong = isinstance(
        error,
        (
            duckdb.BinderException,
            duckdb.CatalogException,
            duckdb.ParserException,
            duckdb.InvalidInputException,
            duckdb.PermissionException,
        ),
    )
    if is_wrong:
        return ValidationError(f"the query cannot be run: {said}", code="sql_invalid", cause=error)
    return InterpretationError(f"the query failed: {said}", code="sql_failed", cause=error)


def _timed_out(limit: _Limit, error: duckdb.Error | None) -> InterpretationError:
    return InterpretationError(
        f"the query was interrupted after {limit.seconds} seconds; narrow it, or give it more time",
        code="sql_timed_out",
        cause=error,
    )
