"""Rows as columns: Parquet and Arrow, some thousand rows in memory at a time."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import DependencyError, ValidationError
from contexta.spi.workspace_tables import json_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.export.columns import Column
    from contexta.export.formats import FileFormat
    from contexta.export.table import ExportTable

__all__ = ["record_batches", "write_arrow", "write_parquet"]

#: Rows of one batch; of a Parquet file one row group.
_BATCH_ROWS = 16_384

#: Length, separator and end of a time with microseconds: ``2025-06-07T08:09:10.123456Z``.
_CANONICAL_FORM = (27, "T", "Z")


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
    for columns in table.batches(_BATCH_ROWS):
        arrays = [
            _array(pa, column, kind, field.type)
            for column, kind, field in zip(columns, table.columns.values(), schema, strict=True)
        ]
        yield pa.record_batch(arrays, schema=schema)


def _array(pa: Any, column: Column, kind: str, arrow_type: Any) -> Any:
    if kind == "TIMESTAMP":
        return _instants(pa, column, arrow_type)
    if kind == "JSON":
        column = [None if cell is None else json_column(cell) for cell in column]
    try:
        return pa.array(column, type=arrow_type)
    except UnicodeEncodeError:
        # A store of somebody else's may give out lone surrogates, which no UTF-8 can hold.
        return pa.array([_whole(cell) for cell in column], type=arrow_type)


def _instants(pa: Any, column: Column, arrow_type: Any) -> Any:
    """Return instants; of texts in the form that the capture writes by Arrow's own parser, which is much quicker."""
    forms = {(len(text), text[10:11], text[-1:]) for text in column if text is not None}
    if forms <= {_CANONICAL_FORM}:
        try:
            return pa.array(column, type=pa.string()).cast(arrow_type)
        except (pa.ArrowInvalid, UnicodeEncodeError):
            pass  # one of them is no time
    return pa.array([None if text is None else _microseconds(text) for text in column], type=arrow_type)


def _whole(cell: Any) -> Any:
    return cell.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(cell, str) else cell


def _microseconds(text: str) -> int | None:
    try:
        return instant(text) // 1000
    except ValidationError:
        return None
