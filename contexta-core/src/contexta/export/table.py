"""What is exported: named columns, and rows that are made as they are written."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.redaction.leaving import leaving_redactor
from contexta.runtime.redaction_salt import redaction_salt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.redaction import Redactor

__all__ = ["ExportTable", "without_column", "without_secrets"]

_MADE_BY_US = frozenset({"record_id"})


class ExportTable(NamedTuple):
    """A table that is to be written.

    Args:
        name: What a file of it is called.
        columns: SQL types of the columns by their names: ``VARCHAR``, ``DOUBLE``, ``BIGINT``, ``TIMESTAMP`` (ISO 8601
            text) or ``JSON`` (a mapping).
        rows: The rows, each with one cell for each column; read once.
    """

    name: str
    columns: Mapping[str, str]
    rows: Iterable[tuple[Any, ...]]


def without_column(table: ExportTable, name: str) -> ExportTable:
    """Return a table without one of its columns."""
    place = list(table.columns).index(name)
    columns = {column: kind for column, kind in table.columns.items() if column != name}
    return table._replace(columns=columns, rows=((*row[:place], *row[place + 1 :]) for row in table.rows))


def without_secrets(table: ExportTable, config: UnifiedConfig) -> ExportTable:
    """Return a table without the secrets that were never redacted, unless the configuration lets them out.

    Args:
        table: The table.
        config: The configuration of the workspace.
    """
    redactor = leaving_redactor(config.security, partial(redaction_salt, Path(config.workspace.root_path)))
    return table._replace(rows=_redacted(table, redactor)) if redactor.active else table


def _redacted(table: ExportTable, redactor: Redactor) -> Iterator[tuple[Any, ...]]:
    # Names of runs, stages and metrics stand in row after row.
    text_of = lru_cache(maxsize=4096)(redactor.text)
    cleaners = [_cleaner(name, kind, redactor, text_of) for name, kind in table.columns.items()]
    for row in table.rows:
        yield tuple(
            cell if cell is None or clean is None else clean(cell)
            for cell, clean in zip(row, cleaners, strict=True)
        )


def _cleaner(
    name: str, kind: str, redactor: Redactor, text_of: Callable[[str], str]
) -> Callable[[Any], Any] | None:
    """Return what replaces the secrets in the cells of a column; None for one that can hold none."""
    if kind == "JSON":
        return redactor.mapping
    # References of records are made by the capture, each another one.
    return text_of if kind == "VARCHAR" and name not in _MADE_BY_US else None
