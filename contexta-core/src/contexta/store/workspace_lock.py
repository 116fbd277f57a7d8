"""The lock of a workspace: whoever may write holds it shared, whoever replaces its planes holds it alone.

It is a lock of the operating system on a small file, so it ends with the process however that ends.  Taking it costs an
open and a lock, which is microseconds.  It keeps nobody waiting: two who share it never notice each other.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import utc_now_text
from contexta.errors import StoreAccessError
from contexta.log import filesystem, forks

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LOCK_NAME", "WorkspaceLock"]

#: Name of the lock's file, in the root of the workspace.
LOCK_NAME = "workspace.lock"

_CONTENDED = frozenset({errno.EAGAIN, errno.EACCES})
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
_LONGEST_NOTE = 4_096


class WorkspaceLock:
    """One hold of a workspace's lock.

    A forked child takes a hold of its own in the place of its parent's, so an orphaned child still counts.

    Args:
        root: Root of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self._path = Path(root) / LOCK_NAME
        self._descriptor = -1
        self._is_alone = False

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def share(self) -> bool:
        """Hold the lock beside others, where the workspace exists and can be written.

        Returns:
            Whether it is held; not where there is no workspace yet, it is read-only, or its file system has no locks.

        Raises:
            StoreAccessError: Somebody replaces the planes just now (``workspace_being_restored``).
        """
        if self.is_held:
            return True
        taken = self._take(alone=False)
        if taken is False:
            holder = self._holder()
            raise StoreAccessError(
                f"the workspace {str(self._path.parent)!r} is being restored{holder}; try again when that has ended",
                code="workspace_being_restored",
                retryable=True,
            )
        return taken is True

    def take_alone(self) -> bool | None:
        """Hold the lock alone.

        Returns:
            True when it is held, False when somebody else holds it, None where the file system has no locks.

        Raises:
            OSError: The lock's file cannot be opened.
        """
        taken = self._take(alone=True)
        if taken:
            note = {"pid": os.getpid(), "host": os.uname().nodename, "since": utc_now_text()}
            with suppress(OSError):
                filesystem.truncate_file(self._descriptor, 0)
                filesystem.write_all(self._descriptor, json.dumps(note).encode(), 0)
        return taken

    def _take(self, *, alone: bool) -> bool | None:
        if fcntl is None:
            return None
        try:
            descriptor = os.open(self._path, _FLAGS, 0o600)
        except OSError:
            if alone:
                raise
            return None
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            return False if error.errno in _CONTENDED else None
        self._descriptor = descriptor
        self._is_alone = alone
        forks.register(self)
        return True

    def release(self) -> None:
        """Let go of the lock; harmless without it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            if self._is_alone:
                with suppress(OSError):
                    filesystem.truncate_file(descriptor, 0)
        finally:
            os.close(descriptor)

    def _holder(self) -> str:
        """Say who holds the lock alone, as far as that is known."""
        try:
            note: Any = json.loads(self._path.read_bytes()[:_LONGEST_NOTE])
            return f" by process {int(note['pid'])} on {note['host']!s} since {note['since']!s}"
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return ""

    def holders(self) -> tuple[int, ...]:
        """Return the processes on this machine that hold the lock, where the system tells (Linux)."""
        try:
            found = self._path.stat()
            place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
            lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
        except OSError:
            return ()
        return tuple(sorted({pid for pid in _flock_owners(lines, place) if pid > 0}))

    def before_fork(self) -> None:
        """Nothing to bring to rest."""

    def after_fork_in_parent(self) -> None:
        """Nothing to set going."""

    def after_fork_in_child(self) -> None:
        """Let go of what is the parent's, and take a hold of our own where it was shared."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        os.close(descriptor)
        if not self._is_alone:
            with suppress(OSError, StoreAccessError):
                self.share()

    def __del__(self) -> None:
        # A workspace that nobody closed and nobody has any more writes no more.
        with suppress(Exception):
            self.release()


def _flock_owners(lines: Iterable[str], place: str) -> Iterable[int]:
    for line in lines:
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5] == place:
            yield int(words[4])
