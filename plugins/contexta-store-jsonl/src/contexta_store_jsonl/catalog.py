"""What the segments hold, by run and by metric: what the index covers, and the tail behind it.

The index (see :mod:`contexta_store_jsonl.index`) is on the disk and shared by all processes; the tail lives in memory
and is kept up to date by reading nothing but new bytes.  Both are derived, and both are folded so that they can be
joined: the answers are those of a scan, whatever the index covers, down to none of it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from contexta.log import forks
from contexta.log.reader import START
from contexta_store_jsonl.index.record_index import DamagedPartError, RecordIndex
from contexta_store_jsonl.joining import JoinedAnswers
from contexta_store_jsonl.listing import NOTHING, list_directory, listed_again
from contexta_store_jsonl.places import Source, Stretch
from contexta_store_jsonl.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from contexta.log.segments import Segment
    from contexta.spi.outlines import MetricOutline, OutlineQuery
    from contexta.spi.records import MetricSummary
    from contexta_store_jsonl.index.series_columns import SeriesColumns
    from contexta_store_jsonl.span import Span
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["PATIENCE", "Catalog", "FoundSeries"]

#: So many questions in a row are answered by searching raw bytes; the next one is worth reading everything, which costs
#: about as much as all of these searches together.
PATIENCE = 16

_Answer = TypeVar("_Answer")


class FoundSeries(NamedTuple):
    """Where the points of a series are.

    Attributes:
        columns: Those that the index covers, in order; empty where all have to be read.
        sources: Where to read the others, in the order of the segments.
        unrepeated: Whether it is known that none of them repeats another.
    """

    columns: list[SeriesColumns]
    sources: list[Source]
    unrepeated: bool


class Catalog:
    """The catalogue of one store.

    Args:
        reader: The log of the store.
        index: Directory of its index; None to do without.
        may_build: Whether the index may be extended, or only read.
    """

    def __init__(self, reader: TallyingReader, index: Path | None = None, *, may_build: bool = False) -> None:
        self._reader = reader
        self._index = RecordIndex(index, reader, may_build=may_build)
        self._lock = threading.Lock()
        self._forget()
        forks.register(self, level=1)

    def _forget(self) -> None:
        """Take the state of a catalogue that has read nothing."""
        self._declined = 0
        self._begun = False
        self._listing = NOTHING
        # Those that may still grow, as far as is known.
        self._growing: list[Segment] = []
        self._tail = Tail(self._reader, self._index)

    def release(self) -> None:
        """Let go of the files of the index."""
        with self._lock:
            self._index.release()
            self._forget()

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
        return self._answer(lambda: self._sources(run, self._refresh(unread_limit)))

    def sources_between(self, span: Span) -> list[Source]:
        """Tell where the records of a range of time are, as far as the index knows.

        Args:
            span: The range.

        Returns:
            The sources in the order of the segments.
        """

        def look() -> list[Source]:
            self._refresh(0)
            segments, covered = self._reader.segments(), self._index.coverage.covered
            holding: dict[str, list[Stretch]] = {}
            for part in self._index.coverage.parts:
                for each in map(part.stretches.__getitem__, part.live):
                    if span.meets(each.low_time, each.high_time):
                        holding.setdefault(each.segment, []).append(Stretch(each.start, each.end.offset))
            sources = []
            for segment in segments:
                stretches = sorted(holding.get(segment.name, ()), key=lambda each: each.start.offset)
                if segment.name not in self._index.coverage.complete:
                    stretches.append(Stretch(covered.get(segment.name, START), None))
                if stretches:
                    sources.append(Source(segment, stretches))
            return sources

        return self._answer(look)

    def series(
        self,
        run: str,
        key: str,
        stage: str | None,
        *,
        unread_limit: int,
        texts: bool,
        span: Span | None = None,
    ) -> FoundSeries:
        """Tell where the points of a series are, and take from the index what it covers.

        Args:
            run: Reference of the run.
            key: Key of the metric.
            stage: Reference of the stage; None for all.
            unread_limit: As for :meth:`sources`.
            texts: Whether identifiers, times as text and units are wanted, or numbers alone.
            span: When the points of the index were observed; None for any time.
        """

        def look() -> FoundSeries:
            current = self._refresh(unread_limit)
            entry = self._tail.runs.get(run)
            contested = run in self._index.coverage.contested if entry is None else entry.contested
            if not current or contested or not self._index.coverage.parts:
                return FoundSeries([], *self._sources(run, current))
            sources = self._behind_index(run)
            columns = self._index.ask(
                lambda part: part.columns(run, key, stage, texts=texts, span=span), [run]
            )
            return FoundSeries([each for each in columns if each.values], sources, unrepeated=True)

        return self._answer(look)

    def outlines(
        self,
        runs: Sequence[str],
        key: str,
        stage: str | None,
        query: OutlineQuery,
        *,
        unread_limit: int,
    ) -> Mapping[str, MetricOutline | None]:
        """Return how a metric looks in some runs, as far as the index can tell.

        Args:
            runs: References of the runs.
            key: Key of the metric.
            stage: Reference of the stage; None for all.
            query: Width and part of the axis.
            unread_limit: As for :meth:`sources`.

        Returns:
            The outlines by run: absent for one without points, None for one of which the points have to be read.
        """
        from contexta_store_jsonl.outlining import OutlineQuestion

        def look() -> Mapping[str, MetricOutline | None]:
            if not self._refresh(unread_limit):
                return dict.fromkeys(runs)
            contested = self._index.coverage.contested
            known = self._tail.runs
            plain = [
                run for run in runs if run not in contested and not (run in known and known[run].contested)
            ]
            question = OutlineQuestion(self._index, self._reader, key, stage, query)
            left = dict.fromkeys(set(runs).difference(plain))
            return {**left, **question.answer({run: self._behind_index(run) for run in plain})}

        return self._answer(look)

    def counts_within(self, run: str, *, unread_limit: int) -> Mapping[str, int] | None:
        """Return the number of a run's records by type.

        Args:
            run: Reference of the run.
            unread_limit: As for :meth:`sources`.

        Returns:
            The numbers; None when that would mean reading more than the limit.
        """
        return self._answer(lambda: self._tail.run(run).number() if self._refresh(unread_limit) else None)

    def summaries_within(
        self, runs: Sequence[str], keys: Sequence[str] | None, *, unread_limit: int
    ) -> list[MetricSummary] | None:
        """Return one summary for each run, stage and key; None when that would mean reading more than the limit.

        Args:
            runs: References of runs.
            keys: Keys of metrics; None for all.
            unread_limit: As for :meth:`sources`.
        """
        return self._answer(
            lambda: self._joined().summaries(runs, keys) if self._refresh(unread_limit) else None
        )

    def ask(self, question: Callable[[JoinedAnswers], _Answer]) -> _Answer:
        """Answer a question, whatever has to be read for it.

        Args:
            question: Asks what it wants to know; called again where a part of the index turns out to be damaged.
        """

        def look() -> _Answer:
            self._refresh(None)
            return question(self._joined())

        return self._answer(look)

    def _joined(self) -> JoinedAnswers:
        return JoinedAnswers(self._index, self._tail, self._reader)

    def rebuild(self, *, patience_seconds: float) -> tuple[bool, int, int, int]:
        """Build the index anew.

        Args:
            patience_seconds: How long to wait for another process that builds.

        Returns:
            Whether it was built, the bytes that it covers, those that it does not, and its own.
        """
        with self._lock:
            segments = self._reader.segments()
            try:
                performed = self._index.rebuild(segments, patience_seconds=patience_seconds)
            finally:
                self._forget()
            size = sum(segment.size for segment in segments)
            covered = sum(cursor.offset for cursor in self._index.coverage.covered.values())
            return performed, covered, max(0, size - covered), self._index.size()

    def _answer(self, look: Callable[[], _Answer]) -> _Answer:
        """Ask under the lock, and again where a part of the index turns out to be damaged."""
        with self._lock:
            while True:
                try:
                    return look()
                except DamagedPartError:
                    self._forget()

    def _sources(self, run: str, current: bool) -> tuple[list[Source], bool]:
        entry = self._tail.run(run)
        sources = []
        for segment in self._tail.segments:
            stretches = entry.stretches(segment.name)
            if not current and self._tail.unread(segment):
                known = self._tail.known.get(segment.name)
                stretches.append(Stretch(known.cursor if known is not None else START, None))
            if stretches:
                sources.append(Source(segment, stretches, self._stamp(segment)))
        return sources, current and not entry.contested

    def _behind_index(self, run: str) -> list[Source]:
        """Tell where the records of a run are that the index does not cover."""
        entry = self._tail.runs.get(run)
        return [
            Source(segment, entry.parts[segment.name].stretches, self._stamp(segment))
            for segment in self._tail.segments
            if entry is not None and segment.name in entry.parts
        ]

    def _stamp(self, segment: Segment) -> int | None:
        known = self._tail.known.get(segment.name)
        return known.stamp if known is not None else None

    # -- keeping up; the lock is held ---------------------------------------------------------------------------

    def _refresh(self, unread_limit: int | None) -> bool:
        """Read what is new, unless it is too much; return whether everything is read."""
        if self._is_current():
            return True
        listing = list_directory(self._reader.directory)
        segments = self._reader.segments()
        tail = self._tail
        names = {segment.name for segment in segments}
        if not self._begun or not names.issuperset(tail.known) or any(map(tail.has_shrunk, segments)):
            # Compacted, restored or damaged: what was folded cannot be taken back line by line.
            self._index.select(segments)
            self._forget()
        if self._index.advance(segments):
            self._forget()
        tail = self._tail
        self._begun = True
        tail.segments = segments
        pending = [segment for segment in segments if tail.unread(segment)]
        if unread_limit is not None and sum(map(tail.unread, pending)) > unread_limit:
            self._declined += 1
            if self._declined <= PATIENCE:
                return False
        touched: set[str] = set()
        try:
            for segment in pending:
                tail.read(segment, touched)
            for run in touched:
                tail.judge(run)
        except BaseException:
            # Half of a chunk may be folded; whoever asks next begins again.
            self._forget()
            raise
        self._listing = listing
        self._growing = [segment for segment in segments if not tail.is_finished(segment)]
        self._declined = 0
        return True

    def _is_current(self) -> bool:
        """Whether nothing was appended since the last refresh: no other names, and no open segment has grown."""
        listing = listed_again(self._reader.directory, self._listing)
        if not listing.names or listing.names != self._listing.names:
            return False
        self._listing = listing
        for segment in self._growing:
            known = self._tail.known.get(segment.name)
            if known is None:
                return False
            try:
                # Compared with what was read, for a batch becomes whole without a change of size.
                if os.stat(segment.path).st_size != known.cursor.offset:
                    return False
            except OSError:
                return False
        return True

    # -- forks --------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Nothing: a child does not wait for a thread of its parent."""

    def after_fork_in_parent(self) -> None:
        """Nothing was held."""

    def after_fork_in_child(self) -> None:
        """Start anew where the parent's files of the index are open, or another thread was in the middle."""
        in_use = self._lock.locked()
        self._lock = threading.Lock()
        if self._index.abandon() or in_use:
            self._forget()
