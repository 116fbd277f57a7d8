"""The part of an open segment that was there at one moment, sealed, so that it is a whole segment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.chunks import START, ChunkSource
from contexta.log.frame import encode_marker
from contexta.log.names import OPEN_SUFFIX, SEALED_SUFFIX
from contexta.log.seal import Seal, hash_prefix, seal_members

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copy_prefix", "open_segment", "sealed_name"]

_BLOCK_BYTES = 4 * 1_048_576


def sealed_name(name: str) -> str:
    """Return the name that an open segment has once it is sealed."""
    return name.removesuffix(OPEN_SUFFIX) + SEALED_SUFFIX


def open_segment(path: Path) -> int | None:
    """Open a segment that may have been sealed since it was listed; None where it is gone."""
    for candidate in (path, path.with_name(sealed_name(path.name))):
        try:
            return os.open(
                candidate, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
            )
        except FileNotFoundError:
            continue
    return None


def copy_prefix(descriptor: int, size: int, target: int) -> int:
    """Copy the whole lines among the first bytes of a segment, and write the seal behind them.

    What is incomplete was not acknowledged when the size was taken, and is left out.  Damage is copied as it is: a backup
    holds what there was, and its reader finds the damage where the workspace's would.

    Args:
        descriptor: The segment.
        size: The bytes that count.
        target: A new file.

    Returns:
        Bytes written; 0 where there is not even a header yet.

    Raises:
        OSError: A file cannot be read or written.
    """
    end = 0
    while end < size:
        block = filesystem.read_exactly(descriptor, min(_BLOCK_BYTES, size - end), end)
        if not block:
            break
        filesystem.write_all(target, block, end)
        end += len(block)
    source = ChunkSource(target, "copy", sealed=False, over=True, strict=True)
    cursor = START
    sealed = False
    while True:
        chunk = source.read(cursor, _BLOCK_BYTES)
        sealed = sealed or chunk.seal is not None
        stuck = chunk.cursor == cursor
        cursor = chunk.cursor
        if chunk.finished or stuck:
            break
    filesystem.truncate_file(target, cursor.offset)
    if cursor.offset == 0 or sealed:
        return cursor.offset
    seal = Seal(cursor.n, hash_prefix(target, cursor.offset), adopted=True)
    line = encode_marker(cursor.n, seal_members(seal))
    filesystem.write_all(target, line, cursor.offset)
    return cursor.offset + len(line)
