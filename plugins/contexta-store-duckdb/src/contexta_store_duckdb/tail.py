"""The reading side of the journal: only what is new since the last look."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec

from contexta.errors import StoreAccessError
from contexta.log.damage_tally import DamageTally
from contexta.log.names import OPEN_SUFFIX, SEALED_SUFFIX, parse_file_name
from contexta.log.reader import START, Cursor, LogReader
from contexta.log.segments import look_at
from contexta_store_duckdb.entries import decode_entry, decode_fields
from contexta_store_duckdb.generation import SegmentCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from contexta.log.damage import Damage
    from contexta.log.names import FileName
    from contexta.log.reader import Chunk
    from contexta.log.segments import Segment
    from contexta_store_duckdb.entries import JournalEntry

__all__ = ["JournalTail", "UndecodableLine"]

#: Opening a segment costs as much as reading so many bytes of it.
SEGMENT_COST = 2_048
#: A directory whose time is younger than this may have changed once more under the same time.
_SETTLED_NS = 3_000_000_000


class UndecodableLine(msgspec.Struct, frozen=True):
    """A line that is whole, as its checksum shows, but no mutation.

    Args:
        segment: The segment's name.
        n: The line's number.
        offset: Where it begins, in bytes.
        reason: What is wrong with it.
    """

    segment: str
    n: int
    offset: int
    reason: str


class JournalTail:
    """Reads a journal incrementally; sealed segments that were read are never touched again.

    Not safe for threads: the view holds its lock around every call.

    Args:
        directory: The journal; it may be missing.
        strict: Whether the fields of each mutation are looked at as well; otherwise whoever uses them does.

    Attributes:
        cost: What was read so far, in bytes; opening a segment counts too.
        damages: What the log found wrong, each place once.
        undecodable: Lines that are no mutations.
        tally: The damaged lines and those that are no mutations, counted.
    """

    def __init__(self, directory: Path, *, strict: bool = False) -> None:
        self._directory = directory
        self._strict = strict
        self._text = os.fspath(directory)
        self._reader = LogReader(directory)
        self._cursors: dict[str, Cursor] = {}
        self._finished: set[str] = set()
        self._unfinished: list[FileName] = []
        self._listed_at: int | None = None
        self._held: dict[str, list[JournalEntry]] = {}
        self.cost = 0
        self.damages: dict[tuple[str, int, str], Damage] = {}
        self.undecodable: list[UndecodableLine] = []
        self.tally = DamageTally()

    @property
    def reader(self) -> LogReader:
        """The reader of the log, for liveness and verification."""
        return self._reader

    @property
    def held(self) -> list[str]:
        """Segments that end in the middle of a call: its writer died or is writing."""
        return sorted(self._held)

    def open_paths(self) -> dict[str, list[Path]]:
        """Return the files, by writer, of the segments that were not sealed when they were last looked at."""
        paths: dict[str, list[Path]] = {}
        for name in self._unfinished:
            if not name.sealed:
                paths.setdefault(name.writer, []).append(self._directory / (name.name + OPEN_SUFFIX))
        return paths

    def read_new(self, apply: Callable[[JournalEntry], None]) -> None:
        """Read what came since the last call, from all segments.

        Args:
            apply: Called with each mutation; of one segment in order, of several in any.

        Raises:
            StoreAccessError: The journal cannot be read.
            SchemaVersionError: A segment was written by a newer major version.
        """
        self._list()
        unfinished = []
        for name in self._unfinished:
            segment = look_at(self._directory, name)
            if segment is None:
                # Renamed between the listing and now, or removed: the next listing tells.
                self._listed_at = None
                continue
            if not self._read_segment(segment, apply):
                unfinished.append(name)
        self._unfinished = unfinished

    def resume(self, cursors: Iterable[SegmentCursor]) -> bool:
        """Start behind what a generation covers.

        Args:
            cursors: How far the generation read each segment.

        Returns:
            Whether the journal still is the one that the generation was built from; if not, nothing was changed.
        """
        found: dict[str, Cursor] = {}
        finished = set()
        cost = 0
        for name, offset, n in cursors:
            size, sealed = self._size_of(name)
            if size < offset:
                return False
            found[name] = Cursor(n, offset)
            cost += offset + SEGMENT_COST
            if sealed and size == offset:
                finished.add(name + SEALED_SUFFIX)
        self._cursors = found
        self._finished = finished
        self.cost = cost
        return True

    def cursors(self) -> list[SegmentCursor]:
        """Return how far each segment was read, for the next generation.

        A segment that ends within a call is left out: it is read again from its beginning, which merging allows.  So
        is one with damage, or whoever starts from the generation would never learn of it.
        """
        return [
            SegmentCursor(name, cursor.offset, cursor.n)
            for name, cursor in self._cursors.items()
            if name not in self._held and name not in self.tally.segments
        ]

    def _list(self) -> None:
        """Bring the list of unfinished segments up to date, unless the directory shows that nothing was renamed."""
        try:
            changed_at = os.stat(self._text).st_mtime_ns
            if changed_at == self._listed_at:
                return
            settled = changed_at < time.time_ns() - _SETTLED_NS
            # A file that is renamed during a listing may be missing from it; it cannot be missing from two.
            entries = {*os.listdir(self._text), *os.listdir(self._text)} - self._finished
        except (FileNotFoundError, NotADirectoryError):
            self._unfinished = []
            return
        except OSError as error:
            raise StoreAccessError(
                f"The journal {self._text} could not be listed: {error.strerror}. Check the permissions and the storage.",
                code="metadata_store_unreadable",
                details={"path": self._text, "errno": error.errno},
                cause=error,
            ) from error
        names: dict[str, FileName] = {}
        for entry in sorted(entries):
            parts = parse_file_name(entry)
            # ".open" sorts before ".seg": where both were seen, the sealed name is the later one.
            if parts is not None and parts.name + SEALED_SUFFIX not in self._finished:
                names[parts.name] = parts
        self._unfinished = list(names.values())
        self._listed_at = changed_at if settled else None

    def _read_segment(self, segment: Segment, apply: Callable[[JournalEntry], None]) -> bool:
        """Read what is new in one segment; return whether nothing can follow any more."""
        name = segment.name
        cursor = self._cursors.get(name)
        if cursor is None:
            cursor = START
            self.cost += SEGMENT_COST
        elif not segment.sealed and segment.size == cursor.offset:
            return False
        chunk = self._reader.read(segment, cursor)
        self._apply(name, chunk, apply)
        self.cost += chunk.cursor.offset - cursor.offset
        self._cursors[name] = chunk.cursor
        if chunk.finished:
            self._finished.add(name + SEALED_SUFFIX)
        return chunk.finished

    def _apply(self, name: str, chunk: Chunk, apply: Callable[[JournalEntry], None]) -> None:
        """Apply a chunk's mutations, those of one call together."""
        held = self._held.pop(name, [])
        for n, offset, line in chunk.lines:
            try:
                entry = decode_entry(line)
                if self._strict:
                    decode_fields(entry)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                self.undecodable.append(UndecodableLine(name, n, offset, str(error)))
                self.tally.note_line(name, offset)
                continue
            if entry.more:
                held.append(entry)
                continue
            for earlier in held:
                apply(earlier)
            held.clear()
            apply(entry)
        if held:
            self._held[name] = held
        self.tally.note(chunk.damages)
        for damage in chunk.damages:
            self.damages[damage.segment, damage.offset, damage.kind] = damage

    def _size_of(self, name: str) -> tuple[int, bool]:
        """Return a segment's size in bytes, -1 without one, and whether it has its sealed name."""
        # Sealed first, for most are; last the sealed name again, for a segment may be renamed in between.
        for suffix in (SEALED_SUFFIX, OPEN_SUFFIX, SEALED_SUFFIX):
            try:
                return os.stat(f"{self._text}{os.sep}{name}{suffix}").st_size, suffix == SEALED_SUFFIX
            except OSError:
                continue
        return -1, False
