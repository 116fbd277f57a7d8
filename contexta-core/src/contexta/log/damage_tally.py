"""Counting the damage that reads pass over, so that nobody takes what is left for all there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.damage import DamageKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.log.damage import Damage

__all__ = ["DamageTally"]


class DamageTally:
    """Counts damaged lines, each once however often it is read.

    The torn tail of a dead writer does not count: it never was acknowledged.

    Attributes:
        segments: Names of the segments that have counted damage.
    """

    def __init__(self) -> None:
        self.segments: set[str] = set()
        self._places: set[tuple[str, int]] = set()
        self._line_numbers: set[tuple[str, int]] = set()

    def __len__(self) -> int:
        return len(self._places)

    def note(self, damages: Iterable[Damage]) -> None:
        """Count what a read found wrong.

        Args:
            damages: The damages of a chunk, in their order.
        """
        for damage in damages:
            if damage.kind is DamageKind.TORN_TAIL:
                continue
            number = (damage.segment, damage.line_number)
            # A read that begins behind a damaged line misses that line's number: the same loss, seen again.
            if damage.kind is DamageKind.SEQUENCE_GAP and number in self._line_numbers:
                continue
            if damage.kind is not DamageKind.SEQUENCE_GAP:
                self._line_numbers.add(number)
            self.note_line(damage.segment, damage.offset)

    def note_line(self, segment: str, offset: int) -> None:
        """Count a line that is whole and yet holds nothing that its reader knows.

        Args:
            segment: Name of its segment.
            offset: Where it begins, in bytes.
        """
        self.segments.add(segment)
        self._places.add((segment, offset))
