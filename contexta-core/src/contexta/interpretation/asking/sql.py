"""Questions in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.interpretation.asking.services import ServiceAccess
from contexta.spi.sql import DEFAULT_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.sql import SqlInterpreter, SqlResult

__all__ = ["SqlQuestions"]


class SqlQuestions(ServiceAccess):
    """Questions in SQL."""

    @property
    def sql_service(self) -> SqlInterpreter:
        """Runs one SELECT over tables."""
        service: SqlInterpreter = self._services.get("sql")
        return service

    def sql(
        self,
        query: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        timeout_seconds: float | None = DEFAULT_TIMEOUT_SECONDS,
    ) -> SqlResult:
        """Ask the workspace in SQL: one SELECT over ``runs``, ``metrics``, ``params`` and the other tables.

        What is not named is not read, and nothing can be changed: no file, setting or other database is reached.

        Args:
            query: The statement.
            parameters: Values for ``?`` (a sequence) or ``$name`` (a mapping).
            timeout_seconds: After so long it is interrupted, loading included; None for never.

        Returns:
            The answer: columns, types and rows, and frames of pandas, polars or pyarrow.

        Raises:
            ValidationError: No single SELECT, or one that cannot be understood.
            InterpretationError: It failed, took too long or needed too much memory.
            MissingPluginError: No installed plugin provides the service ``sql``.
        """
        from contexta.spi.workspace_tables import workspace_tables

        return self.sql_service.query(
            query, parameters, tables=workspace_tables(self.repository), timeout_seconds=timeout_seconds
        )
