"""Compaction: sealed segments are rewritten into fewer, larger ones, beside readers and writers.

Segments that follow each other become one whose header names them with the hashes in their seals, so the chain of seals
stays verifiable.  Their lines keep their order; those that the caller does not want are left out.  Only segments that
are whole, sealed as their bytes are, and linked to their predecessors are taken: what is damaged stays as the evidence
it is, and splits a batch.

Each step can be the last one of a process.  The new segment is written under a temporary name, synced, and renamed: from
then on every listing leaves out what it replaces.  Only then are the replaced files removed, once nobody holds them (see
:mod:`contexta.log.holding`); otherwise by the next compaction.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta.log.adoption import QUARANTINE, adopt_dead_locked
from contexta.log.batches import Batch, inspect, worthwhile
from contexta.log.failures import write_failure
from contexta.log.frame import END_BYTES, encode, encode_marker
from contexta.log.holding import may_remove_segments
from contexta.log.identity import SegmentHeader, header_members, new_writer_id, this_place
from contexta.log.liveness import take_lock
from contexta.log.maintenance_lock import maintenance_lock
from contexta.log.names import SEALED_SUFFIX, TEMPORARY_PREFIX, parse_file_name, segment_name
from contexta.log.open_segment import remove_leftovers
from contexta.log.reader import LogReader
from contexta.log.seal import Seal, seal_members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from contexta.log.scan import Line
    from contexta.log.segments import Segment

    #: Tells for each line of a segment, by its name, whether it is kept; None keeps all.
    Keep = Callable[[str, Sequence[Line]], Sequence[bool] | None]

__all__ = ["TARGET_BYTES", "LogCompaction", "compact_log"]

#: Size of the segments that a compaction writes, about, in bytes.
TARGET_BYTES = 64 * 1_048_576
_BLOCK_BYTES = 4 * 1_048_576
#: A segment that was replaced so long ago is no longer named by one that is still to come, unless its writer is here.
_REMEMBERED_MICROSECONDS = 7 * 86_400 * 1_000_000
#: So many are remembered, those of writers that are here first: a header is a line, and has a line's limit.
_MOST_TIPS = 2_000


class LogCompaction(NamedTuple):
    """What a compaction did.

    Attributes:
        performed: False when another process is at it, or the file system has no locks.
        before: The segments that were there.
        after: The segments that are there now.
        adopted: Names of the segments that were sealed for dead writers.
        left: Segments that the caller chose and that could not be rewritten.
    """

    performed: bool
    before: Sequence[Segment] = ()
    after: Sequence[Segment] = ()
    adopted: Sequence[str] = ()
    left: Sequence[Segment] = ()


def compact_log(
    directory: Path,
    *,
    start_batch: Callable[[Sequence[Segment]], Keep] | None = None,
    chosen: Callable[[Segment], bool] | None = None,
    target_bytes: int = TARGET_BYTES,
) -> LogCompaction:
    """Compact a log; see the module's text.

    Args:
        directory: The log; it may be missing.
        start_batch: Called with the segments that become one; returns what tells which of their lines are kept.  All
            are kept when None.
        chosen: Tells of a sealed segment whether it is to be rewritten even where nothing else calls for it.
        target_bytes: Size of the segments to write, about; one that is larger than half of it is left alone.

    Returns:
        What was done.

    Raises:
        StorageFullError: There is no space; what was not rewritten stays as it was.
        ReadOnlyStoreError: The directory may not be written.
        StoreAccessError: The storage failed.
        SchemaVersionError: A segment has a format of another major version.
    """
    if not directory.is_dir():
        return LogCompaction(performed=True)
    try:
        with maintenance_lock(directory) as mine:
            if not mine:
                return LogCompaction(performed=False)
            return _compact(directory, start_batch, chosen or _none, target_bytes)
    except OSError as error:
        raise write_failure(error, directory, "compact the log") from error


def _none(segment: Segment) -> bool:
    """Choose nothing."""
    del segment
    return False


def _compact(
    directory: Path,
    start_batch: Callable[[Sequence[Segment]], Keep] | None,
    chosen: Callable[[Segment], bool],
    target_bytes: int,
) -> LogCompaction:
    """Compact with the maintenance lock taken."""
    reader = LogReader(directory)
    before = reader.segments()
    adopted = adopt_dead_locked(directory)
    remove_leftovers(directory)
    remove_leftovers(directory / QUARANTINE)
    _remove_replaced(reader)
    segments = reader.segments()
    left: list[Segment] = []
    writer = new_writer_id()
    for index, batch in enumerate(worthwhile(reader, segments, chosen, target_bytes, left)):
        keep = None if start_batch is None else start_batch([entry.segment for entry in batch])
        _rewrite(reader, batch, keep, _header(segments, batch, writer, index))
    _remove_replaced(reader)
    return LogCompaction(True, before, reader.segments(), adopted, left)


def _header(segments: Sequence[Segment], batch: Batch, writer: str, index: int) -> SegmentHeader:
    """Compose the header of the segment that replaces a batch."""
    replaces = tuple((entry.segment.name, entry.seal.sha256) for entry in batch)
    inside = {entry.segment.name for entry in batch}
    outside = {segment.writer for segment in segments if segment.name not in inside}
    earlier = [pair for entry in batch for pair in (*entry.header.tips, *entry.header.replaces)]
    # Sorted as the names of the lines they replace: a compaction's place among others is that of its first segment.
    return SegmentHeader(
        writer,
        index,
        batch[0].segment.created,
        os.getpid(),
        this_place(),
        None,
        None,
        replaces,
        tuple(_tips(earlier, outside)),
    )


def _tips(earlier: Iterable[tuple[str, str]], outside: Collection[str]) -> Iterable[tuple[str, str]]:
    """Choose among segments that were replaced before those that another one may name as its predecessor."""
    last: dict[str, tuple[int, int, str, str]] = {}
    for name, sha256 in earlier:
        parts = parse_file_name(name + SEALED_SUFFIX)
        if parts is not None and (parts.ordinal, parts.created) >= last.get(parts.writer, (-1, -1))[:2]:
            last[parts.writer] = (parts.ordinal, parts.created, name, sha256)
    oldest = time.time_ns() // 1_000 - _REMEMBERED_MICROSECONDS
    found = [
        (writer in outside, created, name, sha256)
        for writer, (_, created, name, sha256) in last.items()
        if writer in outside or created >= oldest
    ]
    return [(name, sha256) for _, _, name, sha256 in sorted(found, reverse=True)[:_MOST_TIPS]]


def _rewrite(reader: LogReader, batch: Batch, keep: Keep | None, header: SegmentHeader) -> None:
    """Write the segment that replaces a batch, and give it its name."""
    directory = reader.directory
    temporary = directory / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}"
    descriptor = filesystem.create_file(temporary)
    try:
        # Whoever looks for leftovers of the dead sees that this one is not.
        take_lock(descriptor)
        if not _write(descriptor, reader, batch, keep, header):
            filesystem.remove_file(temporary)
            return
        filesystem.sync_file(descriptor)
        name = segment_name(header.created, header.writer, header.index, compacted=True)
        filesystem.replace(temporary, directory / f"{name}{SEALED_SUFFIX}")
        filesystem.sync_directory(directory)
    except BaseException:
        with suppress(OSError):
            filesystem.remove_file(temporary)
        raise
    finally:
        os.close(descriptor)


def _write(
    descriptor: int, reader: LogReader, batch: Batch, keep: Keep | None, header: SegmentHeader
) -> bool:
    """Write header, lines and seal; return False when a segment no longer reads as it did."""
    digest = hashlib.sha256()
    data = encode_marker(0, header_members(header))
    n, offset = 1, 0
    for entry in batch:
        seen = 0
        for chunk in reader.blocks(entry.segment):
            if chunk.damages:
                return False
            seen += len(chunk.lines)
            kept = None if keep is None or not chunk.lines else keep(entry.segment.name, chunk.lines)
            lines = [data]
            for position, (_, _, line) in enumerate(chunk.lines):
                if kept is None or kept[position]:
                    lines.append(encode(n, line[line.index(b",") + 1 : -END_BYTES]))
                    n += 1
            data = b"".join(lines)
            if len(data) >= _BLOCK_BYTES:
                digest.update(data)
                filesystem.write_all(descriptor, data, offset)
                offset += len(data)
                data = b""
        if seen != entry.seal.lines - 1:
            return False
    digest.update(data)
    seal = encode_marker(n, seal_members(Seal(n, digest.hexdigest())))
    filesystem.write_all(descriptor, data + seal, offset)
    return True


def _remove_replaced(reader: LogReader) -> None:
    """Remove the files that whole segments of compactions replace, if nobody holds them."""
    directory = reader.directory
    doomed: list[Path] = []
    for segment in reader.segments():
        if not segment.compacted:
            continue
        header = reader.header(segment)
        replaced = () if header is None else header.replaces
        paths = [directory / f"{name}{SEALED_SUFFIX}" for name, _ in replaced]
        present = [path for path in paths if path.exists()]
        if present and inspect(reader, segment) is not None:
            doomed += present
    if not doomed:
        return
    with may_remove_segments(directory) as allowed:
        if not allowed:
            return
        for path in doomed:
            filesystem.remove_file(path)
        filesystem.sync_directory(directory)
