"""Records that were appended twice, as a replay after a failure does: read once.

The rule: a record is a repetition when an earlier segment holds the very same record, byte for byte.  Segments are in
the order of their creation.  Lines of one segment are not compared with each other, for one writer's run of appends
does not replay itself; and two records of one identifier that differ are both kept, for neither is the wrong one.

To find repetitions cheaply, what each segment holds of a run is summed up by the range of its identifiers and the
range of its times.  Writers that share a run differ in the first, one writer's segments in the second; only where both
overlap are the records compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.frame import END_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.log.scan import Line

__all__ = ["Extent", "Repetitions", "body"]

#: Bytes of earlier segments that are kept in memory while a reader goes through the later ones.
_REMEMBERED_BYTES = 64 * 1_048_576


class Extent:
    """What one segment holds of one run, summed up.

    Args:
        ids: Identifiers of records; at least one.
        times: Their times, as text.
    """

    __slots__ = ("high_id", "high_time", "low_id", "low_time")

    def __init__(self, ids: Sequence[str], times: Sequence[str]) -> None:
        self.low_id = min(ids)
        self.high_id = max(ids)
        # Any order of the texts will do: repetitions have the same text.
        self.low_time = min(times)
        self.high_time = max(times)

    def widen(self, other: Extent) -> None:
        """Take in what another extent covers."""
        self.low_id = min(self.low_id, other.low_id)
        self.high_id = max(self.high_id, other.high_id)
        self.low_time = min(self.low_time, other.low_time)
        self.high_time = max(self.high_time, other.high_time)

    def may_share(self, other: Extent) -> bool:
        """Whether the two can have a record in common."""
        return (
            self.low_id <= other.high_id
            and other.low_id <= self.high_id
            and self.low_time <= other.high_time
            and other.low_time <= self.high_time
        )


def body(line: bytes) -> bytes:
    """Return a line without its number and checksum: the same for a record wherever it stands."""
    return line[line.index(b",") : -END_BYTES]


class Repetitions:
    """Recognises repetitions while one reader goes through the segments in order.

    Args:
        bodies: Reads the bodies of the lines that a segment, by name, holds of a run.
    """

    def __init__(self, bodies: Callable[[str, str], frozenset[bytes]]) -> None:
        self._bodies = bodies
        # The last used last.
        self._known: dict[tuple[str, str], frozenset[bytes]] = {}
        self._size = 0
        self._extents: dict[str, dict[str, Extent]] = {}

    def fresh(
        self, segment: str, run: str, ids: Sequence[str], times: Sequence[str], lines: Sequence[Line]
    ) -> list[bool] | None:
        """Tell which records of one run are not repetitions.

        Args:
            segment: Name of the segment that holds them.
            run: Reference of their run.
            ids: Their identifiers; at least one.
            times: Their times.
            lines: Their lines.

        Returns:
            For each record whether it is to be kept; None when all are.
        """
        extent = Extent(ids, times)
        extents = self._extents.setdefault(run, {})
        rivals = [name for name, other in extents.items() if name != segment and other.may_share(extent)]
        known = extents.get(segment)
        if known is None:
            extents[segment] = extent
        else:
            known.widen(extent)
        if not rivals:
            return None
        own = [body(line) for _, _, line in lines]
        fresh = [True] * len(own)
        for name in rivals:
            earlier = self._bodies_of(name, run)
            fresh = [kept and each not in earlier for kept, each in zip(fresh, own, strict=True)]
        return fresh

    def _bodies_of(self, segment: str, run: str) -> frozenset[bytes]:
        """Read what an earlier segment holds of a run, and remember it while it is likely to be needed again."""
        key = (segment, run)
        bodies = self._known.pop(key, None)
        if bodies is None:
            bodies = self._bodies(segment, run)
            self._size += sum(map(len, bodies))
        self._known[key] = bodies
        while self._size > _REMEMBERED_BYTES and len(self._known) > 1:
            forgotten = self._known.pop(next(iter(self._known)))
            self._size -= sum(map(len, forgotten))
        return bodies
