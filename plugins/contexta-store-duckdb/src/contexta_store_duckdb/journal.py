"""The writing side of the journal: mutations become lines under a hybrid clock."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.log import forks
from contexta.log.clock import HybridClock
from contexta.log.durability import Durability
from contexta.log.writer import LogWriter
from contexta_store_duckdb.entries import encode_entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.metadata import Mutation

__all__ = ["Journal"]

_STAMP_LENGTH = 16
#: Lines that are written again with one write.
_BATCH = 1_000
_BEGINNING = "0" * _STAMP_LENGTH


class Journal:
    """Appends mutations to segments of this process's own.

    Args:
        directory: Where the segments are; created with the first mutation.
        durability: ``"fsync"``, ``"flush"`` or ``"interval"``.
        max_segment_bytes: Size at which segments are rotated, in bytes.
    """

    def __init__(self, directory: Path, *, durability: str, max_segment_bytes: int) -> None:
        self._log = LogWriter(
            directory, durability=Durability(durability), max_segment_bytes=max_segment_bytes
        )
        self._clock = HybridClock()
        self._latest = _BEGINNING
        forks.register(self, level=1)

    @property
    def writer(self) -> str:
        """The token of this process as a writer; another one after a fork."""
        return self._log.writer_id

    def append(self, mutations: Sequence[Mutation]) -> None:
        """Append mutations with one write and, where the durability asks for it, one sync.

        Raises:
            SerializationError: A value is no JSON value; nothing was written.
            ValidationError: A mutation is too large for a line; nothing was written.
            StorageFullError: There is no space; nothing was written.
            StoreAccessError: The journal cannot be written.
        """
        last = len(mutations) - 1
        writer = self._log.writer_id
        entries = []
        for position, mutation in enumerate(mutations):
            self._latest = stamp = self._clock.tick()
            entries.append(encode_entry(f"{stamp}-{writer}", mutation, more=position < last))
        if last == 0:
            self._log.append(entries[0])
        else:
            self._log.append_many(entries)

    def write_again(self, members: Sequence[bytes]) -> None:
        """Write mutations that were written before, under the clocks that they have; on stable storage at the return.

        Args:
            members: Lines of a journal without their numbers, checksums and braces.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The journal cannot be written.
        """
        for start in range(0, len(members), _BATCH):
            self._log.append_many(members[start : start + _BATCH])
        self._log.sync()

    def observe(self, clock: str) -> None:
        """Take note of the clock of a line that was read, so that what is written next sorts behind it."""
        stamp = clock[:_STAMP_LENGTH]
        # A foreign line with a strange clock is merged as it sorts; it must not stop this process from writing.
        with suppress(ValidationError):
            self._clock.observe(stamp)
            self._latest = max(self._latest, stamp)

    def rest(self) -> None:
        """Seal the open segment, and go on with the next mutation.

        Raises:
            StoreAccessError: What was appended could not be synced.
        """
        self._log.seal_open_segment()

    def close(self) -> None:
        """Seal the open segment; closing twice is harmless.

        Raises:
            StoreAccessError: What was appended could not be synced.
        """
        self._log.close()

    def before_fork(self) -> None:
        """Nothing to bring to rest: the log takes its own locks."""

    def after_fork_in_parent(self) -> None:
        """Nothing to release."""

    def after_fork_in_child(self) -> None:
        """Go on with a clock of its own: another thread may have been in the old one while this one forked."""
        clock = HybridClock()
        clock.observe(self._latest)
        self._clock = clock
