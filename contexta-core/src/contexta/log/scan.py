"""From the bytes of a segment to its lines, past whatever is damaged."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING
from zlib import crc32

from contexta.log.damage import Damage, DamageKind
from contexta.log.frame import END_BYTES, MAX_LINE_BYTES, check
from contexta.log.identity import parse_header
from contexta.log.seal import SEAL_MARK, parse_seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.log.identity import SegmentHeader
    from contexta.log.seal import Seal

__all__ = ["Line", "Scan"]

#: Number of a line in its segment, its byte offset, and its bytes without the newline.
Line = tuple[int, int, bytes]

# A line that lost its newline stands glued to the next; quotes inside of strings are escaped, so this begins a line
# or a nested object, and the checksum tells which.
_LINE_START = re.compile(rb'\{"n":\d{1,19},')


class Scan:
    """Scans one segment, block by block.

    Args:
        segment: Name of the segment, for the damages.
        n: Number that the next line should have.
        offset: Byte offset where the next line begins.

    Attributes:
        n: Number that the next line should have.
        offset: Byte offset where the next line begins.
        lines: The whole lines found, without header and seal.
        damages: What was wrong.
        header: The header, once scanned.
        seal: The seal and its offset, once scanned.
    """

    def __init__(self, segment: str, n: int, offset: int) -> None:
        self.segment = segment
        self.n = n
        self.offset = offset
        self.lines: list[Line] = []
        self.damages: list[Damage] = []
        self.header: SegmentHeader | None = None
        self.seal: tuple[Seal, int] | None = None
        self._resuming = False

    def feed(self, data: bytes) -> None:
        """Scan a block.

        Args:
            data: Bytes from :attr:`offset` on, ending with a newline.
        """
        pieces = data.split(b"\n")
        pieces.pop()
        rest: Iterable[bytes] = pieces
        if self.offset == 0:
            rest = iter(pieces)
            self._scan_first(next(rest))
        if self._resuming or max(map(len, pieces)) >= MAX_LINE_BYTES:
            for line in rest:
                self._scan_doubtful(line)
        else:
            self._scan_quickly(rest)
        marks = data.count(SEAL_MARK)
        if marks:
            # Mostly the one mark is where it belongs, and the other lines need no look.
            last = len(self.lines) - 1
            at_end = marks == 1 and last >= 0 and SEAL_MARK in self.lines[last][2]
            self._take_out_seal(last if at_end else 0)

    def damage(self, kind: DamageKind, detail: str) -> None:
        """Report damage at the place that the scan has reached."""
        self.damages.append(Damage(self.segment, self.n, self.offset, kind, detail))

    def skip(self, size: int) -> None:
        """Pass over bytes that are no line; the caller has reported them."""
        self.offset += size
        self._resuming = True

    def _scan_quickly(self, lines: Iterable[bytes]) -> None:
        """Scan lines that are expected to be whole and in order: the loop that every reader lives in."""
        n, offset = self.n, self.offset
        append = self.lines.append
        remaining = iter(lines)
        for line in remaining:
            if line[-END_BYTES:] == b',"c":"%08x"}' % crc32(line[:-END_BYTES]) and line.startswith(
                b'{"n":%d,' % n
            ):
                append((n, offset, line))
                n += 1
                offset += len(line) + 1
                continue
            self.n, self.offset = n, offset
            for doubtful in chain((line,), remaining):
                self._scan_doubtful(doubtful)
            return
        self.n, self.offset = n, offset

    def _scan_first(self, line: bytes) -> None:
        """Scan what should be the header."""
        self.header = parse_header(line)
        if self.header is not None:
            self.n = 1
            self.offset = len(line) + 1
            return
        self.damage(DamageKind.HEADER_MISSING, f"the first line ({len(line)} bytes) is no readable header")
        self._resuming = True
        found = check(line)
        if isinstance(found, int):
            self._accept(found, 0, line)
        else:
            self._salvage(line)
        self.n = max(self.n, 1)
        self.offset = len(line) + 1

    def _scan_doubtful(self, line: bytes) -> None:
        """Scan one line with everything that can be wrong with it."""
        found = check(line)
        if isinstance(found, int):
            self._accept(found, self.offset, line)
        else:
            self.damage(found, _DETAILS[found].format(size=len(line)))
            self._resuming = True
            self._salvage(line)
        self.offset += len(line) + 1

    def _accept(self, n: int, offset: int, line: bytes) -> None:
        """Take a whole line with whatever number it has."""
        if n < self.n:
            self.damage(DamageKind.SEQUENCE_REPEAT, f"line {n} again, where line {self.n} was expected")
            return
        # Behind a damaged place the number of lines lost there is not known, and the damage is reported already.
        if n > self.n and not self._resuming:
            self.damage(DamageKind.SEQUENCE_GAP, f"lines {self.n} to {n - 1} are missing")
        self._resuming = False
        self.n = n + 1
        if n == 0:
            self.header = parse_header(line)
        else:
            self.lines.append((n, offset, line))

    def _salvage(self, line: bytes) -> None:
        """Take whole lines out of a damaged one."""
        starts = [found.start() for found in _LINE_START.finditer(line)]
        for start, end in zip(starts, [*starts[1:], len(line)], strict=False):
            piece = line[start:end]
            piece = piece[: piece.rfind(b',"c":"') + END_BYTES]
            n = check(piece)
            if isinstance(n, int) and n >= self.n:
                self._accept(n, self.offset + start, piece)
                self._resuming = True

    def _take_out_seal(self, start: int) -> None:
        """Take the seal out of the lines from a position on, and compare its count."""
        kept = self.lines[:start]
        for position, (n, offset, line) in enumerate(self.lines[start:], start):
            seal = parse_seal(line) if SEAL_MARK in line else None
            if seal is None:
                kept.append((n, offset, line))
                continue
            self.seal = (seal, offset)
            behind = len(self.lines) - position - 1
            if seal.lines != n or behind:
                detail = f"the seal in line {n} counts {seal.lines} lines; {behind} lines stand behind it"
                self.damages.append(Damage(self.segment, n, offset, DamageKind.SEAL_MISMATCH, detail))
        self.lines = kept


_DETAILS = {
    DamageKind.CHECKSUM: "a line of {size} bytes does not match its checksum",
    DamageKind.MALFORMED: "{size} bytes up to the next newline are no line",
    DamageKind.OVERSIZE: "{size} bytes up to the next newline are more than a line can have",
}
