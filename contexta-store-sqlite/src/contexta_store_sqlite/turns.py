"""Whose turn it is to write: processes queue for it in the kernel instead of polling the database."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.failures import write_failure

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["WriteTurns"]


class WriteTurns:
    """A lock among processes, released by the operating system at any death.

    SQLite has a lock of its own, for which it polls with growing pauses, so that of many writers the unlucky one waits
    for long.  Whoever waits here is woken in turn.  Where the file system has no such locks SQLite's own remains.

    Args:
        path: The file of the lock; created at the first turn.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it for a ``with`` block; not reentrant.

        Raises:
            StoreAccessError: The file cannot be made.
        """
        if fcntl is None:
            yield
            return
        descriptor = self._opened()
        has_lock = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            has_lock = False
        try:
            yield
        finally:
            if has_lock:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; harmless without one."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _opened(self) -> int:
        if self._descriptor < 0:
            try:
                filesystem.create_private_directory(self._path.parent)
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise write_failure(error, self._path, "take a turn to write") from error
        return self._descriptor
