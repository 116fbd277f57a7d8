"""One line of a segment: a flat JSON object with its number first and its checksum last.

``{"n":7,"run":"…","value":0.5,"c":"1a2b3c4d"}`` and a newline.  ``n`` counts from 0 in each segment, ``c`` is the
CRC-32 of every byte before ``,"c":``.  The frame has a fixed-width end, so a line is checked without parsing it.
"""

from __future__ import annotations

from zlib import crc32

from contexta.errors import ValidationError
from contexta.log.damage import DamageKind

__all__ = ["FRAME_SLACK_BYTES", "MAX_LINE_BYTES", "MAX_MEMBERS_BYTES", "check", "encode", "encode_marker"]

#: Room for the frame around a payload of one MiB.
FRAME_SLACK_BYTES = 4_096
#: Longest line that is ever written or looked at, newline included.
MAX_LINE_BYTES = 1_048_576 + FRAME_SLACK_BYTES
#: Longest ``members`` that :func:`encode` accepts: the line less ``{"n":…,`` and ``,"c":"…"}`` and the newline.
MAX_MEMBERS_BYTES = MAX_LINE_BYTES - 64

#: Length of ``,"c":"xxxxxxxx"}``.
END_BYTES = 16
_PREFIX = b'{"n":'
# A record that began like a seal would end the segment for every reader.
_RESERVED = b'"seal":'


def encode(n: int, members: bytes) -> bytes:
    """Frame the members of one record as a line.

    Args:
        n: Number of the line in its segment, from 0.
        members: The members of one JSON object without its braces, without a raw newline.

    Returns:
        The line with its newline.

    Raises:
        ValidationError: ``members`` is empty, holds a newline, begins with the reserved member ``seal``
            (``log_line_malformed``), or is longer than :data:`MAX_MEMBERS_BYTES` (``log_line_too_long``).
    """
    if not 0 < len(members) <= MAX_MEMBERS_BYTES or b"\n" in members or members.startswith(_RESERVED):
        raise _refusal(members)
    body = b'{"n":%d,%b' % (n, members)
    return b'%b,"c":"%08x"}\n' % (body, crc32(body))


def encode_marker(n: int, members: bytes) -> bytes:
    """Frame a header or a seal, whose member names are closed to records.

    Args:
        n: Number of the line in its segment.
        members: The marker's members, composed by this package.

    Returns:
        The line with its newline.
    """
    body = b'{"n":%d,%b' % (n, members)
    return b'%b,"c":"%08x"}\n' % (body, crc32(body))


def check(line: bytes) -> int | DamageKind:
    """Check one line without parsing it.

    Args:
        line: The line without its newline.

    Returns:
        The line's number when the line is whole, else what is wrong with it.
    """
    if len(line) >= MAX_LINE_BYTES:
        return DamageKind.OVERSIZE
    end = line[-END_BYTES:]
    if not line.startswith(_PREFIX) or not end.startswith(b',"c":"') or not end.endswith(b'"}'):
        return DamageKind.MALFORMED
    # Compared as text, so that a flipped case bit in the checksum itself does not pass.
    if end != b',"c":"%08x"}' % crc32(line[:-END_BYTES]):
        return DamageKind.CHECKSUM
    number = line[len(_PREFIX) : line.find(b",", len(_PREFIX))]
    return int(number) if number.isdigit() else DamageKind.MALFORMED


def _refusal(members: bytes) -> ValidationError:
    """Say why ``members`` cannot be a line."""
    if len(members) > MAX_MEMBERS_BYTES:
        return ValidationError(
            f"A record of {len(members)} bytes was to be written; a line holds at most {MAX_MEMBERS_BYTES} bytes."
            " Store large content as an artifact and record its reference.",
            code="log_line_too_long",
            details={"bytes": len(members), "limit": MAX_MEMBERS_BYTES},
        )
    found = (
        "no members" if not members else "a raw newline" if b"\n" in members else "the reserved member 'seal'"
    )
    return ValidationError(
        f"A record was to be written, but its text holds {found}; pass the members of one JSON object,"
        " without braces, on one line.",
        code="log_line_malformed",
    )
