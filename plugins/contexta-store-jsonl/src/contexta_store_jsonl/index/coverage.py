"""Which stretches of which segments the index covers, and how much it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.reader import START
from contexta_store_jsonl.index.gathering import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contexta.log.reader import Cursor
    from contexta.log.segments import Segment
    from contexta_store_jsonl.index.gathering import FileState
    from contexta_store_jsonl.index.part import CoveredStretch, Part

__all__ = ["DUE_BYTES", "Coverage"]

#: With so many bytes that no part covers, the next part is due; reading them takes a tenth of a second.
DUE_BYTES = 4 * 1_048_576
#: Of an open segment less than this waits for more.
LEAST_BYTES = 65_536


class Coverage:
    """What attached parts cover of the segments of a log.

    Args:
        parts: All parts, the newest first; the stretches of each that count are noted in it.
        segments: All segments of the log.

    Attributes:
        parts: The parts of which anything counts.
        covered: What is behind the covered lines of a segment, by its name.
        complete: Sealed segments that are covered to the end.
        refused: Sealed segments that no part can cover.
        contested: Runs of which two covered segments hold the same identifier.
    """

    def __init__(self, parts: Sequence[Part] = (), segments: Sequence[Segment] = ()) -> None:
        self._by_name = {segment.name: segment for segment in segments}
        self._states: dict[str, FileState | None] = {}
        self.covered: dict[str, Cursor] = {}
        self.complete: dict[str, FileState] = {}
        self.refused: dict[str, FileState] = {}
        for part in parts:
            part.live = []
        for name, starts in self._candidates(parts).items():
            self._chain(name, starts)
        self.parts = [part for part in parts if part.live]
        self.contested = frozenset().union(*(part.contested for part in self.parts))
        for part in parts:
            for name, state in part.refused.items():
                segment = self._by_name.get(name)
                if segment is not None and segment.sealed and self._state(segment) == state:
                    self.refused[name] = state

    def _candidates(self, parts: Iterable[Part]) -> dict[str, dict[int, list[tuple[Part, CoveredStretch]]]]:
        """Return the stretches that still hold what was read from them, by segment and beginning."""
        found: dict[str, dict[int, list[tuple[Part, CoveredStretch]]]] = {}
        for part in parts:
            for stretch in part.stretches.values():
                segment = self._by_name.get(stretch.segment)
                if segment is not None and self._is_current(segment, stretch):
                    starts = found.setdefault(stretch.segment, {})
                    starts.setdefault(stretch.start.offset, []).append((part, stretch))
        return found

    def _is_current(self, segment: Segment, stretch: CoveredStretch) -> bool:
        """Whether a segment still holds what a stretch was read from."""
        if stretch.state is None:
            return stretch.end.offset <= segment.size
        return segment.sealed and self._state(segment) == stretch.state

    def _state(self, segment: Segment) -> FileState | None:
        if segment.name not in self._states:
            self._states[segment.name] = state_of(segment)
        return self._states[segment.name]

    def _chain(self, name: str, starts: dict[int, list[tuple[Part, CoveredStretch]]]) -> None:
        """Follow the stretches of a segment from its beginning without a gap, the newest part first."""
        place = 0
        while place in starts:
            part, stretch = starts.pop(place)[0]
            part.live.append(stretch.number)
            self.covered[name] = stretch.end
            if stretch.state is not None:
                self.complete[name] = stretch.state
            place = stretch.end.offset

    def uncovered(
        self, segments: Iterable[Segment], *, least: int | None = None
    ) -> Iterator[tuple[Segment, int]]:
        """Yield the segments of which a part could cover more, each with the number of these bytes.

        Args:
            segments: The segments as they are now.
            least: Of an open segment fewer bytes than this do not count; 64 KiB when None.
        """
        limit = LEAST_BYTES if least is None else least
        for segment in segments:
            if segment.name in self.complete or segment.name in self.refused:
                continue
            left = segment.size - self.covered.get(segment.name, START).offset
            if left > 0 and (segment.sealed or left >= limit):
                yield segment, left

    def behind(self, segments: Iterable[Segment], *, least: int | None = None) -> int:
        """Return the number of bytes that no part covers and one could; see :meth:`uncovered`."""
        return sum(left for _, left in self.uncovered(segments, least=least))
