"""Temporary files of an ingest: locked while it lives, removed by the next ingest when it died.

The first file of a staging, ``.tmp-<id>``, carries the lock; further ones are ``.tmp-<id>-<number>``.  The first is
created first and removed last, so a further one without it belongs to nobody.  The lock is the kernel's: it ends
with the process, whatever ended that, and process ids mean nothing here.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Self

from contexta.log import filesystem

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TEMPORARY_PREFIX", "Staging", "find_leftovers", "remove_leftovers"]

TEMPORARY_PREFIX = ".tmp-"
_ID_LENGTH = len(TEMPORARY_PREFIX) + 16
_ATTEMPTS = 16
# Where nothing can be locked, only age tells that nobody is at work any more.
_ABANDONED_SECONDS = 86_400


class Staging:
    """The temporary files of one ingest; closing removes those that were not moved away.

    Args:
        directory: Where they are, on the file system of the bodies.

    Raises:
        OSError: The first file cannot be created.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._others: list[Path] = []
        for _ in range(_ATTEMPTS):
            self.path = directory / f"{TEMPORARY_PREFIX}{token_hex(8)}"
            self.descriptor = filesystem.create_file(self.path)
            if _lock(self.descriptor) is not False and _leads_to(self.path, self.descriptor):
                return
            # A sweep met the file between its creation and its lock, and took it for a leftover.
            os.close(self.descriptor)
        raise FileExistsError(f"no temporary file in {directory} could be locked")

    def further(self) -> tuple[Path, int]:
        """Create one more file.

        Returns:
            Its path, and its descriptor, which the caller closes.

        Raises:
            OSError: It cannot be created.
        """
        path = self._directory / f"{self.path.name}-{len(self._others)}"
        descriptor = filesystem.create_file(path)
        self._others.append(path)
        return path, descriptor

    def linked(self, source: Path) -> Path:
        """Give a file a second name here, without a copy.

        Raises:
            OSError: It cannot be linked, on another file system foremost.
        """
        path = self._directory / f"{self.path.name}-{len(self._others)}"
        os.link(source, path, follow_symlinks=False)
        self._others.append(path)
        return path

    def close(self) -> None:
        """Remove what is left and let go of the lock; never raises."""
        for path in [*self._others, self.path]:
            with suppress(OSError):
                filesystem.remove_file(path)
        with suppress(OSError):
            os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files of dead processes; what cannot be removed is harmless."""
    for path, lock in _dead(directory):
        try:
            with suppress(OSError):
                filesystem.remove_file(path)
        finally:
            os.close(lock)


def find_leftovers(directory: Path) -> list[Path]:
    """List the temporary files of dead processes."""
    found = []
    for path, lock in _dead(directory):
        os.close(lock)
        found.append(path)
    return sorted(found)


def _dead(directory: Path) -> Iterator[tuple[Path, int]]:
    """Yield each dead file with a descriptor that holds its lock, further files before the first of their staging."""
    try:
        with os.scandir(directory) as entries:
            names = sorted((e.name for e in entries if e.name.startswith(TEMPORARY_PREFIX)), reverse=True)
    except OSError:
        return
    for name in names:
        path = directory / name
        owner = directory / name[:_ID_LENGTH]
        try:
            lock = os.open(owner, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            with suppress(OSError):
                yield path, os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            continue
        except OSError:
            # A body is made read-only shortly before it is moved away; only its owner's lock matters.
            try:
                lock = os.open(owner, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            except OSError:
                continue
        if _is_dead(owner, lock):
            yield path, lock
        else:
            os.close(lock)


def _is_dead(owner: Path, descriptor: int) -> bool:
    locked = _lock(descriptor)
    if locked is None:
        with suppress(OSError):
            return time.time() - os.fstat(descriptor).st_mtime > _ABANDONED_SECONDS
        return False
    # A staging that ended well moved its file away and let go of the lock: then the name leads nowhere.
    return locked and _leads_to(owner, descriptor)


def _lock(descriptor: int) -> bool | None:
    """Take a file's lock: True taken, False held by another, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False
