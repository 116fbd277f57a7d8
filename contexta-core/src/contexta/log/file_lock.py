"""A lock on a file or directory that a forked child does not keep alive."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING

from contexta.log import forks

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileLock"]

_CONTENDED = frozenset({errno.EAGAIN, errno.EACCES})
_PAUSE_SECONDS = 0.005


class FileLock:
    """One lock that is taken once and released once; the operating system releases it at any death.

    A child that is forked meanwhile shares the open file, and so would keep the lock for as long as it lives.  It closes
    the file, and takes a shared lock anew where the thread that forked is the one that holds it.

    Args:
        path: The file or directory.
        flags: How it is opened.
        exclusive: Whether one holder keeps all others out.
    """

    def __init__(self, path: Path, flags: int, *, exclusive: bool) -> None:
        self._path = path
        self._flags = flags
        self._exclusive = exclusive
        self._descriptor = -1
        self._owner = 0

    def acquire(self, patience_seconds: float = 0.0) -> bool:
        """Take the lock.

        Args:
            patience_seconds: How long to try, in seconds.

        Returns:
            Whether it was taken: not when another one holds it, nor where the file system has no such locks.

        Raises:
            OSError: The file cannot be opened.
        """
        if fcntl is None:
            return False
        forks.register(self)
        self._owner = threading.get_ident()
        self._descriptor = os.open(self._path, self._flags | os.O_CLOEXEC, 0o600)
        operation = (fcntl.LOCK_EX if self._exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB
        end: float | None = None
        while True:
            try:
                fcntl.flock(self._descriptor, operation)
            except OSError as error:
                now = time.monotonic()
                end = now + patience_seconds if end is None else end
                if error.errno not in _CONTENDED or now >= end:
                    return False
                time.sleep(_PAUSE_SECONDS)
            else:
                return True

    def release(self) -> None:
        """Let go of the lock; harmless without one."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def before_fork(self) -> None:
        """Nothing to bring to rest."""

    def after_fork_in_parent(self) -> None:
        """Nothing to set going."""

    def after_fork_in_child(self) -> None:
        """Let go of what is the parent's."""
        if self._descriptor < 0:
            return
        self.release()
        if not self._exclusive and self._owner == threading.get_ident():
            try:
                self.acquire()
            except OSError:
                self.release()
