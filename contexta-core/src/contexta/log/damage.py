"""What can be wrong with a segment, and where."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Damage", "DamageKind"]


class DamageKind(StrEnum):
    """The kinds of damage that reading and verifying tell apart."""

    #: A dead writer's last line or batch is incomplete; it never was acknowledged.
    TORN_TAIL = "torn_tail"
    #: A line of the right shape whose bytes are not those that were written.
    CHECKSUM = "checksum"
    #: Lines are missing.
    SEQUENCE_GAP = "sequence_gap"
    #: A line that was there before appears again.
    SEQUENCE_REPEAT = "sequence_repeat"
    #: A line longer than any that a writer writes.
    OVERSIZE = "oversize"
    #: Bytes that are no line at all.
    MALFORMED = "malformed"
    #: A sealed segment without its seal: the end of the file is lost.
    SEAL_MISSING = "seal_missing"
    #: A segment that is not what its seal says.
    SEAL_MISMATCH = "seal_mismatch"
    #: A segment whose predecessor is missing or is another than the one it was written after.
    CHAIN_BROKEN = "chain_broken"
    #: A segment without a readable header, or with the header of another one.
    HEADER_MISSING = "header_missing"


class Damage(NamedTuple):
    """One damaged place in one segment.

    Attributes:
        segment: Name of the segment, without the suffix of its file.
        line_number: Number of the line that is damaged or was expected here, from 0.
        offset: Byte offset of the place in the file.
        kind: What is wrong.
        detail: The same for people, with the figures.
    """

    segment: str
    line_number: int
    offset: int
    kind: DamageKind
    detail: str
