"""The log's reader, counting what is passed over on every way of reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log import LogReader
from contexta.log.damage_tally import DamageTally
from contexta.log.reader import START

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from contexta.log.reader import Chunk, Cursor, Segment
    from contexta.log.scan import Line

__all__ = ["TallyingReader"]


class TallyingReader(LogReader):
    """A reader of segments that counts damaged lines and lines that hold no flat record.

    Args:
        directory: The log's directory; it may be missing.

    Attributes:
        tally: What was passed over so far.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.tally = DamageTally()

    def read(self, segment: Segment, cursor: Cursor = START, *, max_bytes: int | None = None) -> Chunk:
        """Read a segment's lines from a cursor on; see :meth:`LogReader.read`."""
        chunk = super().read(segment, cursor, max_bytes=max_bytes)
        if chunk.damages:
            self.tally.note(chunk.damages)
        return chunk

    def note_undecoded(self, segment: str, lines: Iterable[Line], decoded: Sequence[Line]) -> None:
        """Count the whole lines that hold no flat record.

        Args:
            segment: Name of their segment.
            lines: What was read.
            decoded: Those of them that hold one.
        """
        places = {line[1] for line in decoded}
        for line in lines:
            if line[1] not in places:
                self.tally.note_line(segment, line[1])
