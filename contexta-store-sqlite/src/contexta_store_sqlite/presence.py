"""Who writes, and whether they live: a log of its own in which every writer holds the lock of one segment."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import LogReader, LogWriter
from contexta.log.durability import Durability
from contexta.log.liveness import Liveness, LockState, judge, probe, read_header

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Presence"]


class Presence:
    """Shows that this process writes, and tells of others whether they do.

    A writer without a segment is dead: so a segment is removed when its writer closes, and those of killed ones when
    somebody else begins to write.

    Args:
        directory: The log.
        read_only: Whether this process never writes.
    """

    def __init__(self, directory: Path, *, read_only: bool) -> None:
        self._directory = directory
        self._reader = LogReader(directory)
        self._writer = LogWriter(directory, durability=Durability.FLUSH)
        self._token = f"reader{os.urandom(8).hex()}" if read_only else None
        self._shown = ""

    @property
    def writer(self) -> str:
        """The token of this process; another one after a fork."""
        return self._token or self._writer.writer_id

    def show(self) -> None:
        """Show that this process writes, from now on until it closes or dies.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The log cannot be written.
        """
        writer = self._writer.writer_id
        if self._shown != writer:
            self._forget_dead()
            self._writer.append(f'"writer":"{writer}"'.encode())
            self._shown = writer

    def liveness(self, writer: str) -> Liveness:
        """Tell whether a writer lives."""
        return self._reader.liveness(writer)

    def close(self) -> None:
        """Let go of what shows that this process writes."""
        shown, self._shown = self._shown, ""
        self._writer.close()
        if shown:
            for path in self._directory.glob(f"*{shown}*.seg"):
                with suppress(OSError):
                    path.unlink()

    def _forget_dead(self) -> None:
        """Remove the segments of writers that are dead for certain, and of those that closed and could not."""
        if not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            is_over = path.suffix == ".seg"
            if path.suffix == ".open":
                lock = probe(path)
                is_over = lock is LockState.FREE and judge(lock, read_header(path)) is Liveness.DEAD
            if is_over:
                with suppress(OSError):
                    path.unlink()
