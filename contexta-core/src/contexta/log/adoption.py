"""Adoption: an open segment whose writer is dead is sealed by somebody else.

It is done for one writer in some, when it closes, and by every compaction; never in an append or an opening, whose time
is the user's, for nothing depends on it: readers pass the tail of a dead writer by themselves.  What it gains is that
sealed segments are looked at once, are known to be whole by their hash, and can be compacted.

Only what is *dead* by :mod:`contexta.log.liveness` is adopted, never what is unknown, and nothing where the file system
has no locks.  The adopter holds the segment's lock in shared mode, so that whoever looks meanwhile still finds the
writer dead, and the log's maintenance lock, so that there is one adopter.  Each step can be the last one of a process:

1. The bytes of the torn tail are kept in ``quarantine/``, under a name that doing it again gives again.
2. The tail is cut off, the seal is written and brought to stable storage.  A seal that is itself torn is a torn tail.
3. The file gets its sealed name, and the directory is synced.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta.log.chunks import START, ChunkSource
from contexta.log.frame import MAX_LINE_BYTES, encode_marker
from contexta.log.identity import parse_header, this_place
from contexta.log.liveness import Liveness, LockState, judge, leads_to, lock_shared, probe
from contexta.log.maintenance_lock import maintenance_lock
from contexta.log.names import OPEN_SUFFIX, SEALED_SUFFIX
from contexta.log.seal import Seal, hash_prefix, seal_members
from contexta.log.segments import list_names

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.log.identity import SegmentHeader

__all__ = ["QUARANTINE", "adopt_dead", "adopt_dead_locked"]

#: Directory of the cut tails, in the log's own.
QUARANTINE = "quarantine"
_BLOCK_BYTES = 8 * 1_048_576


class _Content(NamedTuple):
    """What an open segment holds.

    Attributes:
        lines: Lines up to the tail.
        end: Offset behind the last whole line.
        size: Bytes of the file.
        sealed: Whether the last of the lines is a seal.
    """

    lines: int
    end: int
    size: int
    sealed: bool


def adopt_dead(directory: Path) -> list[str]:
    """Adopt every segment of a dead writer, unless another process is at it.

    Args:
        directory: The log; it may be missing.

    Returns:
        The names of the segments that were sealed.

    Raises:
        OSError: The storage failed, is full, or may not be written.
        StoreAccessError: The directory cannot be read.
        SchemaVersionError: A dead writer's segment has a format of another major version.
    """
    if not _candidates(directory):
        return []
    with maintenance_lock(directory) as mine:
        return adopt_dead_locked(directory) if mine else []


def adopt_dead_locked(directory: Path) -> list[str]:
    """Adopt as :func:`adopt_dead` does, with the maintenance lock taken by the caller."""
    return [name for name in _candidates(directory) if _adopt(directory, name)]


def _candidates(directory: Path) -> list[str]:
    """Return the open segments that nobody holds."""
    return [
        found.name
        for found in list_names(directory).values()
        if not found.sealed and probe(directory / f"{found.name}{OPEN_SUFFIX}") is LockState.FREE
    ]


def _adopt(directory: Path, name: str) -> bool:
    """Adopt one segment if its writer is dead; return whether that was done."""
    path = directory / f"{name}{OPEN_SUFFIX}"
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return False
    try:
        if not _is_dead(path, descriptor):
            return False
        content = _examine(descriptor, name)
        if content.sealed and content.end < content.size:
            # Nothing that this package writes stands behind a seal: damage for people to look at.
            return False
        if not content.sealed:
            _seal(directory, name, descriptor, content)
        filesystem.sync_file(descriptor)
        filesystem.replace(path, directory / f"{name}{SEALED_SUFFIX}")
        filesystem.sync_directory(directory)
    finally:
        os.close(descriptor)
    return True


def _is_dead(path: Path, descriptor: int) -> bool:
    """Take a segment's lock and judge its writer."""
    if lock_shared(descriptor) is not LockState.FREE or not leads_to(path, descriptor):
        return False
    head = filesystem.read_exactly(descriptor, MAX_LINE_BYTES, 0)
    header = parse_header(head.partition(b"\n")[0])
    if header is None or judge(LockState.FREE, header) is not Liveness.DEAD:
        return False
    return header.place.boot == this_place().boot or _is_from_before_boot(descriptor, header)


def _is_from_before_boot(descriptor: int, header: SegmentHeader) -> bool:
    """Whether a segment of another boot was last written before this machine started.

    Two machines may have one name and share a file system that keeps its locks to each: what is written while this
    machine runs is not of its earlier boot.
    """
    uptime = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    started = time.time() - uptime
    return max(os.fstat(descriptor).st_mtime, header.created / 1_000_000) < started


def _examine(descriptor: int, name: str) -> _Content:
    """Read a segment up to its torn tail."""
    source = ChunkSource(descriptor, name, sealed=False, over=True, strict=True)
    cursor = START
    seal_end = -1
    while True:
        chunk = source.read(cursor, _BLOCK_BYTES)
        if chunk.seal is not None:
            seal_end = chunk.cursor.offset
        stuck = chunk.cursor == cursor
        cursor = chunk.cursor
        if chunk.finished or stuck:
            break
    return _Content(cursor.n, cursor.offset, os.fstat(descriptor).st_size, sealed=seal_end >= 0)


def _seal(directory: Path, name: str, descriptor: int, content: _Content) -> None:
    """Cut the tail off, keeping its bytes, and write the seal."""
    seal = Seal(content.lines, hash_prefix(descriptor, content.end), adopted=True)
    line = encode_marker(content.lines, seal_members(seal))
    tail = filesystem.read_exactly(descriptor, content.size - content.end, content.end)
    # The beginning of this very seal is what an adopter left that died here.
    if tail and not line.startswith(tail):
        _keep(directory, name, content.end, tail)
    filesystem.truncate_file(descriptor, content.end)
    filesystem.write_all(descriptor, line, content.end)


def _keep(directory: Path, name: str, offset: int, tail: bytes) -> None:
    """Keep the bytes of a torn tail."""
    quarantine = directory / QUARANTINE
    filesystem.create_private_directory(quarantine)
    digest = hashlib.sha256(tail).hexdigest()[:12]
    filesystem.write_file_atomically(quarantine / f"{name}-{offset}-{digest}.torn", tail)
