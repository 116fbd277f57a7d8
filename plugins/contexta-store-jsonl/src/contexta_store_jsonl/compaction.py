"""Compaction of the records: without repetitions, and without the runs that are deleted."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from contexta.log.compaction import compact_log
from contexta.log.filesystem import read_exactly
from contexta.log.reader import LogReader
from contexta.log.segments import open_for_reading
from contexta.spi.records import CompactionReport
from contexta_store_jsonl.encoding import encode_value
from contexta_store_jsonl.places import WHOLE, read_lines
from contexta_store_jsonl.repetitions import Repetitions, body
from contexta_store_jsonl.rows import decode_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta_store_jsonl.deletions import Deletions

__all__ = ["compact_records"]

_BLOCK_BYTES = 4_194_304


def compact_records(directory: Path, deletions: Deletions) -> CompactionReport:
    """Compact the segments of a store; see :mod:`contexta.log.compaction`.

    Args:
        directory: The segments.
        deletions: The runs whose lines are left out.

    Returns:
        What was done.

    Raises:
        StorageFullError: There is no space; what was not rewritten stays as it was.
        ReadOnlyStoreError: The directory may not be written.
        StoreAccessError: The storage failed.
    """
    work = _Work(directory, deletions)
    outcome = compact_log(directory, start_batch=work.start_batch, chosen=work.holds_deleted)
    if not outcome.performed:
        return CompactionReport(performed=False)
    if not outcome.left:
        # What an open segment holds shows when it is sealed.
        unsealed = [
            segment.created
            for segment in outcome.before
            if not segment.sealed and segment.name not in outcome.adopted
        ]
        work.note_purged(min([work.began, *unsealed]))
    return CompactionReport(
        performed=True,
        segments_before=len(outcome.before),
        segments_after=len(outcome.after),
        bytes_before=sum(segment.size for segment in outcome.before),
        bytes_after=sum(segment.size for segment in outcome.after),
        adopted=len(outcome.adopted),
        repetitions=work.repetitions,
        deleted=work.deleted,
    )


class _Work:
    """What one compaction leaves out, and how much that was.

    Args:
        directory: The segments.
        deletions: The runs whose lines are left out.
    """

    def __init__(self, directory: Path, deletions: Deletions) -> None:
        self.began = time.time_ns() // 1_000
        self.repetitions = 0
        self.deleted = 0
        self._reader = LogReader(directory)
        self._deletions = deletions
        self._unpurged = deletions.unpurged()
        self._runs = frozenset(run for run, _ in self._unpurged)

    def note_purged(self, before: int) -> None:
        """Note that no sealed segment created before a moment holds a line of a deleted run."""
        self._deletions.note_purged(sorted(self._runs), before)

    def holds_deleted(self, segment: Segment) -> bool:
        """Tell whether a segment may hold lines of a deleted run."""
        needles = [_needle(run) for run, purged in self._unpurged if segment.created >= purged]
        return bool(needles) and _holds_any(segment, needles)

    def start_batch(self, segments: Sequence[Segment]) -> Callable[[str, Sequence[Line]], list[bool]]:
        """Return what tells, line by line, whether it is kept, for segments that become one."""
        by_name = {segment.name: segment for segment in segments}

        def bodies(name: str, run: str) -> frozenset[bytes]:
            chunks = read_lines(self._reader, by_name[name], WHOLE, [_needle(run)])
            return frozenset(body(line) for lines in chunks for _, _, line in lines)

        repetitions = Repetitions(bodies)
        return lambda name, lines: self._keep(repetitions, name, lines)

    def _keep(self, repetitions: Repetitions, segment: str, lines: Sequence[Line]) -> list[bool]:
        """Tell which lines are kept; one that holds no flat record is not ours to drop."""
        rows, found = decode_rows(lines)
        kept = dict.fromkeys((line[1] for line in lines), True)
        by_run: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            by_run.setdefault(row.run, []).append(place)
        for run, places in by_run.items():
            if run in self._runs:
                self.deleted += len(places)
                kept.update((found[place][1], False) for place in places)
                continue
            own = [found[place] for place in places]
            ids, times = [rows[place].id for place in places], [rows[place].time for place in places]
            fresh = repetitions.fresh(segment, run, ids, times, own)
            if fresh is not None:
                self.repetitions += fresh.count(False)
                kept.update((line[1], is_fresh) for line, is_fresh in zip(own, fresh, strict=True))
        return [kept[line[1]] for line in lines]


def _needle(run: str) -> bytes:
    """Return the text that a line of a run holds."""
    return b'"run":%b' % encode_value(run)


def _holds_any(segment: Segment, needles: Sequence[bytes]) -> bool:
    """Whether the bytes of a segment hold one of some texts."""
    opened = open_for_reading(segment)
    if opened is None:
        return False
    overlap = max(map(len, needles)) - 1
    descriptor, offset, rest = opened[0], 0, b""
    try:
        while block := read_exactly(descriptor, _BLOCK_BYTES, offset):
            data = rest + block
            if any(needle in data for needle in needles):
                return True
            offset += len(block)
            rest = data[len(data) - overlap :] if overlap else b""
    finally:
        os.close(descriptor)
    return False
