"""Keeping segments from being removed while somebody reads them.

Compaction is the one thing that ever removes a segment with records.  It renames the new segment into place first, so
whoever lists from then on does not see the old ones; whoever listed before holds the log's directory by a shared lock,
and the removal is left to a later compaction.  The lock is the directory's own: readers create nothing, and it works on
read-only media.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contexta.log.file_lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["hold_segments", "may_remove_segments"]

#: A removal takes milliseconds.  Who waits longer lists all the same: what is being removed is no longer listed.
_PATIENCE_SECONDS = 1.0
_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


@contextmanager
def hold_segments(directory: Path) -> Iterator[None]:
    """Hold the segments of a log; any number of readers do so at once.

    Args:
        directory: The log; it may be missing.
    """
    lock = FileLock(directory, _FLAGS, exclusive=False)
    try:
        _take(lock)
        yield
    finally:
        lock.release()


@contextmanager
def may_remove_segments(directory: Path) -> Iterator[bool]:
    """Tell whether nobody holds the segments of a log, and keep it so; new readers wait.

    Args:
        directory: The log.

    Yields:
        False when somebody reads, or when the file system has no such locks.
    """
    lock = FileLock(directory, _FLAGS, exclusive=True)
    try:
        yield _take(lock)
    finally:
        lock.release()


def _take(lock: FileLock) -> bool:
    """Take a directory's lock; where that is not possible, reading says why."""
    try:
        return lock.acquire(_PATIENCE_SECONDS)
    except OSError:
        return False
