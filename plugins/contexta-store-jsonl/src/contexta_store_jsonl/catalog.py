"""What the segments hold, by run and by metric, kept up to date by reading nothing but new bytes.

The catalogue lives in memory, one for each opened store, and is derived: it is built from the segments by the first
question that needs it, and brought up to date by every later one.  For each segment it knows how far it was read; for
each run the stretches of segments that hold its records, their number by type, and its series folded segment by
segment.  Folded parts are joined in the order of the segments, so the answers are those of a scan whatever came first.

A run of which two segments share an identifier, and so may hold the same record (see
:mod:`contexta_store_jsonl.repetitions`), is *contested*: it is folded from a scan of its own, which leaves repetitions
out.  Segments whose extents touch are compared first: threads that share a writer pass each other at every rotation,
and such a run must not be read from its beginning with each question.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import forks
from contexta.log.reader import Cursor
from contexta_store_jsonl.folding import SeriesPart, fold, summarize
from contexta_store_jsonl.places import CHUNK_BYTES, Source, Stretch, read_lines
from contexta_store_jsonl.repetitions import Extent
from contexta_store_jsonl.rows import decode_rows
from contexta_store_jsonl.scanning import needles_of, scan_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta.spi.records import MetricSummary
    from contexta_store_jsonl.folding import Identity
    from contexta_store_jsonl.rows import Row
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["PATIENCE", "Catalog"]

#: So many questions in a row are answered by searching raw bytes; the next one is worth reading everything, which costs
#: about as much as all of these searches together.
PATIENCE = 16
#: With more segments than this to compare a run counts as contested at once.
_FEW_RIVALS = 4
#: So many sets of identifiers are kept for the next comparison.
_KEPT_SETS = 8


class _RunPart:
    """What one segment holds of one run."""

    __slots__ = ("counts", "extent", "stretches")

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.counts: Counter[str] = Counter()
        self.stretches: list[Stretch] = []


class _Series:
    """One metric of one run and stage: its folded parts by segment, and the summary while it holds."""

    __slots__ = ("parts", "summary")

    def __init__(self) -> None:
        self.parts: dict[str, SeriesPart] = {}
        self.summary: MetricSummary | None = None


class _Run:
    """Everything known of one run."""

    __slots__ = ("contested", "counts", "parts", "series")

    def __init__(self) -> None:
        self.parts: dict[str, _RunPart] = {}
        self.series: dict[Identity, _Series] = {}
        self.contested = False
        #: Numbers of a contested run, without repetitions.
        self.counts: Counter[str] = Counter()


class _Known:
    """How far a segment was read, and with what result."""

    __slots__ = ("cursor", "finished", "flawless", "stamp")

    def __init__(self) -> None:
        self.cursor = Cursor()
        self.finished = False
        #: Whether every line so far was whole and a flat record.
        self.flawless = True
        #: Modification time of the file once it was read to its end without a flaw.
        self.stamp: int | None = None


class Catalog:
    """The catalogue of one store.

    Args:
        reader: The log of the store.
    """

    def __init__(self, reader: TallyingReader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._forget()
        forks.register(self, level=1)

    def _forget(self) -> None:
        """Take the state of a catalogue that has read nothing."""
        self._declined = 0
        self._segments: list[Segment] = []
        self._entries: frozenset[str] = frozenset()
        self._known: dict[str, _Known] = {}
        self._runs: dict[str, _Run] = {}
        self._by_key: dict[str, dict[tuple[str, str | None], _Series]] = {}
        #: Identifiers that a segment holds of a run, and how many records that were; the last used last.
        self._identifiers: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}

    # -- questions ----------------------------------------------------------------------------------------------

    def sources(self, run: str, *, unread_limit: int) -> tuple[list[Source], bool]:
        """Tell where the records of a run are.

        Args:
            run: Reference of the run.
            unread_limit: Bytes not read so far; with more the catalogue stays as it is, and what it has not read
                is given as to be searched.

        Returns:
            The sources in the order of the segments, and whether it is known that none repeats another.
        """
        with self._lock:
            current = self._refresh(unread_limit)
            entry = self._runs.get(run)
            parts = entry.parts if entry is not None else {}
            sources = []
            for segment in self._segments:
                part = parts.get(segment.name)
                stretches = list(part.stretches) if part is not None else []
                if not current:
                    known = self._known.get(segment.name)
                    if known is None or (not known.finished and known.cursor.offset < segment.size):
                        stretches.append(Stretch(known.cursor if known is not None else Cursor(), None))
                if stretches:
                    known = self._known.get(segment.name)
                    sources.append(Source(segment, stretches, known.stamp if known is not None else None))
            return sources, current and (entry is None or not entry.contested)

    def counts_within(self, run: str, *, unread_limit: int) -> Mapping[str, int] | None:
        """Return the number of a run's records by type.

        Args:
            run: Reference of the run.
            unread_limit: As for :meth:`sources`.

        Returns:
            The numbers; None when that would mean reading more than the limit.
        """
        with self._lock:
            if not self._refresh(unread_limit):
                return None
            entry = self._runs.get(run)
            if entry is None:
                return {}
            if entry.contested:
                return dict(entry.counts)
            return dict(sum((part.counts for part in entry.parts.values()), Counter()))

    def summaries(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> list[MetricSummary]:
        """Return one summary for each run, stage and key, whatever has to be read for it.

        Args:
            runs: References of runs; None for all.
            keys: Keys of metrics; None for all.

        Returns:
            The summaries.
        """
        with self._lock:
            self._refresh(None)
            return self._summaries(runs, keys)

    def summaries_within(
        self, runs: Sequence[str], keys: Sequence[str] | None, *, unread_limit: int
    ) -> list[MetricSummary] | None:
        """Return what :meth:`summaries` does; None when that would mean reading more than the limit."""
        with self._lock:
            return self._summaries(runs, keys) if self._refresh(unread_limit) else None

    def _summaries(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> list[MetricSummary]:
        """Collect summaries, building those that changed."""
        return [
            series.summary or self._summarize(run, identity, series)
            for run, identity, series in self._chosen(runs, keys)
            # Without parts where all points of a contested run's series were damaged after they had been read.
            if series.parts
        ]

    def _chosen(
        self, runs: Sequence[str] | None, keys: Sequence[str] | None
    ) -> Iterator[tuple[str, Identity, _Series]]:
        """Find the series of runs and keys by the shorter way."""
        if runs is not None:
            wanted = None if keys is None else frozenset(keys)
            for run in dict.fromkeys(runs):
                entry = self._runs.get(run)
                for identity, series in entry.series.items() if entry is not None else ():
                    if wanted is None or identity[1] in wanted:
                        yield run, identity, series
            return
        for key in self._by_key if keys is None else dict.fromkeys(keys):
            for (run, stage), series in self._by_key.get(key, {}).items():
                yield run, (stage, key), series

    def _summarize(self, run: str, identity: Identity, series: _Series) -> MetricSummary:
        """Build and keep a series' summary."""
        names = sorted(series.parts) if len(series.parts) > 1 else series.parts
        series.summary = summarize(run, identity, [series.parts[name] for name in names])
        return series.summary

    # -- keeping up; the lock is held ---------------------------------------------------------------------------

    def _refresh(self, unread_limit: int | None) -> bool:
        """Read what is new, unless it is too much; return whether everything is read."""
        if self._is_current():
            return True
        entries = _entries(self._reader)
        segments = self._reader.segments()
        names = {segment.name for segment in segments}
        if not names.issuperset(self._known) or any(self._has_shrunk(segment) for segment in segments):
            # Compacted, restored or damaged: what was folded cannot be taken back line by line.
            self._forget()
        self._segments = segments
        pending = [segment for segment in segments if self._unread(segment)]
        if unread_limit is not None and sum(map(self._unread, pending)) > unread_limit:
            self._declined += 1
            if self._declined <= PATIENCE:
                return False
        touched: set[str] = set()
        try:
            for segment in pending:
                self._read(segment, touched)
            for run in touched:
                self._judge(run)
        except BaseException:
            # Half of a chunk may be folded; whoever asks next begins again.
            self._forget()
            raise
        self._entries = entries
        self._declined = 0
        return True

    def _is_current(self) -> bool:
        """Whether nothing was appended since the last refresh: no other names, and no open segment has grown."""
        if not self._entries or _entries(self._reader) != self._entries:
            return False
        for segment in self._segments:
            known = self._known.get(segment.name)
            if known is None:
                return False
            if known.finished:
                continue
            try:
                # Compared with what was read, for a batch becomes whole without a change of size.
                if os.stat(segment.path).st_size != known.cursor.offset:
                    return False
            except OSError:
                return False
        return True

    def _unread(self, segment: Segment) -> int:
        """Bytes of a segment that were not read."""
        known = self._known.get(segment.name)
        if known is None:
            return segment.size
        return 0 if known.finished else segment.size - known.cursor.offset

    def _has_shrunk(self, segment: Segment) -> bool:
        known = self._known.get(segment.name)
        return known is not None and segment.size < known.cursor.offset

    def _read(self, segment: Segment, touched: set[str]) -> None:
        """Read what is new in a segment and fold it."""
        known = self._known.setdefault(segment.name, _Known())
        while not known.finished:
            chunk = self._reader.read(segment, known.cursor, max_bytes=CHUNK_BYTES)
            if chunk.lines:
                rows, lines = decode_rows(chunk.lines)
                if lines is not chunk.lines:
                    self._reader.note_undecoded(segment.name, chunk.lines, lines)
                for run, places in _by_run(rows):
                    part = self._fold(segment.name, run, [rows[place] for place in places])
                    # Past damage lines do not end where the next begins, so the whole stretch is kept.
                    stretch = _between(lines[places[0]], lines[places[-1]])
                    _add_stretch(
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

    def _fold(self, segment: str, run: str, own: Sequence[Row]) -> _RunPart:
        """Fold some rows of one run and segment."""
        ids = [row.id for row in own]
        extent = Extent(ids, [row.time for row in own])
        entry = self._runs.get(run)
        if entry is None:
            entry = self._runs[run] = _Run()
        if not entry.contested:
            # Of two segments, the one that is read later is compared with the other.
            rivals = [
                name
                for name, other in entry.parts.items()
                if name != segment and other.extent.may_share(extent)
            ]
            entry.contested = bool(rivals) and self._any_shared(run, entry.parts, rivals, ids)
        part = entry.parts.get(segment)
        if part is None:
            part = entry.parts[segment] = _RunPart(extent)
        else:
            part.extent.widen(extent)
        part.counts.update([row.type for row in own])
        if not entry.contested:
            fresh: dict[Identity, SeriesPart] = {}
            fold(own, fresh)
            self._take(entry, run, segment, fresh)
        return part

    def _any_shared(
        self, run: str, parts: Mapping[str, _RunPart], rivals: Sequence[str], ids: Iterable[str]
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

    def _read_identifiers(self, segment: str, run: str, part: _RunPart) -> tuple[int, frozenset[str]]:
        """Read the identifiers that a segment holds of a run, and how many records that are."""
        ids: list[str] = []
        for source in self._segments:
            if source.name == segment:
                for lines in read_lines(self._reader, source, part.stretches, needles_of({"run": run})):
                    ids += [row.id for row in decode_rows(lines)[0] if row.run == run]
        return len(ids), frozenset(ids)

    def _take(self, entry: _Run, run: str, segment: str, fresh: dict[Identity, SeriesPart]) -> None:
        """Join freshly folded parts to the series of a run."""
        for identity, part in fresh.items():
            series = entry.series.get(identity)
            if series is None:
                series = entry.series[identity] = _Series()
                stage, key = identity
                self._by_key.setdefault(key or "", {})[run, stage] = series
            known = series.parts.get(segment)
            if known is None:
                series.parts[segment] = part
            else:
                known.extend(part)
            series.summary = None

    def _judge(self, run: str) -> None:
        """Fold a contested run anew, from a scan that leaves repetitions out."""
        entry = self._runs[run]
        if not entry.contested:
            return
        sources = [
            Source(segment, entry.parts[segment.name].stretches)
            for segment in self._segments
            if segment.name in entry.parts
        ]
        folded: dict[Identity, SeriesPart] = {}
        entry.counts = Counter()
        for rows in scan_rows(self._reader, sources, run):
            entry.counts.update([row.type for row in rows])
            fold(rows, folded)
        for series in entry.series.values():
            series.parts.clear()
        self._take(entry, run, "", folded)

    # -- forks --------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Nothing: a child does not wait for a thread of its parent."""

    def after_fork_in_parent(self) -> None:
        """Nothing was held."""

    def after_fork_in_child(self) -> None:
        """Start anew where another thread was in the middle of a refresh."""
        in_use = self._lock.locked()
        self._lock = threading.Lock()
        if in_use:
            self._forget()


def _entries(reader: TallyingReader) -> frozenset[str]:
    """Return the names in the log's directory; empty when it is missing."""
    try:
        return frozenset(os.listdir(reader.directory))
    except OSError:
        return frozenset()


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


def _add_stretch(stretches: list[Stretch], stretch: Stretch) -> None:
    """Add a stretch, joined to the one before where they touch."""
    if stretches and stretches[-1].end == stretch.start.offset:
        stretch = Stretch(stretches.pop().start, stretch.end)
    stretches.append(stretch)
