"""Reservations: which bodies a living process is about to bind.

Between taking a body in and binding it there is a moment in which nothing is bound to it; a garbage collection must not
take it then.  So each process writes the digest into a file of its own before it looks whether the body is there, and
keeps the file locked.  The lock is the kernel's: the reservations of a process end with it.  Writing a digest and
removing a body exclude each other by one short lock, so a body that was found to be there after it was reserved stays.

A source that is handed over by moving is gone when its body is kept.  Before that the file says so (``!``), on stable
storage, and whoever collects sets such a body aside instead of removing it.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import StoreAccessError
from contexta.log import filesystem, forks
from contexta.log.fork_lock import ForkLock
from contexta_store_files.layout import is_digest
from contexta_store_files.mutex import Hold, hold

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from contexta_store_files.layout import Layout

__all__ = ["ReservationFile", "Reservations", "read_reservations"]

_PATIENCE_SECONDS = 10.0
_RESERVED, _RELEASED, _MOVED = "+", "-", "!"


class Reservations:
    """The reservations of one opening of the store.

    Args:
        layout: Where things are.
        durable: Whether it is on stable storage that a source was handed over, before it is removed.
    """

    def __init__(self, layout: Layout, *, durable: bool) -> None:
        self._layout = layout
        self._durable = durable
        self._lock = ForkLock(level=1)
        self._begin()
        forks.register(self, level=2)

    def _begin(self) -> None:
        self._descriptor = -1
        self._path: Path | None = None
        self._size = 0
        self._counts: Counter[str] = Counter()
        self._moved: set[str] = set()
        self._members: dict[str, list[str]] = {}

    def reserve(self, digest: str) -> None:
        """Keep a body from being collected, from now on until it is released.

        Raises:
            OSError: The reservation cannot be written.
            StoreAccessError: A garbage collection does not let go (``artifact_store_busy``).
        """
        with self._lock:
            filesystem.create_private_directory(self._layout.root)
            lock = hold(self._layout.collection_lock, shared=True, patience_seconds=_PATIENCE_SECONDS)
            with lock as state:
                if state is Hold.BUSY:
                    raise StoreAccessError(
                        f"A garbage collection of {self._layout.root} has stopped in the middle; end that process, "
                        "and repeat the call.",
                        code="artifact_store_busy",
                        retryable=True,
                    )
                if self._descriptor < 0:
                    self._create()
                self._write(_RESERVED, digest)
            self._counts[digest] += 1

    def join(self, digest: str, members: Iterable[str]) -> None:
        """Have reserved bodies released together with the one that names them."""
        with self._lock:
            self._members.setdefault(digest, []).extend(members)

    def note_moved(self, digests: Iterable[str]) -> None:
        """Note that the sources of reserved bodies are about to be removed.

        Raises:
            OSError: It cannot be written; the sources must stay.
        """
        with self._lock:
            for digest in digests:
                self._write(_MOVED, digest)
                self._moved.add(digest)
            if self._durable:
                filesystem.sync_file(self._descriptor)
                filesystem.sync_directory(self._layout.reservations)

    def release(self, digests: Iterable[str], *, bound: bool = True) -> None:
        """End reservations, because the bodies are bound or not wanted any more; never raises.

        Args:
            digests: The bodies; each counts once.
            bound: Whether something is bound to them now.
        """
        with self._lock:
            waiting = list(digests)
            while waiting:
                digest = waiting.pop()
                if digest not in self._counts:
                    continue
                self._counts[digest] -= 1
                if not self._counts[digest]:
                    del self._counts[digest]
                    waiting += self._members.pop(digest, ())
                if bound:
                    self._moved.discard(digest)
                with suppress(OSError):
                    self._write(_RELEASED, digest)
            if not self._counts:
                self._end()

    def close(self) -> None:
        """End all reservations; a note that a source was handed over stays for whoever collects."""
        with self._lock:
            self._counts.clear()
            self._end()

    def before_fork(self) -> None:
        """Nothing to bring to rest: the lock is."""

    def after_fork_in_parent(self) -> None:
        """Nothing to set going."""

    def after_fork_in_child(self) -> None:
        """Begin anew: what the parent reserved is the parent's."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._begin()

    def _create(self) -> None:
        """Create the file and lock it; nobody else may look at it before."""
        filesystem.create_private_directory(self._layout.reservations)
        path = self._layout.reservations / token_hex(8)
        self._descriptor = filesystem.create_file(path)
        self._path, self._size = path, 0
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _write(self, sign: str, digest: str) -> None:
        line = f"{sign}{digest}\n".encode()
        filesystem.write_all(self._descriptor, line, self._size)
        self._size += len(line)

    def _end(self) -> None:
        if self._descriptor < 0:
            return
        if self._path is not None and not self._moved:
            with suppress(OSError):
                filesystem.remove_file(self._path)
        os.close(self._descriptor)
        self._begin()


class ReservationFile(NamedTuple):
    """What one process reserved.

    Attributes:
        path: Its file.
        living: Whether the process still has it.
        reserved: Digests of the bodies.
        moved: Those whose sources were handed over, and are gone.
    """

    path: Path
    living: bool
    reserved: frozenset[str]
    moved: frozenset[str]


def read_reservations(layout: Layout) -> list[ReservationFile]:
    """Read the reservations of all processes; only under the exclusive lock are they all of them.

    Raises:
        OSError: They cannot be read.
    """
    try:
        names = sorted(os.listdir(layout.reservations))
    except FileNotFoundError:
        return []
    return [found for name in names for found in _read(layout.reservations / name)]


def _read(path: Path) -> Iterator[ReservationFile]:
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, IsADirectoryError):
        return
    try:
        living = not _is_free(descriptor)
        content = filesystem.read_exactly(descriptor, os.fstat(descriptor).st_size, 0)
    finally:
        os.close(descriptor)
    counts: Counter[str] = Counter()
    moved: set[str] = set()
    for line in content.decode("ascii", "replace").splitlines():
        sign, digest = line[:1], line[1:]
        if not is_digest(digest):
            continue
        if sign == _RESERVED:
            counts[digest] += 1
        elif sign == _RELEASED:
            counts[digest] -= 1
        elif sign == _MOVED:
            moved.add(digest)
    yield ReservationFile(path, living, frozenset(+counts), frozenset(moved))


def _is_free(descriptor: int) -> bool:
    """Return whether nobody holds a file's lock; without locks nobody can tell, so somebody does."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
