"""Which segments a compaction makes one of: those that follow each other, are whole, and are worth it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from contexta.log.seal import Seal, hash_prefix
from contexta.log.segments import open_for_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contexta.log.identity import SegmentHeader
    from contexta.log.reader import LogReader
    from contexta.log.segments import Segment

__all__ = ["Batch", "Whole", "inspect", "worthwhile"]

#: So many names fit into a header whatever they are.
_MOST_SEGMENTS = 4_096
#: So many segments are made one whatever their sizes; fewer only when no byte is rewritten too often for it.
_MANY_SEGMENTS = 16


class Whole(NamedTuple):
    """A segment that was read and found whole.

    Attributes:
        segment: The segment.
        header: Its header.
        seal: Its seal.
    """

    segment: Segment
    header: SegmentHeader
    seal: Seal


Batch = list[Whole]


def inspect(reader: LogReader, segment: Segment) -> Whole | None:
    """Read a sealed segment and compare it with its seal.

    Args:
        reader: The log.
        segment: The segment.

    Returns:
        The segment; None when anything about it is not as it was written.

    Raises:
        OSError: It cannot be read.
        StoreAccessError: It cannot be opened.
    """
    header: SegmentHeader | None = None
    seal: tuple[Seal, int] | None = None
    for chunk in reader.blocks(segment):
        if chunk.damages:
            return None
        header = header or chunk.header
        seal = seal or chunk.seal
    if header is None or seal is None:
        return None
    if (header.writer, header.index, header.created) != (segment.writer, segment.index, segment.created):
        return None
    opened = open_for_reading(segment)
    if opened is None:
        return None
    try:
        found = hash_prefix(opened[0], seal[1])
    finally:
        os.close(opened[0])
    return Whole(segment, header, seal[0]) if found == seal[0].sha256 else None


def worthwhile(
    reader: LogReader,
    segments: Sequence[Segment],
    chosen: Callable[[Segment], bool],
    target_bytes: int,
    left: list[Segment],
) -> Iterator[Batch]:
    """Find what to make one segment of.

    Args:
        reader: The log.
        segments: All of its segments, in order.
        chosen: Tells of a sealed segment whether it is to be rewritten in any case.
        target_bytes: Size of what a batch becomes, about.
        left: Takes the chosen segments that are not whole.

    Yields:
        Batches of segments that follow each other.
    """
    links = _Links(reader, segments)
    for candidates, wanted in _candidates(segments, chosen, target_bytes):
        if not wanted and not _is_worth_it([segment.size for segment in candidates]):
            continue
        batch: Batch = []
        for segment in candidates:
            whole = inspect(reader, segment)
            if whole is not None and links.hold(whole):
                batch.append(whole)
                continue
            if segment.name in wanted:
                left.append(segment)
            yield from _if_worth_it(batch, wanted)
            batch = []
        yield from _if_worth_it(batch, wanted)


def _candidates(
    segments: Sequence[Segment], chosen: Callable[[Segment], bool], target_bytes: int
) -> Iterator[tuple[list[Segment], set[str]]]:
    """Group sealed segments that follow each other; yields each group with the names of those chosen."""
    group: list[Segment] = []
    wanted: set[str] = set()
    size = 0
    for segment in segments:
        is_chosen = segment.sealed and chosen(segment)
        takes_part = segment.sealed and (is_chosen or segment.size * 2 <= target_bytes)
        if group and (not takes_part or size + segment.size > target_bytes or len(group) == _MOST_SEGMENTS):
            yield group, wanted
            group, wanted, size = [], set(), 0
        if takes_part:
            group.append(segment)
            size += segment.size
            if is_chosen:
                wanted.add(segment.name)
    if group:
        yield group, wanted


def _is_worth_it(sizes: Sequence[int]) -> bool:
    """Whether to make one segment of several: no byte is written again more often than the logarithm of its number."""
    return len(sizes) >= _MANY_SEGMENTS or (len(sizes) > 1 and sum(sizes) >= 2 * max(sizes))


def _if_worth_it(batch: Batch, wanted: set[str]) -> Iterator[Batch]:
    """Yield a batch that holds a chosen segment or is worth it without."""
    if any(entry.segment.name in wanted for entry in batch) or _is_worth_it(
        [entry.segment.size for entry in batch]
    ):
        yield batch


class _Links:
    """Whether segments were written after the ones that they name as their predecessors.

    Args:
        reader: The log.
        segments: All of its segments.
    """

    def __init__(self, reader: LogReader, segments: Sequence[Segment]) -> None:
        self._reader = reader
        self._segments = {segment.name: segment for segment in segments}
        self._seals: dict[str, str | None] = {}
        for segment in segments:
            header = reader.header(segment) if segment.compacted else None
            if header is not None:
                self._seals.update((*header.tips, *header.replaces))

    def hold(self, whole: Whole) -> bool:
        """Tell whether a segment's link is as it was written; a broken one must stay visible."""
        self._seals[whole.segment.name] = whole.seal.sha256
        name, expected = whole.header.previous_name, whole.header.previous_sha256
        if name is None:
            return bool(whole.header.replaces) or whole.header.index == 0
        if expected is None:
            return name in self._seals or name in self._segments
        if name not in self._seals:
            self._seals[name] = self._read_seal(name)
        return self._seals[name] == expected

    def _read_seal(self, name: str) -> str | None:
        """Read the hash in the seal of a segment that is not part of a batch."""
        segment = self._segments.get(name)
        if segment is None:
            return None
        seals = [chunk.seal[0].sha256 for chunk in self._reader.blocks(segment) if chunk.seal is not None]
        return seals[0] if seals else None
