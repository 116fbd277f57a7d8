"""One generation of the index: a DuckDB file that is written once and never changed.

Its tables, for whoever wants to ask them with SQL:

* ``entities(kind, ref, project_ref, run_ref, name, status, started_at, ended_at, document, state)``: one row per
  entity; times in microseconds since 1970 UTC; ``status`` as the journal tells it, so the entity of a dead writer
  still reads as ``open``; ``document`` the merged fields and ``state`` the same with their clocks, both JSON;
* ``cursors(segment, offset, n)``: how far each segment of the journal was read;
* ``generation(format, created_at, journal_cost)``: one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.timestamps import utc_now_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb

__all__ = ["FORMAT", "EntityRow", "Generation", "SegmentCursor", "UnreadableGenerationError", "read", "write"]

#: Version of the tables; a generation of another version is left alone and a new one is built.
FORMAT = 1

#: The newest storage format that DuckDB 1.5 reads as well, so that two environments can share a workspace.
_STORAGE = "v1.5.0"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    # More threads only make opening slower: what is read is scanned once, from the page cache.
    "threads": "1",
}
_ENTITIES = """
CREATE TABLE entities (
    kind VARCHAR NOT NULL, ref VARCHAR NOT NULL, project_ref VARCHAR, run_ref VARCHAR, name VARCHAR, status VARCHAR,
    started_at BIGINT, ended_at BIGINT, document VARCHAR NOT NULL, state VARCHAR NOT NULL
)
"""
_CURSORS = 'CREATE TABLE cursors (segment VARCHAR NOT NULL, "offset" BIGINT NOT NULL, n BIGINT NOT NULL)'
_GENERATION = """
CREATE TABLE generation (format INTEGER NOT NULL, created_at VARCHAR NOT NULL, journal_cost BIGINT NOT NULL)
"""
_INSERT_ENTITIES = (
    "INSERT INTO entities SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
    "unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), "
    "unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
)
_INSERT_CURSORS = "INSERT INTO cursors SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[])"
_BLOCK_ROWS = 10_000


class UnreadableGenerationError(Exception):
    """A generation that is damaged, of another format, or no longer there; never leaves this package."""


class EntityRow(NamedTuple):
    """One row of ``entities``, in the order of its columns."""

    kind: str
    ref: str
    project_ref: str | None
    run_ref: str | None
    name: str | None
    status: str | None
    started_at: int | None
    ended_at: int | None
    document: str
    state: str


class SegmentCursor(NamedTuple):
    """How far a segment was read.

    Args:
        segment: The segment's name, without the suffix of its file.
        offset: Bytes read.
        n: Number of the next line.
    """

    segment: str
    offset: int
    n: int


@dataclass(frozen=True, slots=True)
class Generation:
    """What a reader takes from a generation.

    Args:
        entities: ``(kind, ref, project_ref, run_ref, state)`` of every entity.
        cursors: How far each segment was read.
    """

    entities: Sequence[tuple[str, str, str | None, str | None, str]]
    cursors: Sequence[SegmentCursor]


def write(
    path: Path, entities: Iterable[EntityRow], cursors: Iterable[SegmentCursor], journal_cost: int
) -> None:
    """Write a generation to a file that must not exist, whole and closed when this returns.

    Args:
        path: The new file.
        entities: The rows.
        cursors: How far each segment was read.
        journal_cost: Cost of reading what is covered, in bytes.

    Raises:
        duckdb.Error: DuckDB failed, for want of space foremost.
    """
    connection = _connect(path, read_only=False)
    try:
        for statement in (_ENTITIES, _CURSORS, _GENERATION):
            connection.execute(statement)
        connection.execute("BEGIN")
        for columns in _blocks(entities):
            connection.execute(_INSERT_ENTITIES, columns)
        for columns in _blocks(cursors):
            connection.execute(_INSERT_CURSORS, columns)
        connection.execute("INSERT INTO generation VALUES (?, ?, ?)", [FORMAT, utc_now_text(), journal_cost])
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()


def read(path: Path) -> Generation:
    """Read a generation whole; nothing stays open.

    Args:
        path: The file.

    Raises:
        UnreadableGenerationError: It is damaged, of another format, or gone.
    """
    import duckdb

    try:
        connection = _connect(path, read_only=True)
        try:
            formats = connection.execute("SELECT format FROM generation").fetchall()
            if formats != [(FORMAT,)]:
                raise UnreadableGenerationError(f"{path} has the format {formats!r}, not {FORMAT}")
            cursors = connection.execute('SELECT segment, "offset", n FROM cursors').fetchall()
            entities = connection.execute(
                "SELECT kind, ref, project_ref, run_ref, state FROM entities"
            ).fetchall()
        finally:
            connection.close()
    except (duckdb.Error, OSError, ValueError) as error:
        raise UnreadableGenerationError(f"{path} cannot be read: {error}") from error
    return Generation(entities, [SegmentCursor(*cursor) for cursor in cursors])


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    settings = dict(_SETTINGS)
    if not read_only:
        settings["storage_compatibility_version"] = _STORAGE
    return duckdb.connect(str(path), read_only=read_only, config=settings)


def _blocks(rows: Iterable[tuple[Any, ...]]) -> Iterable[list[list[Any]]]:
    """Turn rows into blocks of columns: one statement for thousands of rows, without any other library."""
    block: list[tuple[Any, ...]] = []
    for row in rows:
        block.append(row)
        if len(block) == _BLOCK_ROWS:
            yield [list(column) for column in zip(*block, strict=True)]
            block = []
    if block:
        yield [list(column) for column in zip(*block, strict=True)]
