"""A segment while its writer writes it: created under its lock, healed after a failure, sealed, let go."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.frame import check, encode_marker
from contexta.log.identity import SegmentHeader, header_members, this_place
from contexta.log.liveness import take_lock
from contexta.log.names import OPEN_SUFFIX, SEALED_SUFFIX, TEMPORARY_PREFIX, segment_name
from contexta.log.seal import Seal, hash_prefix, parse_seal, seal_members

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.errors import StoreAccessError

__all__ = ["OpenSegment", "remove_leftovers"]

_CREATE_ATTEMPTS = 8
#: A temporary file younger than this may be about to be locked.
_LEFTOVER_SECONDS = 60.0


class OpenSegment:
    """One segment that this process writes.

    Attributes:
        name: Name without suffix.
        index: Number among the writer's segments.
        descriptor: The file; its lock is held for as long as this is open.
        tail: Lines written and the offset behind the last of them; one attribute, so that it changes in one step.
        synced: Offset up to which the file is on stable storage.
        unsettled: A write is under way, or was interrupted, or the seal is written: look before the next append.
        failure: Why nothing more may be written here.
        reported: Whether ``failure`` was raised to anybody.
        seal_hash: Hash in the seal line once that is written.
        directory_unsynced: Whether the file's name is not on stable storage yet.
    """

    __slots__ = (
        "descriptor",
        "directory",
        "directory_unsynced",
        "failure",
        "index",
        "name",
        "reported",
        "seal_hash",
        "synced",
        "tail",
        "unsettled",
    )

    def __init__(self, directory: Path, name: str, index: int, descriptor: int, size: int) -> None:
        self.directory = directory
        self.name = name
        self.index = index
        self.descriptor = descriptor
        self.tail = (1, size)
        self.synced = 0
        self.unsettled = False
        self.failure: StoreAccessError | None = None
        self.reported = False
        self.seal_hash: str | None = None
        self.directory_unsynced = True

    @classmethod
    def create(
        cls,
        directory: Path,
        writer: str,
        index: int,
        created: int,
        previous: tuple[str, str | None] | None,
        held: list[OpenSegment],
        *,
        synced: bool,
    ) -> OpenSegment:
        """Create a segment: locked and headed first, visible then.

        Args:
            directory: The log; it exists.
            writer: The writer's token.
            index: Number among the writer's segments.
            created: Microseconds since the epoch.
            previous: Name of the segment before this one and the hash in its seal, if it has one.
            held: Where the segment is noted before its lock is taken, so that no interrupt can lose it.
            synced: Whether the header and then the name go to stable storage at once.

        Returns:
            The segment.

        Raises:
            OSError: The operating system refused; nothing is left behind.
        """
        header = SegmentHeader(writer, index, created, os.getpid(), this_place(), *(previous or (None, None)))
        line = encode_marker(0, header_members(header))
        name = segment_name(created, writer, index)
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            temporary = directory / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}"
            descriptor = filesystem.create_file(temporary)
            segment = cls(directory, name, index, descriptor, len(line))
            held.append(segment)
            try:
                if take_lock(descriptor):
                    segment._make_visible(temporary, line, synced=synced)
                    return segment
                segment.discard(temporary)
            except FileNotFoundError:
                # Another writer's clean-up took the file between its creation and its lock.
                segment.discard(temporary)
                if attempt == _CREATE_ATTEMPTS:
                    raise
            except BaseException:
                segment.discard(temporary)
                segment.remove()
                raise
        raise BlockingIOError("a temporary file of this process is locked by another one")

    def _make_visible(self, temporary: Path, header: bytes, *, synced: bool) -> None:
        """Write the header, then give the locked file its name."""
        filesystem.write_all(self.descriptor, header, 0)
        if synced:
            filesystem.sync_file(self.descriptor)
            self.synced = len(header)
        filesystem.replace(temporary, self.path)
        if synced:
            filesystem.sync_directory(self.directory)
            self.directory_unsynced = False

    @property
    def path(self) -> Path:
        """The file while it is open."""
        return self.directory / f"{self.name}{OPEN_SUFFIX}"

    def settle(self) -> None:
        """Make ``tail`` and the file agree after a write that failed or was interrupted.

        Whole lines stay, for a reader may have seen them; anything else was seen by nobody and is cut off.

        Raises:
            OSError: The file can be neither read nor cut.
        """
        count, size = self.tail
        rest = filesystem.read_exactly(
            self.descriptor, max(0, os.fstat(self.descriptor).st_size - size), size
        )
        lines = rest.split(b"\n")
        if not lines.pop() and lines and all(check(line) == count + i for i, line in enumerate(lines)):
            seal = parse_seal(lines[-1])
            self.seal_hash = self.seal_hash if seal is None else seal.sha256
            self.tail = (count + len(lines), size + len(rest))
        elif rest:
            filesystem.truncate_file(self.descriptor, size)
        # Nothing may ever follow a seal, so a sealed segment never counts as settled.
        self.unsettled = self.seal_hash is not None

    def sync(self) -> None:
        """Bring the segment, and at first its name, to stable storage.  The caller holds the sync lock.

        Raises:
            OSError: The storage failed; the segment must be given up.
        """
        target = self.tail[1]
        filesystem.sync_file(self.descriptor)
        if self.directory_unsynced:
            filesystem.sync_directory(self.directory)
            self.directory_unsynced = False
        # A signal handler may have synced more than this call did.
        self.synced = max(self.synced, target)

    def write_seal(self) -> None:
        """Write the seal line; the caller syncs.  The segment stays :attr:`unsettled`: nothing may follow.

        Raises:
            OSError: It could not be written.
        """
        count, size = self.tail
        digest = hash_prefix(self.descriptor, size)
        line = encode_marker(count, seal_members(Seal(count, digest)))
        self.unsettled = True
        filesystem.write_all(self.descriptor, line, size)
        self.seal_hash = digest
        self.tail = (count + 1, size + len(line))

    def rename_sealed(self) -> None:
        """Give the file its sealed name.

        Raises:
            OSError: It keeps its open name, which readers accept too.
        """
        filesystem.replace(self.path, self.directory / f"{self.name}{SEALED_SUFFIX}")
        filesystem.sync_directory(self.directory)

    def remove(self) -> None:
        """Remove a segment that holds no record."""
        with suppress(OSError):
            filesystem.remove_file(self.path)

    def discard(self, temporary: Path) -> None:
        """Take back a file that did not become visible."""
        with suppress(OSError):
            filesystem.remove_file(temporary)
        self.release()

    def release(self) -> None:
        """Close the file and let go of its lock."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            # No call stands between the two steps: an interrupt there would leave the lock to nobody.
            try:  # noqa: SIM105
                os.close(descriptor)
            except OSError:
                pass


def remove_leftovers(directory: Path) -> None:
    """Remove temporary files that dead writers left; whatever cannot be removed is harmless.

    Args:
        directory: The log.
    """
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY_PREFIX):
                _remove_if_dead(directory / entry.name)


def _remove_if_dead(temporary: Path) -> None:
    """Remove one temporary file unless it is young or its maker lives."""
    with suppress(OSError):
        descriptor = os.open(temporary, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        try:
            age = time.time() - os.fstat(descriptor).st_mtime
            if age >= _LEFTOVER_SECONDS and take_lock(descriptor):
                filesystem.remove_file(temporary)
        finally:
            os.close(descriptor)
