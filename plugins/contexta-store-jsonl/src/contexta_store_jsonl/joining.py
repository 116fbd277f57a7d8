"""Answers about many series, joined from what the index covers and from the tail behind it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contexta.log.reader import START
from contexta_store_jsonl.folding import fold, summarize
from contexta_store_jsonl.index.summary_memory import join
from contexta_store_jsonl.places import Source, Stretch, read_lines
from contexta_store_jsonl.rows import decode_rows
from contexta_store_jsonl.scanning import scan_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contexta.spi.records import MetricSummary
    from contexta_store_jsonl.folding import Identity, SeriesPart
    from contexta_store_jsonl.index.record_index import RecordIndex
    from contexta_store_jsonl.index.summary_memory import SeriesKey
    from contexta_store_jsonl.rows import Row
    from contexta_store_jsonl.span import Span
    from contexta_store_jsonl.tail import Run, Series, Tail
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["JoinedAnswers"]

#: Of so many runs each is looked up on its own, and kept.
_FEW_RUNS = 16
#: For so many runs, such as a page shows, what is not known of a key is not fetched for all runs there are.
_A_PAGE = 512


class JoinedAnswers:
    """What the index and a tail that has read everything behind it say together.

    Args:
        index: The index.
        tail: The tail.
        reader: The log.
    """

    def __init__(self, index: RecordIndex, tail: Tail, reader: TallyingReader) -> None:
        self._index = index
        self._tail = tail
        self._reader = reader

    def keys(self, runs: Sequence[str] | None) -> list[str]:
        """Return the keys of the metrics of some runs, sorted; None for all runs."""
        found = self._index.keys(runs)
        wanted = None if runs is None else frozenset(runs)
        for key, series in self._tail.by_key.items():
            if any(each.parts and (wanted is None or run in wanted) for (run, _), each in series.items()):
                found.add(key)
        return sorted(found)

    def counts(self, runs: Sequence[str] | None) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records by run and type; None for all runs."""
        found = self._index.counts(runs)
        for run in self._contested(runs):
            self._tail.run(run)
        for run, entry in self._tail.runs.items() if runs is None else self._known(runs):
            if entry.contested:
                found[run] = entry.counts
            else:
                of_run = found.setdefault(run, Counter())
                for part in entry.parts.values():
                    of_run.update(part.counts)
        return {run: dict(counts) for run, counts in found.items() if counts}

    def summaries(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> list[MetricSummary]:
        """Return one summary for each run, stage and key; None for all runs or all keys."""
        wanted = None if runs is None else list(dict.fromkeys(runs))
        for run in self._contested(wanted):
            # Folds it from a scan, if that was not done before.
            self._tail.run(run)
        known = dict(self._of_tail(wanted, keys))
        found = []
        for identity, part in self._of_index(wanted, keys):
            tail = known.pop(identity, None)
            entry = self._tail.runs.get(identity[0])
            if entry is not None and entry.contested:
                if tail is not None:
                    known[identity] = tail
            elif tail is None:
                found.append(_kept(identity, part))
            else:
                found.append(_summarize(identity, tail, part))
        # Without parts where all points of a contested run's series were damaged after they had been read.
        found += [_summarize(identity, series, None) for identity, series in known.items() if series.parts]
        return found

    def summaries_between(
        self, runs: Sequence[str] | None, keys: Sequence[str] | None, span: Span
    ) -> list[MetricSummary]:
        """Return summaries of the points that were observed within a range."""
        wanted = None if runs is None else list(dict.fromkeys(runs))
        contested = {run for run in self._contested(wanted) if self._tail.run(run).contested}
        contested |= {run for run, entry in self._tail.runs.items() if entry.contested}
        answers = self._index.ask(lambda part: list(part.summaries(wanted, keys, span)), wanted)
        answers += self._folded_tail(wanted, keys, span)
        joined = {identity: part for identity, part in join(answers).items() if identity[0] not in contested}
        for run in contested if wanted is None else contested.intersection(wanted):
            joined.update(self._folded_run(run, keys, span))
        return [summarize(run, (stage, key), [part]) for (run, stage, key), part in joined.items()]

    # -- parts of these answers ---------------------------------------------------------------------------------

    def _contested(self, runs: Sequence[str] | None) -> frozenset[str]:
        contested = self._index.coverage.contested
        return contested if runs is None else contested.intersection(runs)

    def _known(self, runs: Iterable[str]) -> Iterator[tuple[str, Run]]:
        for run in dict.fromkeys(runs):
            entry = self._tail.runs.get(run)
            if entry is not None:
                yield run, entry

    def _of_index(
        self, runs: list[str] | None, keys: Sequence[str] | None
    ) -> Iterable[tuple[SeriesKey, SeriesPart]]:
        """Find the series of runs and keys in the index, by the shortest way."""
        memory = self._index.summaries
        if not self._index.coverage.parts:
            return []
        if runs is not None and len(runs) <= _FEW_RUNS:
            found = (each for run in runs for each in memory.of_run(run).items())
            return found if keys is None else [each for each in found if each[0][2] in keys]
        if keys is None or (runs is not None and len(runs) <= _A_PAGE and not memory.knows(keys)):
            return memory.of_many(runs, keys).items()
        series = (each for of_key in memory.of_keys(keys) for each in of_key.items())
        if runs is None:
            return series
        wanted = frozenset(runs)
        return [each for each in series if each[0][0] in wanted]

    def _of_tail(
        self, runs: list[str] | None, keys: Sequence[str] | None
    ) -> Iterator[tuple[SeriesKey, Series]]:
        """Find the series of runs and keys in the tail by the shorter way."""
        if runs is not None:
            wanted = None if keys is None else frozenset(keys)
            for run, entry in self._known(runs):
                for (stage, key), series in entry.series.items():
                    if wanted is None or key in wanted:
                        yield (run, stage, key or ""), series
            return
        for key in self._tail.by_key if keys is None else dict.fromkeys(keys):
            for (run, stage), series in self._tail.by_key.get(key, {}).items():
                yield (run, stage, key), series

    def _folded_tail(
        self, runs: Sequence[str] | None, keys: Sequence[str] | None, span: Span
    ) -> Iterator[list[tuple[SeriesKey, SeriesPart]]]:
        """Fold what the tail holds within a range, segment by segment."""
        for segment in self._tail.segments:
            known = self._tail.known.get(segment.name)
            start = self._index.coverage.covered.get(segment.name, START)
            if known is None or known.cursor.offset <= start.offset:
                continue
            by_run: dict[str, dict[Identity, SeriesPart]] = {}
            for lines in read_lines(self._reader, segment, [Stretch(start, known.cursor.offset)], []):
                for row in _chosen(decode_rows(lines)[0], runs, keys, span):
                    fold([row], by_run.setdefault(row.run, {}))
            yield [
                ((run, stage, key or ""), _placed(part, segment.name))
                for run, parts in by_run.items()
                for (stage, key), part in parts.items()
            ]

    def _folded_run(self, run: str, keys: Sequence[str] | None, span: Span) -> dict[SeriesKey, SeriesPart]:
        """Fold what a contested run holds within a range, without repetitions."""
        entry = self._tail.run(run)
        places = [(segment, entry.stretches(segment.name)) for segment in self._tail.segments]
        sources = [Source(segment, stretches) for segment, stretches in places if stretches]
        parts: dict[Identity, SeriesPart] = {}
        for rows in scan_rows(self._reader, sources, run):
            fold(_chosen(rows, None, keys, span), parts)
        return {(run, stage, key or ""): part for (stage, key), part in parts.items()}


def _chosen(
    rows: Sequence[Row], runs: Sequence[str] | None, keys: Sequence[str] | None, span: Span
) -> Iterator[Row]:
    """Yield the metrics of runs and keys within a range."""
    for row in rows:
        if (
            row.type == "metric"
            and (runs is None or row.run in runs)
            and (keys is None or row.key in keys)
            and span.holds(row.time)
        ):
            yield row


def _placed(part: SeriesPart, segment: str) -> SeriesPart:
    part.segment = segment
    return part


def _kept(identity: SeriesKey, covered: SeriesPart) -> MetricSummary:
    """Build and keep the summary of a series that only the index holds."""
    if covered.summary is None:
        run, stage, key = identity
        covered.summary = summarize(run, (stage, key), [covered])
    return covered.summary


def _summarize(identity: SeriesKey, series: Series, covered: SeriesPart | None) -> MetricSummary:
    """Build and keep a series' summary."""
    if series.summary is None:
        parts = list(series.parts.values())
        run, stage, key = identity
        series.summary = summarize(run, (stage, key), parts if covered is None else [covered, *parts])
    return series.summary
