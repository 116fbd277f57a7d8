"""Following a run through the segments: each byte that is new is read once.

The first look reads what the index knows of the run.  After it, every segment has a cursor, and only open segments can
grow.  A compaction puts a new segment in the place of sealed ones that were read before; what it holds is told from
what is new by the records that were yielded last.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from contexta.log.reader import START, Cursor
from contexta.spi.records import StoredFlatRecord
from contexta_store_jsonl.places import CHUNK_BYTES
from contexta_store_jsonl.rows import decode_record
from contexta_store_jsonl.scanning import needles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from contexta.log.segments import Segment
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["follow_run"]

#: So many identifiers are remembered: far more than one writer appends between two looks.
_REMEMBERED = 100_000


def follow_run(
    reader: TallyingReader, run: str, scan: Callable[[], Iterable[StoredFlatRecord]]
) -> Iterator[Sequence[StoredFlatRecord]]:
    """Yield the records of a run so far, and then what came since the last look; see ``SupportsFollowing``.

    Args:
        reader: The log.
        run: Reference of the run.
        scan: Reads the records so far.
    """
    following = _Following(reader, run)
    yield following.begin(scan)
    while True:
        yield following.look()


class _Following:
    def __init__(self, reader: TallyingReader, run: str) -> None:
        self._reader = reader
        self._run = run
        self._needle = needles_of({"run": run})[0]
        self._cursors: dict[str, Cursor] = {}
        #: By segment, the offset of the last record that was yielded from it.
        self._yielded: dict[str, int] = {}
        #: Segments in which nothing new can come.
        self._finished: set[str] = set()
        #: Time and identifier of the records that were yielded last.
        self._latest: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)

    def begin(self, scan: Callable[[], Iterable[StoredFlatRecord]]) -> list[StoredFlatRecord]:
        """Read what there is, and note where to go on."""
        with self._reader.hold():
            listed = self._reader.segments()
            found = list(scan())
        # The scan made a list of its own: of a segment that came between, it tells where to go on.
        for each in found:
            self._cursors[each.segment] = Cursor(each.sequence, each.offset)
        self._finished = {each.name for each in listed if each.sealed}
        self._note(found)
        return found

    def look(self) -> list[StoredFlatRecord]:
        """Read what is new."""
        found: list[StoredFlatRecord] = []
        with self._reader.hold():
            for segment in self._reader.segments():
                if segment.name not in self._finished:
                    fresh = list(self._read(segment))
                    found += self._unknown(fresh) if segment.compacted else fresh
        self._note(found)
        return found

    def _note(self, found: Sequence[StoredFlatRecord]) -> None:
        self._latest.extend((each.record["time"], each.record["id"]) for each in found[-_REMEMBERED:])
        for each in found:
            self._yielded[each.segment] = each.offset

    def _unknown(self, found: Sequence[StoredFlatRecord]) -> list[StoredFlatRecord]:
        """Return what was not yielded before of a segment that stands in the place of others."""
        known = {identifier for _, identifier in self._latest}
        # Of what is older than all that is remembered, nothing can be new.
        oldest = self._latest[0][0] if len(self._latest) == _REMEMBERED else ""
        return [each for each in found if each.record["id"] not in known and each.record["time"] >= oldest]

    def _read(self, segment: Segment) -> Iterator[StoredFlatRecord]:
        cursor = self._cursors.get(segment.name, START)
        yielded = self._yielded.get(segment.name, -1)
        while True:
            chunk = self._reader.read(segment, cursor, max_bytes=CHUNK_BYTES)
            for sequence, offset, line in chunk.lines:
                if offset > yielded and self._needle in line:
                    record = decode_record(line)
                    if record is not None and record["run"] == self._run:
                        yield StoredFlatRecord(record, segment.name, sequence, offset)
            stuck = chunk.cursor == cursor
            self._cursors[segment.name] = cursor = chunk.cursor
            if chunk.finished or chunk.gone:
                self._finished.add(segment.name)
            if chunk.finished or chunk.gone or stuck:
                return
