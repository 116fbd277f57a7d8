"""Listing the segments of a log while writers create, rename and seal them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.log.failures import read_failure
from contexta.log.names import OPEN_SUFFIX, SEALED_SUFFIX, FileName, parse_file_name

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Segment", "list_names", "look_at", "open_for_reading"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as it was when it was listed.

    Attributes:
        name: Name without suffix; stays the same when the segment is sealed, so it is the key to remember it by.
        path: The file at the time of listing.
        created: Microseconds since the epoch, UTC.
        writer: The writer's token.
        index: Number among the writer's segments, from 0.
        sealed: Whether the file had its sealed name.
        size: Bytes at the time of listing; final when ``sealed``.
        compacted: Whether a compaction wrote it in the place of others.
    """

    name: str
    path: Path
    created: int
    writer: str
    index: int
    sealed: bool
    size: int
    compacted: bool = False


def list_names(directory: Path) -> dict[str, FileName]:
    """List the segments of a directory by name.

    A listing is not one step: a file that is renamed meanwhile may show under both names or under neither.  Each
    segment is renamed once in its life, so two listings together miss nothing that was there before the first.

    Args:
        directory: The log; it may be missing.

    Returns:
        The parts of each segment's file name, sealed where both names were seen, sorted by name.

    Raises:
        StoreAccessError: The directory cannot be read.
    """
    seen: dict[str, FileName] = {}
    try:
        entries = {*os.listdir(directory), *os.listdir(directory)}
    except (FileNotFoundError, NotADirectoryError):
        return seen
    except OSError as error:
        raise read_failure(error, directory, "list a log") from error
    for entry in sorted(entries):
        found = parse_file_name(entry)
        # ".open" sorts before ".seg", so the sealed name wins.
        if found is not None:
            seen[found.name] = found
    return seen


def look_at(directory: Path, found: FileName) -> Segment | None:
    """Look at a listed segment.

    Args:
        directory: The log.
        found: The parts of its file name.

    Returns:
        The segment, sealed if it was sealed meanwhile; ``None`` when it was removed.

    Raises:
        StoreAccessError: The file cannot be looked at.
    """
    for suffix in (SEALED_SUFFIX,) if found.sealed else (OPEN_SUFFIX, SEALED_SUFFIX):
        path = directory / (found.name + suffix)
        try:
            size = os.stat(path).st_size
        except FileNotFoundError:
            continue
        except OSError as error:
            raise read_failure(error, path, "look at a log segment") from error
        sealed = suffix == SEALED_SUFFIX
        return Segment(
            found.name, path, found.created, found.writer, found.ordinal, sealed, size, found.compacted
        )
    return None


def open_for_reading(segment: Segment) -> tuple[int, bool] | None:
    """Open a listed segment, which may have been sealed meanwhile.

    Args:
        segment: The segment.

    Returns:
        A descriptor and whether the file has its sealed name; ``None`` when it was removed.

    Raises:
        StoreAccessError: The file cannot be opened.
    """
    directory = segment.path.parent
    for suffix in (SEALED_SUFFIX,) if segment.sealed else (OPEN_SUFFIX, SEALED_SUFFIX):
        path = directory / (segment.name + suffix)
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise read_failure(error, path, "read a log segment") from error
        return descriptor, suffix == SEALED_SUFFIX
    return None
