"""The questions that the store answers from its catalogue, without handing out records."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.outlines import MetricOutline, OutlineQuery
    from contexta.spi.pushdown import MetricArrays
    from contexta.spi.records import MetricPoint, MetricSummary
    from contexta_store_jsonl.catalog import Catalog
    from contexta_store_jsonl.deletions import Deletions
    from contexta_store_jsonl.index.series_columns import SeriesColumns
    from contexta_store_jsonl.places import Source
    from contexta_store_jsonl.rows import Row
    from contexta_store_jsonl.span import Span
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["UNREAD_LIMIT", "PushedDownAnswers"]

#: A question about few runs first reads at most this many bytes into the catalogue; with more to read it searches
#: the raw bytes instead, so that showing one run of a large store does not read the whole of it.
UNREAD_LIMIT = 8 * 1_048_576
#: More runs than this are worth reading everything for.
_FEW_RUNS = 8


class PushedDownAnswers:
    """``SupportsSummaries``, ``SupportsPushdown`` and ``SupportsOutlines``, as a part of the store.

    Deleted runs are left out of every answer.
    """

    if TYPE_CHECKING:
        _deletions: Deletions

        @property
        def _catalog(self) -> Catalog: ...
        @property
        def _reader(self) -> TallyingReader: ...

    # -- summaries and counts -----------------------------------------------------------------------------------

    def summaries(
        self, *, runs: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and key; None for all runs or all keys."""
        deleted = self._deletions.current()
        wanted = runs if runs is None or not deleted else [run for run in runs if run not in deleted]
        with self._reader.hold():
            found = self._summaries(wanted, keys)
        return [summary for summary in found if summary.run not in deleted] if deleted else found

    def _summaries(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> Sequence[MetricSummary]:
        """Return the summaries, those of deleted runs among them."""
        from contexta.spi.summaries import PlainSummaries

        if runs is None or len(runs) > _FEW_RUNS:
            return self._catalog.ask(lambda known: known.summaries(runs, keys))
        found = self._catalog.summaries_within(runs, keys, unread_limit=UNREAD_LIMIT)
        if found is not None:
            return found
        plain = PlainSummaries(self)  # type: ignore[arg-type]  # a part of the store
        return list(
            chain.from_iterable(plain.summaries(runs=[run], keys=keys) for run in dict.fromkeys(runs))
        )

    def summaries_between(
        self,
        *,
        runs: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricSummary]:
        """Return summaries of the points within a range; see :meth:`SupportsPushdown.summaries_between`."""
        from contexta_store_jsonl.span import span_of

        span = span_of(start_time, end_time)
        if span is None:
            return self.summaries(runs=runs, keys=keys)
        deleted = self._deletions.current()
        with self._reader.hold():
            found = self._catalog.ask(lambda known: known.summaries_between(runs, keys, span))
        return [summary for summary in found if summary.run not in deleted]

    def counts(self, run: str) -> Mapping[str, int]:
        """Return the number of records of one run by record type; types without records are absent."""
        from contexta.spi.summaries import PlainSummaries

        if run in self._deletions.current():
            return {}
        with self._reader.hold():
            found = self._catalog.counts_within(run, unread_limit=UNREAD_LIMIT)
            return PlainSummaries(self).counts(run) if found is None else found  # type: ignore[arg-type]  # as above

    def counts_by_run(self, *, runs: Sequence[str] | None = None) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records by run and type; see :meth:`SupportsPushdown.counts_by_run`."""
        deleted = self._deletions.current()
        with self._reader.hold():
            found = self._catalog.ask(lambda known: known.counts(runs))
        return {run: counts for run, counts in found.items() if run not in deleted}

    def keys(self, *, runs: Sequence[str] | None = None) -> Sequence[str]:
        """Return the distinct keys of the metrics of some runs, sorted; None for all runs."""
        if self._deletions.current():
            return sorted({summary.key for summary in self.summaries(runs=runs)})
        with self._reader.hold():
            return self._catalog.ask(lambda known: known.keys(runs))

    # -- series -------------------------------------------------------------------------------------------------

    def points(self, run: str, key: str, *, stage: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, ordered by step, then time; None for all stages."""
        return self._points(run, key, stage, None)

    def points_between(
        self,
        run: str,
        key: str,
        *,
        stage: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricPoint]:
        """Return the points of one metric within a range; see :meth:`SupportsPushdown.points_between`."""
        from contexta_store_jsonl.span import span_of

        return self._points(run, key, stage, span_of(start_time, end_time))

    def _points(self, run: str, key: str, stage: str | None, span: Span | None) -> list[MetricPoint]:
        from contexta_store_jsonl.series import points_of, points_of_columns

        if run in self._deletions.current():
            return []
        with self._reader.hold():
            columns, rows = self._series(run, key, stage, span, texts=True)
            points = points_of_columns(columns, rows) if columns else points_of([rows])
            if points is None:
                points = points_of([self._rows(run, key, stage, span)])
            return points

    def arrays(self, run: str, key: str, *, stage: str | None = None) -> MetricArrays:
        """Return the points of one metric of one run as numbers; None for all stages."""
        from contexta.spi.pushdown import MetricArrays, arrays_of
        from contexta_store_jsonl.series import arrays_of_columns, points_of

        if run in self._deletions.current():
            return MetricArrays()
        with self._reader.hold():
            columns, rows = self._series(run, key, stage, None, texts=False)
            arrays = arrays_of_columns(columns, rows) if columns else arrays_of(points_of([rows]))
            if arrays is None:
                arrays = arrays_of(points_of([self._rows(run, key, stage, None)]))
            return arrays

    def outlines(
        self, runs: Sequence[str], key: str, query: OutlineQuery, *, stage: str | None = None
    ) -> Mapping[str, MetricOutline]:
        """Return how a metric looks in some runs; see :meth:`SupportsOutlines.outlines`."""
        from contexta.spi.outlines import outline_of

        deleted = self._deletions.current()
        wanted = [run for run in dict.fromkeys(runs) if run not in deleted]
        with self._reader.hold():
            found = self._catalog.outlines(wanted, key, stage, query, unread_limit=UNREAD_LIMIT)
            outlines: dict[str, MetricOutline] = {}
            for run in wanted:
                outline = found.get(run)
                if outline is None and run in found:
                    arrays = self.arrays(run, key, stage=stage)
                    outline = outline_of(arrays, query) if len(arrays) else None
                if outline is not None:
                    outlines[run] = outline
            return outlines

    def _series(
        self, run: str, key: str, stage: str | None, span: Span | None, *, texts: bool
    ) -> tuple[list[SeriesColumns], list[Row]]:
        """Return what the index covers of a series, and the rows that it does not."""
        from contexta_store_jsonl.scanning import scan_rows

        columns, sources, unrepeated = self._catalog.series(
            run, key, stage, unread_limit=UNREAD_LIMIT, texts=texts, span=span
        )
        chunks = scan_rows(self._reader, sources, run, key=key, stage=stage, unrepeated=unrepeated)
        return columns, _within(chain.from_iterable(chunks), span)

    def _rows(self, run: str, key: str, stage: str | None, span: Span | None) -> list[Row]:
        """Return the rows of a series without the help of the index, in the order of appending."""
        from contexta_store_jsonl.scanning import scan_rows

        sources, unrepeated = self._sources_of(run)
        chunks = scan_rows(self._reader, sources, run, key=key, stage=stage, unrepeated=unrepeated)
        return _within(chain.from_iterable(chunks), span)

    def _sources_of(self, run: str) -> tuple[list[Source], bool]:
        """Tell where the records of a run are, and whether it is known that none repeats another."""
        return self._catalog.sources(run, unread_limit=UNREAD_LIMIT)


def _within(rows: chain[Row], span: Span | None) -> list[Row]:
    """Keep the rows whose time is in a range."""
    return list(rows) if span is None else [row for row in rows if span.holds(row.time)]
