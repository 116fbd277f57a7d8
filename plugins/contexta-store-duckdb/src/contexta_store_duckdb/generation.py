"""One generation of the index: a DuckDB file that is written once and never changed.

Its tables, for whoever wants to ask them with SQL:

* ``entities(kind, ref, project_ref, run_ref, source_ref, target_ref, relation_ref, name, status, started_at, ended_at,
  document, state)``: one row per entity; times in nanoseconds since 1970 UTC (``make_timestamp_ns(started_at)``), null beyond the years 1677 to 2262;
  ``status`` as it was when the file was built, so what its writer's death interrupts later still reads as ``open``;
  ``document`` the merged fields and ``state`` the same with their clocks, both JSON text;
* ``cursors(segment, offset, n)``: how far each segment of the journal was read;
* ``generation(format, created_at, journal_cost)``: one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from contexta.contract.timestamps import utc_now_text
from contexta.log import filesystem
from contexta_store_duckdb.links import LINK_FIELDS, link_fields
from contexta_store_duckdb.row import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

__all__ = [
    "FORMAT",
    "EntityRow",
    "Generation",
    "SegmentCursor",
    "StoredEntity",
    "UnreadableGenerationError",
    "read",
    "write",
]

#: Version of the tables; a generation of another version is left alone and a new one is built.
FORMAT = 2

#: The newest storage format that DuckDB 1.5 reads as well, so that two environments can share a workspace.
_STORAGE = "v1.5.0"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # More threads only make opening slower: what is read is scanned once, from the page cache.
    "threads": "1",
}
_ENTITIES = """
CREATE TABLE entities (
    kind VARCHAR NOT NULL, ref VARCHAR NOT NULL, project_ref VARCHAR, run_ref VARCHAR, source_ref VARCHAR,
    target_ref VARCHAR, relation_ref VARCHAR, name VARCHAR, status VARCHAR, started_at BIGINT, ended_at BIGINT, document VARCHAR NOT NULL, state VARCHAR NOT NULL
)
"""
_CURSORS = 'CREATE TABLE cursors (segment VARCHAR NOT NULL, "offset" BIGINT NOT NULL, n BIGINT NOT NULL)'
_GENERATION = """
CREATE TABLE generation (format INTEGER NOT NULL, created_at VARCHAR NOT NULL, journal_cost BIGINT NOT NULL)
"""
# One pass over a file of JSON lines: several times faster than parameters, and the same in every version of DuckDB.
_INSERT_ENTITIES = """
INSERT INTO entities
SELECT kind, ref, project_ref, run_ref, source_ref, target_ref, relation_ref, name, status, started_at, ended_at,
    document, state
FROM read_json(?, format = 'newline_delimited', maximum_object_size = ?, columns = {
    kind: 'VARCHAR', ref: 'VARCHAR', project_ref: 'VARCHAR', run_ref: 'VARCHAR', source_ref: 'VARCHAR',
    target_ref: 'VARCHAR', relation_ref: 'VARCHAR', name: 'VARCHAR', status: 'VARCHAR', started_at: 'BIGINT', ended_at: 'BIGINT', document: 'VARCHAR', state: 'VARCHAR'
})
"""
_SELECT_ENTITIES = """
SELECT kind, ref, project_ref, run_ref, source_ref, target_ref, relation_ref, name, status, started_at, ended_at, state
FROM entities
"""
_INSERT_CURSORS = "INSERT INTO cursors SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[])"
#: DuckDB reserves twice as much, so it is no more than the longest row needs.
_SMALLEST_OBJECT_LIMIT = 1_048_576


class UnreadableGenerationError(Exception):
    """A generation that is damaged, of another format, or no longer there; never leaves this package."""


class EntityRow(msgspec.Struct, gc=False):
    """One row of ``entities``, in the order of its columns."""

    kind: str
    ref: str
    project_ref: str | None
    run_ref: str | None
    source_ref: str | None
    target_ref: str | None
    relation_ref: str | None
    name: str | None
    status: str | None
    started_at: int | None
    ended_at: int | None
    document: str
    state: str


class StoredEntity(NamedTuple):
    """What a reader takes of an entity.

    Args:
        ref: Its reference.
        links: The values of its kind's link fields.
        summary: What is known without decoding the state.
        state: The state as JSON text.
    """

    ref: str
    links: tuple[str | None, ...]
    summary: Summary
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
        entities: The entities by kind.
        cursors: How far each segment was read.
    """

    entities: Mapping[str, Sequence[StoredEntity]]
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
        OSError: There is no space.
        duckdb.Error: DuckDB failed, for want of space foremost.
    """
    lines = path.with_name(f"{path.name}.ndjson")
    connection = _connect(path, read_only=False)
    try:
        longest = _write_lines(lines, entities)
        for statement in (_ENTITIES, _CURSORS, _GENERATION):
            connection.execute(statement)
        connection.execute("BEGIN")
        connection.execute(_INSERT_ENTITIES, [str(lines), max(longest + 1, _SMALLEST_OBJECT_LIMIT)])
        columns = list(zip(*cursors, strict=True)) or [(), (), ()]
        connection.execute(_INSERT_CURSORS, [list(column) for column in columns])
        connection.execute("INSERT INTO generation VALUES (?, ?, ?)", [FORMAT, utc_now_text(), journal_cost])
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
        filesystem.remove_file(lines)


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
            rows = connection.execute(_SELECT_ENTITIES).fetchall()
        finally:
            connection.close()
    except (duckdb.Error, OSError, ValueError) as error:
        raise UnreadableGenerationError(f"{path} cannot be read: {error}") from error
    entities: dict[str, list[StoredEntity]] = {}
    places = {
        kind: [LINK_FIELDS.index(field) for field in link_fields(kind)] for kind in {row[0] for row in rows}
    }
    for kind, ref, *known, name, status, started_at, ended_at, state in rows:
        links = tuple(known[place] for place in places[kind])
        summary = Summary(name, status, started_at, ended_at)
        entities.setdefault(kind, []).append(StoredEntity(ref, links, summary, state))
    return Generation(entities, [SegmentCursor(*cursor) for cursor in cursors])


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    settings = dict(_SETTINGS)
    if read_only:
        # A workspace may come from anybody: a view in the place of a table must not read the reader's own files.
        settings["enable_external_access"] = "false"
    else:
        settings["storage_compatibility_version"] = _STORAGE
    connection = duckdb.connect(str(path), read_only=read_only, config=settings)
    # No setting of a connection: without a program file DuckDB would draw its progress into the output of commands.
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _write_lines(path: Path, entities: Iterable[EntityRow]) -> int:
    """Write the rows as JSON lines; return the length of the longest, in bytes."""
    longest = 0
    encode = msgspec.json.Encoder().encode
    descriptor = filesystem.create_file(path)
    with open(descriptor, "wb", buffering=_SMALLEST_OBJECT_LIMIT) as file:
        for entity in entities:
            line = encode(entity)
            longest = max(longest, len(line))
            file.write(line)
            file.write(b"\n")
    return longest
