"""Rows as JSON: one array, or one object on a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.export.formats import FileFormat
    from contexta.export.table import ExportTable

__all__ = ["write_json", "write_jsonl"]

#: What a page that embeds the text could take for markup; JSON has another spelling for it.
_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_json(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write one array of objects, one on a line.

    Args:
        stream: Where to write.
        table: What to write.
        file_format: Not looked at.
    """
    del file_format
    stream.write(b"[")
    separator = b"\n"
    for line in _objects(table):
        stream.write(separator + line)
        separator = b",\n"
    stream.write(b"\n]\n")


def write_jsonl(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write one object on each line; see :func:`write_json`."""
    del file_format
    for line in _objects(table):
        stream.write(line + b"\n")


def _objects(table: ExportTable) -> Iterator[bytes]:
    """Yield each row as an object in ASCII; numbers that are not finite are null."""
    names = list(table.columns)
    for row in table.rows:
        made = {name: _plain(cell) for name, cell in zip(names, row, strict=True)}
        yield json.dumps(made, allow_nan=False).translate(_MARKUP).encode("ascii")


def _plain(cell: Any) -> Any:
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, Mapping):
        return {str(key): _plain(value) for key, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [_plain(value) for value in cell]
    return str(cell)
