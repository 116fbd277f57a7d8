"""All bindings as they stand now, kept in memory and brought up to date by reading new bytes only."""

from __future__ import annotations

from bisect import insort
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from contexta.log.reader import START
from contexta_store_files.entries import decode_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.log.chunks import Cursor
    from contexta.log.reader import LogReader
    from contexta.log.segments import Segment
    from contexta_store_files.entries import BindingEntry

__all__ = ["BindingView", "Place"]


class Place(NamedTuple):
    """Where a binding stands in the order of all bindings: first by clock, then by writer."""

    at: str
    writer: str
    segment: int
    n: int


class BindingView:
    """The bindings that hold, whatever order their lines were read in.

    The lines of a reference are taken in the order of their clocks.  It holds its first binding with content; until
    there is one, its first binding without; a line that lets go of it begins anew.  Another line with other content
    can only come from two processes that bound at the same moment without a lock; it is kept aside as a conflict.

    Args:
        reader: The journal.
        observe: Called with the clock stamp of each line read.
    """

    def __init__(self, reader: LogReader, observe: Callable[[str], None]) -> None:
        self._reader = reader
        self._observe = observe
        self._cursors: dict[str, Cursor] = {}
        self._finished: set[str] = set()
        self._lines: dict[str, list[tuple[Place, BindingEntry]]] = {}
        self._holding: dict[str, tuple[Place, BindingEntry]] = {}
        self._runs: dict[str | None, set[str]] = {}
        self._conflicts: dict[str, set[str]] = {}
        self._strange: list[str] = []
        #: Number of lines read so far.
        self.line_count = 0

    def refresh(self) -> None:
        """Read what was appended since the last call, by whichever process.

        Raises:
            StoreAccessError: The journal cannot be read.
            SchemaVersionError: A newer version wrote it.
        """
        for segment in self._reader.segments():
            if segment.name in self._finished:
                continue
            cursor = self._cursors.get(segment.name, START)
            if not segment.sealed and segment.size == cursor.offset:
                continue
            self._read(segment, cursor)

    def find(self, artifact_ref: str) -> BindingEntry | None:
        """Return the binding that a reference holds."""
        held = self._holding.get(artifact_ref)
        return None if held is None else held[1]

    def entries(self, run_ref: str | None = None) -> list[BindingEntry]:
        """Return all bindings, or those of one run, in the order of binding."""
        if run_ref is None:
            held = list(self._holding.values())
        else:
            held = [self._holding[artifact] for artifact in self._runs.get(run_ref, ())]
        return [entry for _, entry in sorted(held, key=lambda pair: pair[0])]

    def conflicts(self) -> dict[str, list[str]]:
        """Return the references with further content, and the digests that do not hold."""
        return {artifact: sorted(digests) for artifact, digests in sorted(self._conflicts.items())}

    def strange_lines(self) -> list[str]:
        """Return the places of lines that are whole but no bindings."""
        return sorted(self._strange)

    def _read(self, segment: Segment, cursor: Cursor) -> None:
        chunk = self._reader.read(segment, cursor)
        for n, _, line in chunk.lines:
            entry = decode_entry(line)
            if entry is None:
                self._strange.append(f"{segment.name}:{n}")
                continue
            self._observe(entry.at)
            self._apply(Place(entry.at, segment.writer, segment.index, n), entry)
        self._cursors[segment.name] = chunk.cursor
        if chunk.finished:
            self._finished.add(segment.name)

    def _apply(self, place: Place, entry: BindingEntry) -> None:
        self.line_count += 1
        lines = self._lines.setdefault(entry.artifact, [])
        insort(lines, (place, entry), key=itemgetter(0))
        held, losing = _fold(lines)
        self._hold(entry.artifact, held)
        if losing:
            self._conflicts[entry.artifact] = losing
        else:
            self._conflicts.pop(entry.artifact, None)

    def _hold(self, artifact: str, held: tuple[Place, BindingEntry] | None) -> None:
        before = self._holding.pop(artifact, None)
        if before is not None:
            self._runs[before[1].run_ref].discard(artifact)
        if held is not None:
            self._holding[artifact] = held
            self._runs.setdefault(held[1].run_ref, set()).add(artifact)


def _fold(
    lines: list[tuple[Place, BindingEntry]],
) -> tuple[tuple[Place, BindingEntry] | None, set[str]]:
    """Return what a reference holds after its lines, and the digests that lost against it."""
    held: tuple[Place, BindingEntry] | None = None
    losing: set[str] = set()
    for line in lines:
        digest = line[1].digest
        if line[1].unbound:
            held, losing = None, set()
        elif held is None or (held[1].digest is None and digest is not None):
            held = line
        elif digest is not None and digest != held[1].digest:
            losing.add(digest)
    return held, losing
