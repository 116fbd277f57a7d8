"""Alive or dead, told by the lock that a writer holds on its open segment, and by nothing else.

The kernel releases the lock however the process ends, so there is nothing stale to clean up.  Process ids are for
messages only: they are reused, and mean nothing on another machine.
"""

from __future__ import annotations

import errno
import os
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.frame import MAX_LINE_BYTES
from contexta.log.identity import parse_header, this_place

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.log.identity import SegmentHeader

__all__ = ["Liveness", "LockState", "judge", "leads_to", "lock_shared", "probe", "read_header", "take_lock"]

_CONTENDED = frozenset({errno.EAGAIN, errno.EACCES})
#: What file systems answer that have no locks, among them NFS without its lock service.
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK})


class Liveness(StrEnum):
    """Whether a writer can still write."""

    ALIVE = "alive"
    DEAD = "dead"
    #: It writes on another machine or in another container, or the file system has no locks.
    UNKNOWN = "unknown"


class LockState(Enum):
    """What a probe of a segment's lock found."""

    HELD = auto()
    FREE = auto()
    #: The file system has no locks, or the file may not be opened.
    UNAVAILABLE = auto()
    #: The file was renamed or removed meanwhile.
    GONE = auto()


def take_lock(descriptor: int) -> bool:
    """Take a file's lock for as long as the descriptor lives.

    Args:
        descriptor: An open file.

    Returns:
        ``False`` when another process holds the lock; ``True`` when it was taken or the file system has none.

    Raises:
        OSError: The storage failed.  Whoever wrote on without the lock would be taken for dead.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _CONTENDED:
            return False
        if error.errno not in _NO_LOCKS:
            raise
    return True


def probe(path: Path) -> LockState:
    """Look whether a segment's lock is held, without disturbing its holder.

    Args:
        path: The segment's open file.

    Returns:
        What was found.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return LockState.GONE
    except OSError:
        return LockState.UNAVAILABLE
    try:
        state = lock_shared(descriptor)
        # A writer renames a segment before it lets go of the lock: a free lock means something only while the
        # name still leads to this file.
        if state is LockState.FREE and not leads_to(path, descriptor):
            return LockState.GONE
        return state
    finally:
        # Closing drops the probe's own lock; a lock held through another open description stays.
        os.close(descriptor)


def lock_shared(descriptor: int) -> LockState:
    """Try a file's lock in shared mode, so that those who look do not see each other.

    Args:
        descriptor: An open file; it has the lock until it is closed, when the answer is ``FREE``.

    Returns:
        What was found; never ``GONE``.
    """
    if fcntl is None:
        return LockState.UNAVAILABLE
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return LockState.HELD if error.errno in _CONTENDED else LockState.UNAVAILABLE
    return LockState.FREE


def leads_to(path: Path, descriptor: int) -> bool:
    """Tell whether a name still leads to an open file.

    Args:
        path: The name.
        descriptor: The file.
    """
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def read_header(path: Path) -> SegmentHeader | None:
    """Read the header of a segment's file.

    Args:
        path: The file.

    Returns:
        The header, or ``None`` when the file is gone or its first line is damaged.

    Raises:
        SchemaVersionError: The segment has another major format.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None
    try:
        head = filesystem.read_exactly(descriptor, 4_096, 0)
        if b"\n" not in head:
            head = filesystem.read_exactly(descriptor, MAX_LINE_BYTES, 0)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    line, newline, _ = head.partition(b"\n")
    return parse_header(line) if newline else None


def judge(lock: LockState, header: SegmentHeader | None) -> Liveness:
    """Tell from one open segment whether its writer lives.

    Args:
        lock: What the probe of the segment found, other than ``GONE``.
        header: The segment's header; ``None`` when it cannot be read.

    Returns:
        The verdict.  A held lock proves life wherever the writer is.  A free one proves death only where its locks
        reach: on the same boot of the same machine, in the same pid namespace.
    """
    if lock is LockState.HELD:
        return Liveness.ALIVE
    if header is None:
        return Liveness.UNKNOWN
    here = this_place()
    there = header.place
    if there.host == here.host and there.boot != here.boot:
        return Liveness.DEAD
    if lock is LockState.UNAVAILABLE:
        return Liveness.UNKNOWN
    # Without a boot id the host's name is the best that there is.
    same_machine = there.boot == here.boot and bool(here.boot or there.host == here.host)
    return Liveness.DEAD if same_machine and there.namespace == here.namespace else Liveness.UNKNOWN
