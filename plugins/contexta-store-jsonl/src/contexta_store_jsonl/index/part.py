"""One part of the index, attached for reading, and the questions that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.timestamps import text_from_ns
from contexta.errors import ContextaError
from contexta.log.reader import Cursor
from contexta.spi.records import MetricPoint
from contexta_store_jsonl.folding import SeriesPart
from contexta_store_jsonl.index.gathering import FileState
from contexta_store_jsonl.index.layout import check_tables, summaries_query
from contexta_store_jsonl.index.series_columns import SeriesColumns, number_of, read_columns
from contexta_store_jsonl.index.series_outlines import read_extents, read_points, read_telling_points
from contexta_store_jsonl.places import Stretch
from contexta_store_jsonl.validity import sortable_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import duckdb

    from contexta.spi.outlines import Grid, OutlineQuery, Point
    from contexta_store_jsonl.folding import Place
    from contexta_store_jsonl.index.directory import PartFile
    from contexta_store_jsonl.index.series_outlines import SeriesExtent
    from contexta_store_jsonl.span import Span

__all__ = ["UNREADABLE", "CoveredRun", "CoveredStretch", "Part", "RunExtent"]

#: What a file of the right tables and the wrong content leads to, beside errors of DuckDB.
UNREADABLE = (ContextaError, ValueError, TypeError, LookupError, ArithmeticError)

_STRETCHES = """
SELECT stretch, segment, start_n, start_offset, end_n, end_offset, size, modified, low_time, high_time
FROM {0}.stretches
"""
_EXTENTS = """
SELECT run, stretch, low_id, high_id, low_text, high_text, low_time, high_time, event, metric, span, degraded,
    mark_n[before], mark_offset[before], coalesce(mark_offset[behind + 1], end_offset)
FROM (
    SELECT extents.*, mark_n, mark_offset, end_offset,
        len(list_filter(mark_n, lambda mark: mark <= low_n)) AS before,
        len(list_filter(mark_n, lambda mark: mark <= high_n)) AS behind
    FROM {0}.extents AS extents JOIN (SELECT * EXCLUDE (low_time, high_time) FROM {0}.stretches) USING (stretch)
    WHERE list_contains($runs::VARCHAR[], run) AND {1}
)
"""
#: A part of more runs is asked about each of them: their names would fill the memory.
_MOST_NAMED_RUNS = 100_000
#: Stretches of which no file can be the origin: readers must not be led to such places.
_IMPOSSIBLE = """
SELECT count(*) FROM {0}.stretches WHERE NOT coalesce(
    start_n BETWEEN 0 AND end_n AND start_offset BETWEEN 0 AND end_offset AND len(mark_n) = len(mark_offset)
    AND list_sort(mark_n) = mark_n AND list_sort(mark_offset) = mark_offset
    AND coalesce(list_min(mark_offset) >= start_offset AND list_max(mark_offset) <= end_offset, len(mark_n) = 0), false)
"""
_COUNTED = ("event", "metric", "span", "degraded")


class CoveredStretch(NamedTuple):
    """A part of a segment that is in the index.

    Attributes:
        number: Number within the part of the index.
        segment: Name of the segment.
        start: Its first line.
        end: What is behind its last line.
        state: The state of the sealed file that it covers to the end; None when more followed.
        low_time: The smallest time, in nanoseconds; None without records.
        high_time: The greatest.
    """

    number: int
    segment: str
    start: Cursor
    end: Cursor
    state: FileState | None
    low_time: int | None
    high_time: int | None


class RunExtent(NamedTuple):
    """What one stretch holds of one run.

    Attributes:
        segment: Name of the segment.
        stretch: Where to read.
        counts: Number of records by type.
        low_id: Smallest identifier.
        high_id: Greatest identifier.
        low_text: Smallest time, as text in the order of texts.
        high_text: Greatest time, likewise.
        low_time: Smallest time, in nanoseconds.
        high_time: Greatest time.
    """

    segment: str
    stretch: Stretch
    counts: dict[str, int]
    low_id: str
    high_id: str
    low_text: str
    high_text: str
    low_time: int
    high_time: int


CoveredRun = list[RunExtent]


class Part:
    """A part of the index.

    Args:
        connection: What it is attached to.
        file: Its file.

    Raises:
        duckdb.Error: It is damaged.
        ValueError: It is none; or another one of :data:`UNREADABLE`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: PartFile) -> None:
        self.file = file
        self._connection = connection
        #: Numbers of the stretches that count; the others are gone, changed, or covered by another part.
        self.live: list[int] = []
        self.stretches: dict[int, CoveredStretch] = {}
        self._runs: frozenset[str] | None = None
        check_tables(connection, file.alias)
        if self._all(_IMPOSSIBLE) != [(0,)]:
            raise ValueError("it names places that no file has")
        self.contested = {run for (run,) in self._all("SELECT run FROM {0}.contested")}
        self.refused = {
            segment: FileState(size, modified)
            for segment, size, modified in self._all("SELECT segment, size, modified FROM {0}.refused")
        }
        self.stretches = {
            row[0]: CoveredStretch(
                row[0], row[1], Cursor(row[2], row[3]), Cursor(row[4], row[5]),
                None if row[6] is None else FileState(row[6], row[7]), row[8], row[9],
            )
            for row in self._all(_STRETCHES)
        }  # fmt: skip

    @property
    def whole(self) -> bool:
        """Whether all that the part covers counts."""
        return len(self.live) == len(self.stretches)

    @property
    def live_bytes(self) -> int:
        """Bytes of segments that the part covers and that count."""
        return sum(self.stretches[each].end.offset - self.stretches[each].start.offset for each in self.live)

    def _all(self, query: str, parameters: Any = None) -> list[Any]:
        """Return the rows of a query; ``{0}`` stands for the database, ``{1}`` for the rows that count."""
        statement = query.format(self.file.alias, self._counting())
        return self._connection.execute(statement, parameters).fetchall()

    def _counting(self, span: Span | None = None) -> str:
        """Return the condition that a row's stretch counts, and its time is in a range."""
        counting = "true" if self.whole else f"stretch IN ({', '.join(map(str, self.live))})"
        return counting if span is None else f"{counting} AND time BETWEEN {span.low} AND {span.high}"

    # -- questions ----------------------------------------------------------------------------------------------

    def may_hold(self, runs: Iterable[str]) -> bool:
        """Whether anything of some runs may be in the part: from the second question on without reading it."""
        if self._runs is None:
            found = self._all(f"SELECT DISTINCT run FROM {{0}}.extents LIMIT {_MOST_NAMED_RUNS + 1}")
            self._runs = frozenset(run for (run,) in found)
        return len(self._runs) > _MOST_NAMED_RUNS or not self._runs.isdisjoint(runs)

    def extents(self, runs: Sequence[str]) -> Iterator[tuple[str, RunExtent]]:
        """Yield where the records of some runs are."""
        for row in self._all(_EXTENTS, {"runs": list(runs)}):
            stretch = self.stretches[row[1]]
            counts = {kind: count for kind, count in zip(_COUNTED, row[8:12], strict=True) if count}
            place = Stretch(Cursor(row[12], row[13]), row[14])
            if None in row:
                raise ValueError("an extent has no bounds")
            yield row[0], RunExtent(stretch.segment, place, counts, *row[2:8])

    def summaries(
        self, runs: Sequence[str] | None, keys: Sequence[str] | None, span: Span | None = None
    ) -> Iterator[tuple[tuple[str, str | None, str], SeriesPart]]:
        """Yield what is known of the series of runs and keys, by run, stage and key; None for all."""
        conditions, parameters = _chosen(runs, keys)
        chosen = f"SELECT series FROM {self.file.alias}.series WHERE {conditions}"
        if self.whole and span is None and runs is not None:
            yield from self._kept_summaries(conditions, parameters)
            return
        if self.whole and span is None:
            source = f"(SELECT * FROM {self.file.alias}.summaries WHERE series IN ({chosen}))"
        else:
            condition = f"{self._counting(span)} AND series IN ({chosen})"
            source = f"({summaries_query(f'{self.file.alias}.points', condition)})"
        query = f"SELECT run, stage, key, rows.* FROM {source} AS rows JOIN {self.file.alias}.series USING (series)"
        for row in self._connection.execute(query, parameters).fetchall():
            yield row[:3], self._series_part(row)

    def _kept_summaries(
        self, conditions: str, parameters: dict[str, list[str]]
    ) -> Iterator[tuple[tuple[str, str | None, str], SeriesPart]]:
        """Yield what is known of the series of some runs: they lie together, and numbers that are known lead there."""
        found = self._all(f"SELECT series, run, stage, key FROM {{0}}.series WHERE {conditions}", parameters)
        if not found:
            return
        named = {number: identity for number, *identity in found}
        for row in self._all(
            "SELECT rows.* FROM {0}.summaries AS rows JOIN (SELECT unnest($numbers::INTEGER[]) AS series) USING (series)",
            {"numbers": list(named)},
        ):
            run, stage, key = named[row[0]]
            yield (run, stage, key), self._series_part((run, stage, key, *row))

    def _series_part(self, row: Sequence[Any]) -> SeriesPart:
        stage = row[1]
        part = SeriesPart.__new__(SeriesPart)
        part.segment, part.summary = "", None
        part.count, part.total, part.degraded, part.unit = row[4:8]
        part.first, part.first_at, first = self._end(row[10:20], stage)
        part.latest, part.latest_at, latest = self._end(row[20:30], stage)
        part.least, part.least_at, least = self._end(row[30:40], stage)
        part.greatest, part.greatest_at, greatest = self._end(row[40:50], stage)
        part.low, part.high = part.least.value, part.greatest.value
        unit = ("", 0) if row[8] is None else (self.stretches[row[8]].segment, row[9])
        part.places = (first, latest, least, greatest, unit)
        return part

    def _end(self, row: Sequence[Any], stage: str | None) -> tuple[MetricPoint, str, Place]:
        value, whole, time, text, step, record_id, unit, degraded, stretch, n = row
        text = text or text_from_ns(time)
        point = MetricPoint(number_of(value, whole), text, step, stage, record_id, unit, degraded)
        return point, sortable_time(text), (self.stretches[stretch].segment, n)

    def columns(
        self, run: str, key: str, stage: str | None, *, texts: bool, span: Span | None = None
    ) -> SeriesColumns:
        """Return the points of one metric of one run, in order.

        Args:
            run: Reference of the run.
            key: Key of the metric.
            stage: Reference of the stage; None for all.
            texts: Whether identifiers, times as text, units and stages are wanted, or numbers alone.
            span: When they were observed; None for any time.
        """
        series = self._all(
            "SELECT series, stage FROM {0}.series WHERE run = $run AND key = $key"
            " AND ($stage IS NULL OR stage = $stage)",
            {"run": run, "key": key, "stage": stage},
        )
        if not series:
            return SeriesColumns([], [], [])
        return read_columns(
            self._connection, self.file.alias, dict(series), self._counting(span), texts=texts
        )

    def series_of(self, runs: Sequence[str], key: str, stage: str | None) -> dict[int, str]:
        """Return the runs of the series of a metric, by the number of the series; None for all stages."""
        conditions, parameters = _chosen(runs, [key])
        query = (
            f"SELECT series, run FROM {{0}}.series WHERE {conditions} AND ($stage IS NULL OR stage = $stage)"
        )
        return dict(self._all(query, {**parameters, "stage": stage}))

    def outline_extents(self, series: Iterable[int], query: OutlineQuery) -> dict[int, SeriesExtent]:
        """Return where some series lie on an axis, by number."""
        return self._of_series(read_extents, series, query)

    def outline_points(self, series: Iterable[int], query: OutlineQuery) -> dict[int, list[Point]]:
        """Return the points of some series on a part of an axis, by number."""
        return self._of_series(read_points, series, query)

    def telling_points(self, grids: Mapping[int, Grid], query: OutlineQuery) -> dict[int, list[Point]]:
        """Return the telling points of some series, by number."""
        return self._of_series(read_telling_points, grids, query)

    def _of_series(
        self, read: Callable[..., dict[int, Any]], series: Any, query: OutlineQuery
    ) -> dict[int, Any]:
        return read(self._connection, self.file.alias, series, self._counting(), query) if series else {}

    def counts(self, runs: Sequence[str] | None) -> Iterator[tuple[str, dict[str, int]]]:
        """Yield the number of records by type of some runs; None for all."""
        condition, parameters = _chosen(runs, None)
        numbers = ", ".join(f"sum({kind})::BIGINT" for kind in _COUNTED)
        query = f"SELECT run, {numbers} FROM {{0}}.extents WHERE {{1}} AND {condition} GROUP BY run"
        for run, *found in self._all(query, parameters):
            yield run, {kind: count for kind, count in zip(_COUNTED, found, strict=True) if count}

    def keys(self, runs: Sequence[str] | None) -> Iterable[str]:
        """Return the keys of the metrics of some runs; None for all."""
        conditions, parameters = _chosen(runs, None)
        query = f"SELECT DISTINCT key FROM {{0}}.series WHERE {conditions}"
        if not self.whole:
            query += " AND series IN (SELECT series FROM {0}.points WHERE {1})"
        return [key for (key,) in self._all(query, parameters)]

    def holds_any(self, run: str, segments: Iterable[str], ids: Iterable[str]) -> bool:
        """Whether some segments hold one of some identifiers of a run."""
        wanted = set(segments)
        numbers = [each for each in self.live if self.stretches[each].segment in wanted]
        if not numbers:
            return False
        found = self._all(
            "SELECT count(*) FROM ("
            " SELECT id, stretch FROM {0}.points JOIN {0}.series USING (series) WHERE run = $run"
            " UNION ALL SELECT id, stretch FROM {0}.others WHERE run = $run)"
            " WHERE list_contains($numbers::INTEGER[], stretch) AND id IN (SELECT unnest($ids::VARCHAR[]))",
            {"run": run, "numbers": numbers, "ids": list(ids)},
        )
        return bool(found[0][0])


def _chosen(runs: Sequence[str] | None, keys: Sequence[str] | None) -> tuple[str, dict[str, list[str]]]:
    """Return the condition of some series, and its parameters."""
    conditions, parameters = ["true"], {}
    for name, wanted in (("run", runs), ("key", keys)):
        if wanted is not None:
            conditions.append(f"{name} IN (SELECT unnest(${name}s::VARCHAR[]))")
            parameters[f"{name}s"] = list(wanted)
    return " AND ".join(conditions), parameters
