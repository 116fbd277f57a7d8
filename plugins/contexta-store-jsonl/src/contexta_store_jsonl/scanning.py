"""Reading records in the order of the segments, without the damaged and without repetitions."""

from __future__ import annotations

from functools import partial
from itertools import compress, repeat
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta.spi.bulk import instances
from contexta.spi.flawed_records import FLAW_FIELDS, has_flaw
from contexta.spi.records import ScanFilter, StoredFlatRecord
from contexta_store_jsonl.encoding import encode_value
from contexta_store_jsonl.places import holds, read_lines, read_verified
from contexta_store_jsonl.repetitions import Repetitions, body
from contexta_store_jsonl.rows import decode_record, decode_rows, decode_verified_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta.spi.records import FlatRecord
    from contexta_store_jsonl.places import Source, Stretch
    from contexta_store_jsonl.rows import Row
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["scan_flawed", "scan_records", "scan_rows"]


def scan_records(
    reader: TallyingReader, sources: Sequence[Source], scan_filter: ScanFilter, *, marks: Sequence[bytes] = ()
) -> Iterator[StoredFlatRecord]:
    """Yield the records that match.

    Args:
        reader: The log.
        sources: Where to look, in the order of the segments.
        scan_filter: Which records.
        marks: Texts as they stand in a line, of which it must hold one; none for every line.

    Yields:
        The records with their places.
    """
    needles = needles_of(scan_filter.constants())
    matches = _matcher(scan_filter)
    repetitions = _repetitions(reader, sources)
    for segment, stretches, _ in sources:
        for chunk in read_lines(reader, segment, stretches, needles):
            lines = [line for line in chunk if any(mark in line[2] for mark in marks)] if marks else chunk
            decoded = [decode_record(line) for _, _, line in lines]
            fits = [record is not None and matches(record) for record in decoded]
            records: list[FlatRecord] = list(compress(decoded, fits))  # type: ignore[arg-type]
            found = lines if len(records) == len(lines) else list(compress(lines, fits))
            if found is not lines and any(record is None for record in decoded):
                known = [record is not None for record in decoded]
                reader.note_undecoded(segment.name, lines, list(compress(lines, known)))
            fresh = _fresh(repetitions, segment.name, records, found)
            if fresh is not None:
                records, found = list(compress(records, fresh)), list(compress(found, fresh))
            columns: dict[str, Iterable[Any]] = {
                "record": records,
                "segment": repeat(segment.name),
                "sequence": [line[0] for line in found],
                "offset": [line[1] for line in found],
            }
            yield from instances(StoredFlatRecord, len(records), columns)


def scan_flawed(reader: TallyingReader, sources: Sequence[Source], run: str) -> Iterator[StoredFlatRecord]:
    """Yield the records of one run that are marked as incomplete or degraded.

    Args:
        reader: The log.
        sources: Where to look, in the order of the segments.
        run: Reference of the run.

    Yields:
        The records with their places.
    """
    marks = [b'"%b":' % name.encode() for name in FLAW_FIELDS]
    # Most stretches hold none, and a search of raw bytes costs a tenth of reading lines.
    marked = [
        source._replace(stretches=found)
        for source in sources
        if (found := [each for each in source.stretches if _holds_any(source.segment, each, marks)])
    ]
    for stored in scan_records(reader, marked, ScanFilter(run_ref=run), marks=marks):
        if has_flaw(stored.record):
            yield stored


def _holds_any(segment: Segment, stretch: Stretch, needles: Sequence[bytes]) -> bool:
    return any(holds(segment, stretch, [needle]) for needle in needles)


def _matcher(scan_filter: ScanFilter) -> Callable[[FlatRecord], bool]:
    """Return what :meth:`ScanFilter.matches` says, without asking it for conditions that it does not have."""
    constants = scan_filter.constants()
    if scan_filter.tags or scan_filter.start_time is not None or scan_filter.end_time is not None:
        return partial(_matches_all, scan_filter)
    if not constants:
        return _matches_any
    names, texts = tuple(constants), tuple(constants.values())
    return lambda record: tuple(map(record.get, names)) == texts


def _matches_any(record: FlatRecord) -> bool:
    """Whether a record matches no condition at all."""
    del record
    return True


def _matches_all(scan_filter: ScanFilter, record: FlatRecord) -> bool:
    """Whether a record matches; a time that nobody can read never stops a scan."""
    try:
        return scan_filter.matches(record)
    except ValidationError:
        return False


def scan_rows(
    reader: TallyingReader,
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
    for source in sources:
        verified = read_verified(source, needles[-1]) if unrepeated and key is not None else None
        if verified is not None:
            points = [row for row in decode_verified_rows(verified) if _is_point(row, run, key, stage)]
            if points:
                yield points
            continue
        segment, stretches, _ = source
        for lines in read_lines(reader, segment, stretches, needles):
            rows, found = decode_rows(lines)
            if found is not lines:
                reader.note_undecoded(segment.name, lines, found)
            # A line may hold the texts elsewhere than in these fields.
            fits = [row.run == run and (key is None or _is_point(row, run, key, stage)) for row in rows]
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


def _repetitions(reader: TallyingReader, sources: Sequence[Source]) -> Repetitions:
    """Return a fresh memory for one pass over the sources."""
    by_name = {source.segment.name: source for source in sources}

    def bodies(segment: str, run: str) -> frozenset[bytes]:
        source = by_name[segment]
        chunks = read_lines(reader, source.segment, source.stretches, needles_of({"run": run}))
        return frozenset(body(line) for lines in chunks for _, _, line in lines)

    return Repetitions(bodies)


def _is_point(row: Row, run: str, key: str | None, stage: str | None) -> bool:
    """Whether a row is a point of a metric."""
    return (
        row.key == key and row.run == run and row.type == "metric" and (stage is None or row.stage == stage)
    )


def _fresh(
    repetitions: Repetitions, segment: str, records: Sequence[FlatRecord], lines: Sequence[Line]
) -> list[bool] | None:
    """Tell which records are not repetitions; None when all are."""
    fresh: list[bool] | None = None
    by_run: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        by_run.setdefault(record["run"], []).append(place)
    for run, places in by_run.items():
        ids = [records[place]["id"] for place in places]
        times = [records[place]["time"] for place in places]
        of_run = repetitions.fresh(segment, run, ids, times, [lines[place] for place in places])
        if of_run is not None:
            fresh = fresh or [True] * len(records)
            for place, kept in zip(places, of_run, strict=True):
                fresh[place] = kept
    return fresh
