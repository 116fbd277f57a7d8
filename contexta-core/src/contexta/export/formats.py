"""The formats of files, and which of them is meant."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.export.table import ExportTable

__all__ = ["EXPORT_FORMATS", "FileFormat", "file_format_for", "writer_of"]

#: Every format: what writes it, and the suffixes of its files.
_FORMATS: Final = {
    "csv": ("contexta.export.comma_separated:write_csv", (".csv",)),
    "json": ("contexta.export.json_rows:write_json", (".json",)),
    "jsonl": ("contexta.export.json_rows:write_jsonl", (".jsonl", ".ndjson")),
    "parquet": ("contexta.export.arrow_columns:write_parquet", (".parquet",)),
    "arrow": ("contexta.export.arrow_columns:write_arrow", (".arrow", ".feather")),
}

#: Names of the formats.
EXPORT_FORMATS: Final = tuple(_FORMATS)


class FileFormat(NamedTuple):
    """How rows are written.

    Args:
        name: One of :data:`EXPORT_FORMATS`.
        csv_delimiter: Character between the columns of CSV.
    """

    name: str
    csv_delimiter: str = ","

    @property
    def suffix(self) -> str:
        """The suffix of its files."""
        return _FORMATS[self.name][1][0]


def file_format_for(name: str | None, destination: object) -> str:
    """Return the name of the format that is meant: the one that was named, that of the file's suffix, or CSV.

    Args:
        name: What was named, or None.
        destination: The file, or what else is written to.

    Raises:
        ValidationError: There is no such format.
    """
    if name is not None:
        if name in _FORMATS:
            return name
        raise ValidationError(
            f"there is no format {name!r}; use one of {', '.join(_FORMATS)}", code="export_unknown_format"
        )
    suffix = Path(destination).suffix.lower() if isinstance(destination, str | Path) else ""
    for known, (_, suffixes) in _FORMATS.items():
        if suffix in suffixes:
            return known
    if suffix:
        every = ", ".join(ending for _, suffixes in _FORMATS.values() for ending in suffixes)
        raise ValidationError(
            f"a file that ends in {suffix!r} has no known format; use one of {every}, or name the format",
            code="export_unknown_format",
        )
    return "csv"


def writer_of(file_format: FileFormat) -> Callable[[IO[bytes], ExportTable, FileFormat], None]:
    """Return what writes a format; what it needs is imported now."""
    from pkgutil import resolve_name

    writer: Callable[[IO[bytes], ExportTable, FileFormat], None] = resolve_name(_FORMATS[file_format.name][0])
    return writer
