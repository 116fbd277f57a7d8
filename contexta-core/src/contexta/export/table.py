"""What is exported: named columns, and rows that are read as they are written."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.export.columns import changed_text, of_types
from contexta.redaction.leaving import leaving_redactor
from contexta.runtime.redaction_salt import redaction_salt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.export.columns import Column

__all__ = ["ExportTable", "from_rows", "without_column", "without_secrets"]

#: Rows of one batch, unless a format has its own number.
_BATCH_ROWS = 1_024

_MADE_BY_US = frozenset({"record_id"})


class ExportTable(NamedTuple):
    """A table that is to be written.

    Args:
        name: What a file of it is called.
        columns: SQL types of the columns by their names: ``VARCHAR``, ``DOUBLE``, ``BIGINT``, ``TIMESTAMP`` (ISO 8601
            text) or ``JSON`` (a mapping).
        read: Reads the rows as columns, at most as many at a time as it is told; called once.
        cleaners: What every batch of a column is changed by before it is written, by the name of the column.
    """

    name: str
    columns: Mapping[str, str]
    read: Callable[[int], Iterator[list[Column]]]
    cleaners: Mapping[str, Callable[[Column], Column]] = EMPTY_MAPPING

    def batches(self, size: int = _BATCH_ROWS) -> Iterator[list[Column]]:
        """Yield the rows as columns, changed by the cleaners; the rows are read as the batches are.

        Args:
            size: Rows of one batch.
        """
        places = {name: place for place, name in enumerate(self.columns)}
        for columns in self.read(size):
            for name, clean in self.cleaners.items():
                columns[places[name]] = clean(columns[places[name]])
            yield columns


def from_rows(rows: Iterable[tuple[Any, ...]]) -> Callable[[int], Iterator[list[Column]]]:
    """Return what reads rows as columns.

    Args:
        rows: The rows, each with one cell for each column; they are read as the batches are.
    """

    def read(size: int) -> Iterator[list[Column]]:
        remaining = iter(rows)
        while taken := list(islice(remaining, size)):
            yield list(zip(*taken, strict=True))

    return read


def without_column(table: ExportTable, name: str) -> ExportTable:
    """Return a table without one of its columns."""
    place = list(table.columns).index(name)

    def read(size: int) -> Iterator[list[Column]]:
        for columns in table.read(size):
            del columns[place]
            yield columns

    return table._replace(
        columns={column: kind for column, kind in table.columns.items() if column != name},
        read=read,
        cleaners={column: clean for column, clean in table.cleaners.items() if column != name},
    )


def without_secrets(table: ExportTable, config: UnifiedConfig) -> ExportTable:
    """Return a table without the secrets that were never redacted, unless the configuration lets them out.

    Args:
        table: The table.
        config: The configuration of the workspace.
    """
    redactor = leaving_redactor(config.security, partial(redaction_salt, Path(config.workspace.root_path)))
    if not redactor.active:
        return table
    # Names of runs, stages and metrics stand in batch after batch.
    changes: dict[str, Callable[[Any], Any]] = {
        "VARCHAR": lru_cache(maxsize=4096)(redactor.text),
        "JSON": redactor.mapping,
    }
    cleaners = {
        name: partial(_changed, changes[kind])
        for name, kind in table.columns.items()
        # References of records are made by the capture, each another one.
        if kind in changes and name not in _MADE_BY_US
    }
    return table._replace(cleaners=cleaners)


def _changed(change: Callable[[Any], Any], column: Column) -> Column:
    if of_types(column, str):
        return changed_text(column, change)
    return [None if cell is None else change(cell) for cell in column]
