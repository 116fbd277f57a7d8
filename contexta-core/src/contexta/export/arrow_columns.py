"""Rows as columns: Parquet and Arrow, some thousand rows in memory at a time."""

from __future__ import annotations

from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import DependencyError, ValidationError
from contexta.spi.workspace_tables import json_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.export.formats import FileFormat
    from contexta.export.table import ExportTable

__all__ = ["record_batches", "write_arrow", "write_parquet"]

#: Rows of one batch; of a Parquet file one row group.
_BATCH_ROWS = 16_384


def write_parquet(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write a Parquet file.

    Args:
        stream: Where to write.
        table: What to write.
        file_format: Not looked at.

    Raises:
        DependencyError: pyarrow is not installed.
    """
    del file_format
    schema, batches = record_batches(table)
    from pyarrow import parquet

    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_arrow(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write a file in the format of Arrow's IPC; see :func:`write_parquet`."""
    del file_format
    schema, batches = record_batches(table)
    import pyarrow as pa

    with pa.ipc.new_file(stream, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def record_batches(table: ExportTable) -> tuple[Any, Iterator[Any]]:
    """Return schema and batches of a table; times are instants in UTC, to the microsecond.

    Args:
        table: The table; it is read as the batches are.

    Raises:
        DependencyError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise DependencyError(
            "pyarrow is needed for Parquet and Arrow, and is not installed; run: pip install 'pyarrow>=17'",
            details={"package": "pyarrow", "requirement": "pyarrow>=17"},
            cause=error,
        ) from error
    types = {
        "VARCHAR": pa.string(),
        "JSON": pa.string(),
        "DOUBLE": pa.float64(),
        "BIGINT": pa.int64(),
        "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns.items()])
    return schema, _batches(pa, schema, table)


def _batches(pa: Any, schema: Any, table: ExportTable) -> Iterator[Any]:
    kinds = list(table.columns.values())
    rows = iter(table.rows)
    while taken := list(islice(rows, _BATCH_ROWS)):
        columns = [
            pa.array([_cell(row[place], kind) for row in taken], type=schema.field(place).type)
            for place, kind in enumerate(kinds)
        ]
        yield pa.record_batch(columns, schema=schema)


def _cell(cell: Any, kind: str) -> Any:
    if cell is None:
        return None
    if kind == "TIMESTAMP":
        return _microseconds(cell)
    if kind == "JSON":
        return json_column(cell)
    # A store of somebody else's may give out lone surrogates, which no UTF-8 can hold.
    return cell.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(cell, str) else cell


def _microseconds(text: str) -> int | None:
    try:
        return instant(text) // 1000
    except ValidationError:
        return None
