"""Checking a whole log: every line, and that every segment is the one that was written where it stands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from contexta.log.damage import Damage, DamageKind
from contexta.log.failures import read_failure
from contexta.log.seal import hash_prefix
from contexta.log.segments import open_for_reading

if TYPE_CHECKING:
    from contexta.log.identity import SegmentHeader
    from contexta.log.reader import LogReader
    from contexta.log.seal import Seal
    from contexta.log.segments import Segment

__all__ = ["verify_log"]


def verify_log(reader: LogReader) -> list[Damage]:
    """Read everything and check all that can be checked.

    Args:
        reader: The log's reader.

    Returns:
        The damages, by segment and place.

    Raises:
        StoreAccessError: A file cannot be read.
        SchemaVersionError: A segment has a format of another major version.
    """
    damages: list[Damage] = []
    headers: dict[str, SegmentHeader] = {}
    seals: dict[str, str | None] = {}
    with reader.hold():
        segments = reader.segments()
        _verify_segments(reader, segments, damages, headers, seals)
    # A compaction verified what it replaced, and names it.
    named = {name: sha256 for header in headers.values() for name, sha256 in (*header.tips, *header.replaces)}
    seals = {**named, **seals}
    for name, header in headers.items():
        detail = None if header.replaces else _broken_link(reader, header, seals)
        if detail is not None:
            damages.append(Damage(name, 0, 0, DamageKind.CHAIN_BROKEN, detail))
    return sorted(damages, key=lambda damage: (damage.segment, damage.offset))


def _verify_segments(
    reader: LogReader,
    segments: list[Segment],
    damages: list[Damage],
    headers: dict[str, SegmentHeader],
    seals: dict[str, str | None],
) -> None:
    """Check each segment by itself, and note its header and seal."""
    for segment in segments:
        header, seal = _verify_segment(reader, segment, damages)
        seals[segment.name] = None if seal is None else seal.sha256
        if header is not None:
            headers[segment.name] = header


def _verify_segment(
    reader: LogReader, segment: Segment, damages: list[Damage]
) -> tuple[SegmentHeader | None, Seal | None]:
    """Check one segment by itself; return its header and seal."""
    header: SegmentHeader | None = None
    seal: tuple[Seal, int] | None = None
    for chunk in reader.blocks(segment):
        damages.extend(chunk.damages)
        header = header or chunk.header
        seal = seal or chunk.seal
    if header is not None and (header.writer, header.index, header.created) != (
        segment.writer,
        segment.index,
        segment.created,
    ):
        detail = f"the header is that of segment {header.index} of writer {header.writer}"
        damages.append(Damage(segment.name, 0, 0, DamageKind.HEADER_MISSING, detail))
    if seal is not None:
        _verify_hash(segment, *seal, damages)
    return header, None if seal is None else seal[0]


def _verify_hash(segment: Segment, seal: Seal, offset: int, damages: list[Damage]) -> None:
    """Compare the bytes before a seal with the hash in it."""
    opened = open_for_reading(segment)
    if opened is None:
        return
    try:
        found = hash_prefix(opened[0], offset)
    except OSError as error:
        raise read_failure(error, segment.path, "verify a log segment") from error
    finally:
        os.close(opened[0])
    if found != seal.sha256:
        detail = f"the bytes before the seal have the hash {found}, the seal says {seal.sha256}"
        damages.append(Damage(segment.name, seal.lines, offset, DamageKind.SEAL_MISMATCH, detail))


def _broken_link(reader: LogReader, header: SegmentHeader, seals: dict[str, str | None]) -> str | None:
    """Say what is wrong with a segment's link to its predecessor, if anything."""
    name, expected = header.previous_name, header.previous_sha256
    if name is None:
        return f"segment {header.index} of its writer names no predecessor" if header.index else None
    if expected is None:
        # The predecessor was given up after a failure of the storage, so it has no seal to name.
        return (
            None if name in seals or _seal_now(reader, name) else f"the segment before it, {name}, is missing"
        )
    # A writer at work may have sealed the predecessor since it was read here.
    found = seals.get(name) or _seal_now(reader, name)
    if found == expected:
        return None
    state = f"sealed with {found}" if found else "without its seal" if name in seals else "missing"
    return f"the segment before it, {name}, is {state}; it was written after one sealed with {expected}"


def _seal_now(reader: LogReader, name: str) -> str | None:
    """Look again for the hash in a segment's seal."""
    for segment in reader.segments():
        if segment.name == name:
            seals = [chunk.seal[0].sha256 for chunk in reader.blocks(segment) if chunk.seal is not None]
            return seals[0] if seals else None
    return None
