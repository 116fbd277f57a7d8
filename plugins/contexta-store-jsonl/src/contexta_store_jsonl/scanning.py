"""Reading records in the order of the segments, without the damaged and without repetitions."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from contexta.spi.records import StoredFlatRecord
from contexta_store_jsonl.encoding import encode_value
from contexta_store_jsonl.places import WHOLE, read_lines
from contexta_store_jsonl.repetitions import Repetitions, body
from contexta_store_jsonl.rows import decode_record, decode_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contexta.log import LogReader
    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta.spi.records import FlatRecord, ScanFilter
    from contexta_store_jsonl.places import Stretch
    from contexta_store_jsonl.rows import Row

__all__ = ["Source", "scan_records", "scan_rows"]


class Source(NamedTuple):
    """One segment and the parts of it that a question has to read."""

    segment: Segment
    stretches: Sequence[Stretch] = WHOLE


def scan_records(
    reader: LogReader, sources: Sequence[Source], scan_filter: ScanFilter
) -> Iterator[StoredFlatRecord]:
    """Yield the records that match.

    Args:
        reader: The log.
        sources: Where to look, in the order of the segments.
        scan_filter: Which records.

    Yields:
        The records with their places.
    """
    needles = needles_of(scan_filter.constants())
    matches = scan_filter.matches
    repetitions = _repetitions(reader, sources)
    for segment, stretches in sources:
        for lines in read_lines(reader, segment, stretches, needles):
            records, found = [], []
            for line in lines:
                record = decode_record(line[2])
                if record is not None and matches(record):
                    records.append(record)
                    found.append(line)
            kept = _fresh_records(repetitions, segment.name, records, found)
            for record, (n, offset, _) in kept:
                yield StoredFlatRecord(record, segment.name, n, offset)


def scan_rows(
    reader: LogReader,
    sources: Sequence[Source],
    run: str,
    *,
    key: str | None = None,
    stage: str | None = None,
    unrepeated: bool = False,
) -> Iterator[Sequence[Row]]:
    """Yield the rows of one run's records, some at a time.

    Args:
        reader: The log.
        sources: Where to look, in the order of the segments.
        run: Reference of the run.
        key: Key of the metric whose points are wanted; None for every record of the run.
        stage: Reference of the stage; None for all.
        unrepeated: Whether it is known already that the run has no repetitions.

    Yields:
        Rows in the order of appending.
    """
    needles = needles_of({"run": run} if key is None else {"run": run, "key": key})
    repetitions = _repetitions(reader, sources)
    for segment, stretches in sources:
        for lines in read_lines(reader, segment, stretches, needles):
            rows, found = decode_rows(lines)
            # A line may hold the texts elsewhere than in these fields.
            if key is None:
                fits = [row.run == run for row in rows]
            else:
                fits = [row.key == key and row.run == run and row.type == "metric" for row in rows]
            if stage is not None:
                fits = [fit and row.stage == stage for fit, row in zip(fits, rows, strict=True)]
            if not all(fits):
                rows, found = list(compress(rows, fits)), list(compress(found, fits))
            if rows and not unrepeated:
                ids, times = [row.id for row in rows], [row.time for row in rows]
                fresh = repetitions.fresh(segment.name, run, ids, times, found)
                rows = rows if fresh is None else list(compress(rows, fresh))
            if rows:
                yield rows


def needles_of(constants: dict[str, str]) -> list[bytes]:
    """Return the texts that a line holds when its record has these fields."""
    return [b'"%b":%b' % (name.encode(), encode_value(text)) for name, text in constants.items()]


def _repetitions(reader: LogReader, sources: Sequence[Source]) -> Repetitions:
    """Return a fresh memory for one pass over the sources."""
    by_name = {source.segment.name: source for source in sources}

    def bodies(segment: str, run: str) -> frozenset[bytes]:
        source = by_name[segment]
        chunks = read_lines(reader, source.segment, source.stretches, needles_of({"run": run}))
        return frozenset(body(line) for lines in chunks for _, _, line in lines)

    return Repetitions(bodies)


def _fresh_records(
    repetitions: Repetitions, segment: str, records: Sequence[FlatRecord], lines: Sequence[Line]
) -> Iterable[tuple[FlatRecord, Line]]:
    """Pair records with their lines, without repetitions."""
    pairs = list(zip(records, lines, strict=True))
    dropped: set[int] = set()
    by_run: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        by_run.setdefault(record["run"], []).append(place)
    for run, places in by_run.items():
        ids = [records[place]["id"] for place in places]
        times = [records[place]["time"] for place in places]
        fresh = repetitions.fresh(segment, run, ids, times, [lines[place] for place in places])
        if fresh is not None:
            dropped.update(compress(places, (not kept for kept in fresh)))
    return pairs if not dropped else [pair for place, pair in enumerate(pairs) if place not in dropped]
