"""Names of segment files: ``<created>-<writer>-<index>.open`` while written, ``.seg`` once sealed.

The index of a segment that a compaction wrote has a ``c`` before it, so that a listing shows which segments may replace
others that still lie beside them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["OPEN_SUFFIX", "SEALED_SUFFIX", "TEMPORARY_PREFIX", "FileName", "parse_file_name", "segment_name"]

OPEN_SUFFIX = ".open"
SEALED_SUFFIX = ".seg"
#: A segment before its header is written, and every other file that is not whole yet.
TEMPORARY_PREFIX = ".tmp-"

_PATTERN = re.compile(r"((\d{16})-([a-z0-9]{16})-(c?)(\d{6,12}))\.(open|seg)", re.ASCII)


class FileName(NamedTuple):
    """The parts of a segment's file name.

    Attributes:
        name: The name without its suffix, which stays the same when the segment is sealed.
        created: Microseconds since the epoch, UTC.
        writer: The writer's token.
        ordinal: Number of the segment among its writer's, from 0.
        sealed: Whether the file has the suffix of a sealed segment.
        compacted: Whether a compaction wrote it in the place of others.
    """

    name: str
    created: int
    writer: str
    ordinal: int
    sealed: bool
    compacted: bool = False


def segment_name(created: int, writer: str, index: int, *, compacted: bool = False) -> str:
    """Compose a segment's name; names sort by the time of their creation.

    Args:
        created: Microseconds since the epoch, UTC.
        writer: The writer's token, 16 of ``[a-z0-9]``.
        index: Number of the segment among its writer's, from 0.
        compacted: Whether a compaction writes it.

    Returns:
        The name without a suffix.
    """
    return f"{created:016d}-{writer}-{'c' if compacted else ''}{index:06d}"


def parse_file_name(text: str) -> FileName | None:
    """Take a segment's file name apart.

    Args:
        text: A name in a log directory.

    Returns:
        Its parts, or ``None`` for a file that is no segment.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        return None
    name, created, writer, mark, index, suffix = found.groups()
    return FileName(name, int(created), writer, int(index), suffix == "seg", mark == "c")
