"""Taking what is new out of the segments, verified, for the next part of the index."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta.log.identity import parse_header
from contexta.log.reader import Cursor
from contexta.log.seal import parse_seal
from contexta.log.segments import open_for_reading
from contexta_store_jsonl.places import CHUNK_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.log import LogReader
    from contexta.log.scan import Line
    from contexta.log.segments import Segment

__all__ = ["FileState", "Piece", "gather", "state_of"]

#: The place of one line in so many bytes is noted, so that the lines of one run are found without reading the others.
_MARK_BYTES = 16_384
#: A segment up to this size is hashed as a whole; larger ones are copied line by line.
_WHOLE_LIMIT = 64 * 1_048_576


class FileState(NamedTuple):
    """What tells that a sealed file is still the one that was read.

    Attributes:
        size: Its size, in bytes.
        modified: When it was modified last, in nanoseconds.
    """

    size: int
    modified: int


class Piece(NamedTuple):
    """New lines of one segment.

    Attributes:
        segment: Name of the segment.
        start: Its first line.
        end: What is behind its last line.
        records: Number of its lines without header and seal.
        state: State of a sealed file that it covers to the end; None when more may follow.
        path: A file that holds the lines and may hold others that are no records.
        excerpt: Whether that file was made for this, and is to be removed.
        marks: Places of some of its lines.
    """

    segment: str
    start: Cursor
    end: Cursor
    records: int
    state: FileState | None
    path: Path
    excerpt: bool
    marks: tuple[Cursor, ...]


def state_of(segment: Segment) -> FileState | None:
    """Return the state of a sealed segment's file; None when it is not there."""
    try:
        found = os.stat(segment.path)
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns)


def gather(reader: LogReader, segment: Segment, start: Cursor, excerpt: Path) -> Piece | None:
    """Take what is new in a segment, if all of it is whole.

    Args:
        reader: The log.
        segment: The segment.
        start: The first line that is not covered yet.
        excerpt: A file that may be made; it must not exist.

    Returns:
        The new lines; None when there is damage among them.

    Raises:
        OSError: There is no space for the excerpt.
        ContextaError: The segment cannot be read.
    """
    if segment.sealed and start.offset == 0 and segment.size <= _WHOLE_LIMIT:
        return _whole(segment)
    return _excerpt(reader, segment, start, excerpt)


def _whole(segment: Segment) -> Piece | None:
    """Verify a sealed segment by the hash in its seal: a fraction of what checking each line costs."""
    opened = open_for_reading(segment)
    if opened is None:
        return None
    descriptor, _ = opened
    try:
        found = os.fstat(descriptor)
        data = filesystem.read_exactly(descriptor, found.st_size, 0)
    finally:
        os.close(descriptor)
    place = data.rfind(b"\n", 0, len(data) - 1) + 1
    seal = parse_seal(data[place:-1]) if data.endswith(b"\n") else None
    if seal is None or parse_header(data[: data.find(b"\n")]) is None:
        return None
    if hashlib.sha256(memoryview(data)[:place]).hexdigest() != seal.sha256:
        return None
    return Piece(
        segment.name,
        Cursor(),
        Cursor(seal.lines + 1, found.st_size),
        seal.lines - 1,
        FileState(found.st_size, found.st_mtime_ns),
        segment.path,
        excerpt=False,
        marks=tuple(_marks_of(data, place)),
    )


def _marks_of(data: bytes, end: int) -> list[Cursor]:
    """Note the place of one line in every so many bytes."""
    marks = []
    place = data.find(b"\n") + 1
    while 0 < place < end:
        # A line begins '{"n":7,'.
        marks.append(Cursor(int(data[place + 5 : data.find(b",", place)]), place))
        place = data.find(b"\n", place + _MARK_BYTES) + 1
    return marks


def _excerpt(reader: LogReader, segment: Segment, start: Cursor, path: Path) -> Piece | None:
    """Copy lines that were checked one by one."""
    state = state_of(segment) if segment.sealed else None
    cursor, records = start, 0
    marks: list[Cursor] = []
    descriptor = filesystem.create_file(path)
    try:
        written = 0
        while True:
            chunk = reader.read(segment, cursor, max_bytes=CHUNK_BYTES)
            if chunk.damages:
                return None
            if chunk.lines:
                lines = b"\n".join([line for _, _, line in chunk.lines]) + b"\n"
                filesystem.write_all(descriptor, lines, written)
                written += len(lines)
                records += len(chunk.lines)
                _mark(marks, chunk.lines)
            stuck, cursor = chunk.cursor == cursor, chunk.cursor
            if stuck or chunk.finished or cursor.offset >= segment.size:
                break
    finally:
        os.close(descriptor)
    if state is not None and cursor.offset != state.size:
        state = None
    return Piece(segment.name, start, cursor, records, state, path, excerpt=True, marks=tuple(marks))


def _mark(marks: list[Cursor], lines: list[Line]) -> None:
    for n, offset, _ in lines:
        if not marks or offset >= marks[-1].offset + _MARK_BYTES:
            marks.append(Cursor(n, offset))
