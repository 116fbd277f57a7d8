"""Where records stand: the log's segments, and which stretches of them a question has to read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from contexta.log.filesystem import read_exactly
from contexta.log.reader import Cursor
from contexta.log.segments import open_for_reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.log import LogReader
    from contexta.log.scan import Line
    from contexta.log.segments import Segment

__all__ = ["CHUNK_BYTES", "WHOLE", "Source", "Stretch", "holds", "read_lines", "read_verified"]

#: Bytes of a segment that are read at once; more only where one segment was configured to be larger.
CHUNK_BYTES = 4_194_304


class Source(NamedTuple):
    """One segment and the parts of it that a question has to read.

    Attributes:
        segment: The segment.
        stretches: The parts, in order.
        stamp: Modification time of a sealed file of which every line was checked before, in nanoseconds; while the
            file has it, its lines need no second check.  None when they do.
    """

    segment: Segment
    stretches: Sequence[Stretch] = ()
    stamp: int | None = None


class Stretch(NamedTuple):
    """A part of a segment.

    Attributes:
        start: Number and offset of its first line.
        end: Offset behind its last line; None reads on to the end of the segment.
    """

    start: Cursor = Cursor()
    end: int | None = None


WHOLE: tuple[Stretch, ...] = (Stretch(),)


def read_lines(
    reader: LogReader, segment: Segment, stretches: Sequence[Stretch], needles: Sequence[bytes]
) -> Iterator[list[Line]]:
    """Read the lines of a segment that hold all of some texts, in the order of appending.

    Args:
        reader: The log.
        segment: One of its segments.
        stretches: The parts to read, in order.
        needles: Texts as they stand in a line; a line without one of them is left out.

    Yields:
        Some lines at a time; damaged ones are left out.
    """
    for start, end in stretches:
        if needles and not holds(segment, Stretch(start, end), needles):
            continue
        cursor = start
        while end is None or cursor.offset < end:
            limit = CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - cursor.offset)
            chunk = reader.read(segment, cursor, max_bytes=limit)
            if chunk.lines:
                yield _with_all(needles, chunk.lines)
            # What came since the listing is left to the next question.
            if chunk.finished or chunk.cursor == cursor or chunk.cursor.offset >= segment.size:
                break
            cursor = chunk.cursor


def _with_all(needles: Sequence[bytes], lines: list[Line]) -> list[Line]:
    """Keep the lines that hold every text."""
    for needle in needles:
        lines = [line for line in lines if needle in line[2]]
    return lines


def holds(segment: Segment, stretch: Stretch, needles: Sequence[bytes]) -> bool:
    """Whether the bytes of a stretch hold all of some texts; a search of raw bytes costs a tenth of reading lines.

    Args:
        segment: The segment.
        stretch: The part to search.
        needles: The texts.

    Returns:
        False when no line there can hold them all.

    Raises:
        StoreAccessError: The file cannot be opened.
    """
    opened = open_for_reading(segment)
    if opened is None:
        return False
    descriptor, _ = opened
    try:
        start = stretch.start.offset
        size = (os.fstat(descriptor).st_size if stretch.end is None else stretch.end) - start
        if size > CHUNK_BYTES:
            return True
        data = read_exactly(descriptor, size, start) if size > 0 else b""
    except OSError:
        # Reading the lines meets the same failure, and says so.
        return True
    finally:
        os.close(descriptor)
    return all(needle in data for needle in needles)


def read_verified(source: Source, needle: bytes) -> list[bytes] | None:
    """Read lines that were checked before, without checking them again.

    Args:
        source: A segment with a stamp.
        needle: A text as it stands in a line; lines without it are left out.

    Returns:
        The lines; None when the file is not the one that was checked.
    """
    if source.stamp is None:
        return None
    opened = open_for_reading(source.segment)
    if opened is None:
        return None
    lines: list[bytes] = []
    descriptor, _ = opened
    try:
        if os.fstat(descriptor).st_mtime_ns != source.stamp:
            return None
        for start, end in source.stretches:
            size = (source.segment.size if end is None else end) - start.offset
            data = read_exactly(descriptor, size, start.offset)
            lines += [line for line in data.split(b"\n") if needle in line]
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return lines
