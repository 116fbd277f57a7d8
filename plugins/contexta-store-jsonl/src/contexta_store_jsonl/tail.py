"""What the segments hold behind what the index covers, by run and by metric.

The tail lives in memory, one for each opened store, and is derived.  For each segment it knows how far it was read; for
each run the stretches of segments that hold its records, their number by type, and its series folded segment by
segment.  Of a run that the index covers in part, it knows as well where the covered records are.

A run of which two segments share an identifier, and so may hold the same record (see
:mod:`contexta_store_jsonl.repetitions`), is *contested*: it is folded from a scan of its own, which leaves repetitions
out.  Segments whose extents touch are compared first: threads that share a writer pass each other at every rotation,
and such a run must not be read from its beginning with each question.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log.reader import Cursor
from contexta_store_jsonl.folding import SeriesPart, fold
from contexta_store_jsonl.places import CHUNK_BYTES, Source, Stretch, read_lines
from contexta_store_jsonl.repetitions import Extent
from contexta_store_jsonl.rows import decode_rows
from contexta_store_jsonl.scanning import needles_of, scan_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta.spi.records import MetricSummary
    from contexta_store_jsonl.folding import Identity, SeriesPart
    from contexta_store_jsonl.index.part import CoveredRun
    from contexta_store_jsonl.index.record_index import RecordIndex
    from contexta_store_jsonl.rows import Row
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["KnownSegment", "Run", "Series", "Tail"]

#: With more segments than this to compare a run counts as contested at once.
_FEW_RIVALS = 4
#: So many sets of identifiers are kept for the next comparison.
_KEPT_SETS = 8


class RunPart:
    """What one segment holds of one run."""

    __slots__ = ("counts", "extent", "stretches")

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.counts: Counter[str] = Counter()
        self.stretches: list[Stretch] = []


class Series:
    """One metric of one run and stage: its folded parts by segment, and the summary while it holds."""

    __slots__ = ("parts", "summary")

    def __init__(self) -> None:
        self.parts: dict[str, SeriesPart] = {}
        self.summary: MetricSummary | None = None


class Run:
    """Everything known of one run.

    Attributes:
        parts: What segments hold of it behind what the index covers.
        covered: What segments hold of it that the index covers.
        series: Its series, folded from the former; of a contested run from everything.
        contested: Whether two segments may hold the same record.
        counts: Numbers by type of a contested run, without repetitions.
    """

    __slots__ = ("contested", "counts", "covered", "parts", "series")

    def __init__(self, covered: CoveredRun, *, contested: bool) -> None:
        self.parts: dict[str, RunPart] = {}
        self.covered: dict[str, RunPart] = {}
        self.series: dict[Identity, Series] = {}
        self.contested = contested
        self.counts: Counter[str] = Counter()
        # In the order of the segments, whatever parts of the index they are from.
        for extent in sorted(covered, key=lambda each: (each.segment, each.stretch.start.offset)):
            part = self.covered.get(extent.segment)
            bounds = Extent([extent.low_id, extent.high_id], [extent.low_text, extent.high_text])
            if part is None:
                part = self.covered[extent.segment] = RunPart(bounds)
            else:
                part.extent.widen(bounds)
            part.counts.update(extent.counts)
            add_stretch(part.stretches, extent.stretch)

    def number(self) -> dict[str, int]:
        """Return the number of its records by type."""
        if self.contested:
            return dict(self.counts)
        parts = [*self.covered.values(), *self.parts.values()]
        return dict(sum((part.counts for part in parts), Counter()))

    def stretches(self, segment: str) -> list[Stretch]:
        """Return the stretches of a segment that hold its records."""
        found: list[Stretch] = []
        for parts in (self.covered, self.parts):
            part = parts.get(segment)
            for stretch in part.stretches if part is not None else ():
                add_stretch(found, stretch)
        return found


class KnownSegment:
    """How far a segment was read, and with what result."""

    __slots__ = ("cursor", "finished", "flawless", "stamp")

    def __init__(self) -> None:
        self.cursor = Cursor()
        self.finished = False
        #: Whether every line so far was whole and a flat record.
        self.flawless = True
        #: Modification time of the file once it was read to its end without a flaw.
        self.stamp: int | None = None


class Tail:
    """The tail of one store.

    Args:
        reader: The log of the store.
        index: What is covered.
    """

    def __init__(self, reader: TallyingReader, index: RecordIndex) -> None:
        self._reader = reader
        self._index = index
        self.segments: list[Segment] = []
        self.known: dict[str, KnownSegment] = {}
        self.runs: dict[str, Run] = {}
        self.by_key: dict[str, dict[tuple[str, str | None], Series]] = {}
        #: Identifiers that a segment holds of a run, and how many records that were; the last used last.
        self._identifiers: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}
        for name, cursor in index.coverage.covered.items():
            known = self.known[name] = KnownSegment()
            known.cursor = cursor
            state = index.coverage.complete.get(name)
            if state is not None:
                known.finished, known.stamp = True, state.modified

    def run(self, run: str) -> Run:
        """Return what is known of a run, whether or not the tail holds any of it."""
        entry = self.runs.get(run)
        if entry is not None:
            return entry
        contested = run in self._index.coverage.contested
        entry = Run(self._index.extents([run]).get(run, []), contested=contested)
        if contested:
            # Kept, for it is folded from a scan.
            self.runs[run] = entry
            self.judge(run)
        return entry

    def unread(self, segment: Segment) -> int:
        """Bytes of a segment that were not read and are not covered."""
        known = self.known.get(segment.name)
        if known is None:
            return segment.size
        return 0 if known.finished else segment.size - known.cursor.offset

    def is_finished(self, segment: Segment) -> bool:
        """Whether a segment was read to its end, and will not grow."""
        known = self.known.get(segment.name)
        return known is not None and known.finished

    def has_shrunk(self, segment: Segment) -> bool:
        """Whether a segment is shorter than what was read of it."""
        known = self.known.get(segment.name)
        return known is not None and segment.size < known.cursor.offset

    def read(self, segment: Segment, touched: set[str]) -> None:
        """Read what is new in a segment and fold it."""
        known = self.known.setdefault(segment.name, KnownSegment())
        while not known.finished:
            chunk = self._reader.read(segment, known.cursor, max_bytes=CHUNK_BYTES)
            if chunk.lines:
                rows, lines = decode_rows(chunk.lines)
                if lines is not chunk.lines:
                    self._reader.note_undecoded(segment.name, chunk.lines, lines)
                self._meet(rows)
                for run, places in _by_run(rows):
                    part = self._fold(segment.name, run, [rows[place] for place in places])
                    # Past damage lines do not end where the next begins, so the whole stretch is kept.
                    stretch = _between(lines[places[0]], lines[places[-1]])
                    add_stretch(
                        part.stretches,
                        Stretch(known.cursor, chunk.cursor.offset) if chunk.damages else stretch,
                    )
                    touched.add(run)
                known.flawless = known.flawless and lines is chunk.lines
            known.flawless = known.flawless and not chunk.damages
            stuck = chunk.cursor == known.cursor
            known.cursor, known.finished = chunk.cursor, chunk.finished
            if stuck or known.cursor.offset >= segment.size:
                break
        if known.finished and known.flawless and segment.sealed:
            with suppress(OSError):
                known.stamp = os.stat(segment.path).st_mtime_ns

    def _meet(self, rows: Sequence[Row]) -> None:
        """Make entries for the runs that are met for the first time, with what the index covers of them."""
        new = {row.run for row in rows}.difference(self.runs)
        covered = self._index.extents(sorted(new)) if new else {}
        for run in new:
            self.runs[run] = Run(covered.get(run, []), contested=run in self._index.coverage.contested)

    def _fold(self, segment: str, run: str, own: Sequence[Row]) -> RunPart:
        """Fold some rows of one run and segment."""
        ids = [row.id for row in own]
        extent = Extent(ids, [row.time for row in own])
        entry = self.runs[run]
        if not entry.contested:
            # Of two segments, the one that is read later is compared with the other.
            rivals, covered = (
                [name for name, other in parts.items() if name != segment and other.extent.may_share(extent)]
                for parts in (entry.parts, entry.covered)
            )
            entry.contested = (bool(rivals) and self._any_shared(run, entry.parts, rivals, ids)) or (
                bool(covered) and self._index.holds_any(run, covered, ids)
            )
        part = entry.parts.get(segment)
        if part is None:
            part = entry.parts[segment] = RunPart(extent)
        else:
            part.extent.widen(extent)
        part.counts.update([row.type for row in own])
        if not entry.contested:
            fresh: dict[Identity, SeriesPart] = {}
            fold(own, fresh)
            self._take(entry, run, segment, fresh)
        return part

    def _any_shared(
        self, run: str, parts: Mapping[str, RunPart], rivals: Sequence[str], ids: Iterable[str]
    ) -> bool:
        """Whether one of a run's segments may hold one of some identifiers."""
        if len(rivals) > _FEW_RIVALS:
            return True
        own = frozenset(ids)
        for name in rivals:
            count = parts[name].counts.total()
            key = (name, run)
            known = self._identifiers.pop(key, None)
            if known is None or known[0] != count:
                known = self._read_identifiers(name, run, parts[name])
            self._identifiers[key] = known
            if len(self._identifiers) > _KEPT_SETS:
                del self._identifiers[next(iter(self._identifiers))]
            # Fewer than were folded: damaged since, so what is in the way is not known.
            if known[0] != count or not own.isdisjoint(known[1]):
                return True
        return False

    def _read_identifiers(self, segment: str, run: str, part: RunPart) -> tuple[int, frozenset[str]]:
        """Read the identifiers that a segment holds of a run, and how many records that are."""
        ids: list[str] = []
        for source in self.segments:
            if source.name == segment:
                for lines in read_lines(self._reader, source, part.stretches, needles_of({"run": run})):
                    ids += [row.id for row in decode_rows(lines)[0] if row.run == run]
        return len(ids), frozenset(ids)

    def _take(self, entry: Run, run: str, segment: str, fresh: dict[Identity, SeriesPart]) -> None:
        """Join freshly folded parts to the series of a run."""
        for identity, part in fresh.items():
            series = entry.series.get(identity)
            if series is None:
                series = entry.series[identity] = Series()
                stage, key = identity
                self.by_key.setdefault(key or "", {})[run, stage] = series
            known = series.parts.get(segment)
            if known is None:
                part.segment = segment
                series.parts[segment] = part
            else:
                known.extend(part)
            series.summary = None

    def judge(self, run: str) -> None:
        """Fold a contested run anew, from a scan that leaves repetitions out."""
        entry = self.runs[run]
        if not entry.contested:
            return
        places = [(segment, entry.stretches(segment.name)) for segment in self.segments]
        sources = [Source(segment, stretches) for segment, stretches in places if stretches]
        folded: dict[Identity, SeriesPart] = {}
        entry.counts = Counter()
        for rows in scan_rows(self._reader, sources, run):
            entry.counts.update([row.type for row in rows])
            fold(rows, folded)
        for series in entry.series.values():
            series.parts.clear()
        self._take(entry, run, "", folded)


def _by_run(rows: Sequence[Row]) -> Iterable[tuple[str, Sequence[int]]]:
    """Group rows by run, as places in their sequence."""
    if len({row.run for row in rows}) == 1:
        return [(rows[0].run, range(len(rows)))]
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.run, []).append(place)
    return places.items()


def _between(first: Line, last: Line) -> Stretch:
    """Return the stretch from one line to the end of another."""
    return Stretch(Cursor(first[0], first[1]), last[1] + len(last[2]) + 1)


def add_stretch(stretches: list[Stretch], stretch: Stretch) -> None:
    """Add a stretch, joined to the one before where they touch."""
    if stretches and stretches[-1].end == stretch.start.offset:
        stretch = Stretch(stretches.pop().start, stretch.end)
    stretches.append(stretch)
