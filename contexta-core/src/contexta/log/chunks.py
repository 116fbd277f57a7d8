"""Reading one stretch of a segment, from a cursor to the end of what is whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta.log.damage import DamageKind
from contexta.log.frame import MAX_LINE_BYTES, check
from contexta.log.scan import Scan

if TYPE_CHECKING:
    from contexta.log.damage import Damage
    from contexta.log.identity import SegmentHeader
    from contexta.log.scan import Line
    from contexta.log.seal import Seal

__all__ = ["START", "Chunk", "ChunkSource", "Cursor"]

# A batch is written from its second byte on, and its first byte at last: until then it begins so.
_UNFINISHED_BATCH = b'\0"n":'


class Cursor(NamedTuple):
    """Where an incremental read goes on.

    Attributes:
        n: Number that the next line should have.
        offset: Byte offset where it begins.
    """

    n: int = 0
    offset: int = 0


#: The beginning of a segment.
START = Cursor(0, 0)


@dataclass(slots=True)
class Chunk:
    """What one read of a segment found.

    Attributes:
        lines: Number, byte offset and bytes of each record's line, without newline, header and seal.
        cursor: Where the next read goes on.
        damages: What was wrong between the two cursors.
        incomplete: Whether bytes of a line or a batch that is not finished yet follow the cursor.
        finished: Whether nothing will ever follow: the segment is read to its end, and sealed or its writer dead.
            The cursor stays before a torn tail, for adoption puts a seal in its place.
        header: The segment's header, when this read began before it.
        seal: The segment's seal and its offset, when this read passed it.
        gone: Whether the segment's file is no longer there; a compaction may have replaced it.
    """

    lines: list[Line]
    cursor: Cursor
    damages: tuple[Damage, ...] = ()
    incomplete: bool = False
    finished: bool = False
    header: SegmentHeader | None = None
    seal: tuple[Seal, int] | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class ChunkSource:
    """An open segment file to read chunks from.

    Attributes:
        descriptor: The file.
        name: Name of the segment.
        sealed: Whether the file has its sealed name, so that it must end with a seal.
        over: Whether its writer is known to be dead, so that what is incomplete stays so.
        strict: Whether a last line that is whole but wrong counts as damage while the writer may live.
    """

    descriptor: int
    name: str
    sealed: bool
    over: bool
    strict: bool = False

    def read(self, cursor: Cursor, max_bytes: int | None) -> Chunk:
        """Read from a cursor to the end, or for about ``max_bytes``.

        Raises:
            OSError: The file cannot be read.
            SchemaVersionError: The segment has a format of another major version.
        """
        size = os.fstat(self.descriptor).st_size
        scan = Scan(self.name, cursor.n, cursor.offset)
        if size < cursor.offset:
            scan.damage(
                DamageKind.TORN_TAIL, f"the file was read up to byte {cursor.offset} and has {size} now"
            )
            return Chunk([], Cursor(cursor.n, size), tuple(scan.damages), finished=self.sealed or self.over)
        data = self._block(cursor.offset, size, max_bytes)
        ends = cursor.offset + len(data) == size
        whole = data.rfind(b"\n") + 1
        if not whole and not ends:
            return self._pass_oversize(scan, size)
        if not self.sealed:
            limit = self._unfinished_from(data, whole, ends=ends)
            if limit < whole:
                whole, ends = limit, True
        if whole:
            scan.feed(data if whole == len(data) else data[:whole])
        return self._conclude(scan, size, ends=ends, consumed=bool(data) or cursor.offset == 0)

    def _block(self, offset: int, size: int, max_bytes: int | None) -> bytes:
        """Read up to the limit, or as much as it takes to have one line."""
        wanted = size - offset if max_bytes is None else min(size - offset, max(1, max_bytes))
        data = filesystem.read_exactly(self.descriptor, wanted, offset)
        if b"\n" not in data and offset + len(data) < size:
            data = filesystem.read_exactly(self.descriptor, min(size - offset, MAX_LINE_BYTES), offset)
        return data

    def _unfinished_from(self, data: bytes, whole: int, *, ends: bool) -> int:
        """Return where in an open segment's block that begins which is not finished yet."""
        if data.startswith(_UNFINISHED_BATCH):
            return 0
        batch = data.rfind(b"\n" + _UNFINISHED_BATCH)
        if batch >= 0:
            return batch + 1
        if ends and whole == len(data) > 0 and not self.over and not self.strict:
            # Caches of network file systems may show a line that is being written as whole and wrong.
            last = data.rfind(b"\n", 0, whole - 1) + 1
            if not isinstance(check(data[last : whole - 1]), int):
                return last
        return whole

    def _pass_oversize(self, scan: Scan, size: int) -> Chunk:
        """Pass over a line that is longer than any line can be, in bounded memory."""
        start = position = scan.offset
        while position < size:
            block = filesystem.read_exactly(self.descriptor, min(MAX_LINE_BYTES, size - position), position)
            newline = block.find(b"\n")
            position += newline + 1 if newline >= 0 else len(block)
            if newline >= 0 or not block:
                break
        else:
            return self._conclude(scan, size, ends=True, consumed=True)
        scan.damage(
            DamageKind.OVERSIZE, f"{position - start} bytes up to the next newline are more than a line has"
        )
        scan.skip(position - start)
        return self._conclude(scan, size, ends=position >= size, consumed=True)

    def _conclude(self, scan: Scan, size: int, *, ends: bool, consumed: bool) -> Chunk:
        """Judge what follows the last whole line, and build the chunk."""
        left = size - scan.offset if ends else 0
        final = self.sealed or self.over
        if left and final:
            scan.damage(
                DamageKind.TORN_TAIL, f"the last {left} bytes are no whole line or an unfinished batch"
            )
        if ends and self.sealed and consumed and scan.seal is None:
            scan.damage(
                DamageKind.SEAL_MISSING, "the segment is named as sealed but does not end with a seal"
            )
        return Chunk(
            scan.lines,
            Cursor(scan.n, scan.offset),
            tuple(scan.damages),
            incomplete=bool(left) and not final,
            finished=ends and final,
            header=scan.header,
            seal=scan.seal,
        )
