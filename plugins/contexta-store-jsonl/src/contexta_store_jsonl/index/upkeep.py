"""Building parts: what goes into the next one, and which parts it takes over."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import ContextaError
from contexta.log import filesystem
from contexta.log.reader import START
from contexta_store_jsonl.index.gathering import gather, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.log import LogReader
    from contexta.log.segments import Segment
    from contexta_store_jsonl.index.attachments import Attachments
    from contexta_store_jsonl.index.coverage import Coverage
    from contexta_store_jsonl.index.directory import IndexDirectory
    from contexta_store_jsonl.index.gathering import FileState, Piece
    from contexta_store_jsonl.index.part import Part

__all__ = ["Upkeep"]

#: What one part takes in at most, so that building needs no more memory for a large store.
_BATCH_BYTES = 512 * 1_048_576
#: A new part takes over the parts that are at most so many times as large as itself, so their number stays small.
_TIER = 3
#: Parts beyond this number are taken over whatever their size, while they fit into one.
_MOST_PARTS = 8


class _Gathered(NamedTuple):
    """New lines, and the sealed segments that cannot be covered."""

    pieces: list[Piece]
    refused: dict[str, FileState]


class Upkeep:
    """Builds parts one at a time; only while the right to build is held.

    Args:
        directory: Where they are published.
        reader: The log.
    """

    def __init__(self, directory: IndexDirectory, reader: LogReader) -> None:
        self._directory = directory
        self._reader = reader

    def build_one(
        self, segments: Sequence[Segment], coverage: Coverage, attachments: Attachments, *, least: int | None
    ) -> None:
        """Build the next part and publish it.

        Args:
            segments: All segments of the log.
            coverage: What is covered.
            attachments: The parts that are there.
            least: As for :meth:`Coverage.uncovered`.

        Raises:
            OSError: There is no space.
            duckdb.Error: DuckDB failed, for want of space foremost, or one of the parts is damaged.
        """
        from contexta_store_jsonl.index.building import OldPart, build

        gathered = _Gathered([], dict(coverage.refused))
        try:
            self._gather(segments, coverage, gathered, least)
            size = sum(piece.end.offset - piece.start.offset for piece in gathered.pieces)
            replaced = _outgrown(coverage.parts, size)
            beside = [part for part in coverage.parts if part not in replaced]
            kept = {part.file.path for part in beside}
            self._directory.publish(
                lambda path: build(
                    path,
                    gathered.pieces,
                    replaced=[OldPart(part.file.path, part.live) for part in replaced],
                    beside=[OldPart(part.file.path, part.live) for part in beside],
                    refused=gathered.refused,
                    readable=[self._directory.path, self._reader.directory],
                ),
                [*(attachments.paths - kept), *attachments.unusable],
            )
        finally:
            for piece in gathered.pieces:
                if piece.excerpt:
                    filesystem.remove_file(piece.path)

    def _gather(
        self, segments: Sequence[Segment], coverage: Coverage, gathered: _Gathered, least: int | None
    ) -> None:
        """Collect what is not covered, up to a batch."""
        size = 0
        for segment, left in coverage.uncovered(segments, least=least):
            if size and size + left > _BATCH_BYTES:
                break
            state = state_of(segment) if segment.sealed else None
            start = coverage.covered.get(segment.name, START)
            with suppress(ContextaError):
                piece = gather(self._reader, segment, start, self._directory.scratch())
                if piece is not None and piece.end.offset > start.offset:
                    gathered.pieces.append(piece)
                    size += piece.end.offset - start.offset
                elif state is not None:
                    gathered.refused[segment.name] = state


def _outgrown(parts: Sequence[Part], size: int) -> list[Part]:
    """Return the parts that a new one of a size takes over."""
    replaced: list[Part] = []
    waiting = sorted(parts, key=lambda part: part.live_bytes)
    while waiting and size + waiting[0].live_bytes <= _BATCH_BYTES:
        smallest = waiting[0]
        mostly_live = len(smallest.live) * 2 > len(smallest.stretches)
        if len(waiting) < _MOST_PARTS and smallest.live_bytes > _TIER * size and mostly_live:
            break
        size += smallest.live_bytes
        replaced.append(waiting.pop(0))
    return replaced
