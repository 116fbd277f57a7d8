"""Rows as JSON: one array, or one object on a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from contexta.export.columns import changed_text, is_plain, of_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.export.columns import Column
    from contexta.export.formats import FileFormat
    from contexta.export.table import ExportTable

__all__ = ["write_json", "write_jsonl"]

#: What a page that embeds the text could take for markup; JSON has another spelling for it.
_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

#: Printable ASCII that is spelled otherwise in JSON, or here.
_ESCAPED = frozenset('"\\<>&')


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
    for objects in _objects(table, b",\n"):
        stream.write(separator + objects)
        separator = b",\n"
    stream.write(b"\n]\n")


def write_jsonl(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write one object on each line; see :func:`write_json`."""
    del file_format
    for objects in _objects(table, b"\n"):
        stream.write(objects + b"\n")


def _objects(table: ExportTable, separator: bytes) -> Iterator[bytes]:
    """Yield batches of rows, each row an object in ASCII; numbers that are not finite are null."""
    between = separator.decode("ascii")
    names = [_text(name).replace("%", "%%") for name in table.columns]
    template = "{" + ", ".join(f"{name}: %s" for name in names) + "}"
    for columns in table.batches():
        rows = zip(*map(_texts, columns), strict=True)
        yield between.join(map(template.__mod__, rows)).encode("ascii")


def _texts(column: Column) -> Column:
    """Return the cells of a column as JSON."""
    if of_types(column, str):
        distinct = set(column) - {None}
        if is_plain(distinct) and _ESCAPED.isdisjoint("".join(distinct)):
            return ["null" if text is None else f'"{text}"' for text in column]
        return changed_text(column, _text, nothing="null")
    if None not in column and of_types(column, int, float) and all(map(math.isfinite, column)):
        return list(map(repr, column))
    return [_text(cell) for cell in column]


def _text(cell: Any) -> str:
    return json.dumps(_plain(cell), allow_nan=False).translate(_MARKUP)


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
