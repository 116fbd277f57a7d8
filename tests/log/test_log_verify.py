"""Verifying a whole log: seals, hashes, headers, the chain."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from contexta.log import DamageKind, LogReader, LogWriter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def segments(directory: Path) -> list[Path]:
    """The files of a log of four segments, whole."""
    with LogWriter(directory, max_segment_bytes=1_000) as writer:
        for i in range(70):
            writer.append(b'"i":%d' % i)
    paths = sorted(directory.iterdir())
    assert len(paths) >= 4
    assert LogReader(directory).verify() == []
    return paths


def found(directory: Path) -> set[tuple[str, DamageKind]]:
    """Return segment and kind of every damage."""
    return {(damage.segment, damage.kind) for damage in LogReader(directory).verify()}


def test_a_missing_segment_breaks_the_chain(directory: Path, segments: list[Path]) -> None:
    """A segment that was taken away whole is noticed by the one behind it."""
    segments[1].unlink()
    assert found(directory) == {(segments[2].stem, DamageKind.CHAIN_BROKEN)}


def test_a_rewritten_line_with_a_right_checksum_breaks_the_seal(
    directory: Path, segments: list[Path]
) -> None:
    """Who changes a line and its checksum still meets the hash in the seal."""
    lines = segments[1].read_bytes().splitlines(keepends=True)
    body = lines[2][:-17].replace(b'"i":', b'"i":1')
    lines[2] = b'%b,"c":"%08x"}\n' % (body, crc32(body))
    segments[1].write_bytes(b"".join(lines))
    assert found(directory) == {(segments[1].stem, DamageKind.SEAL_MISMATCH)}


def test_a_segment_in_the_place_of_another_is_noticed(directory: Path, segments: list[Path]) -> None:
    """A copy under another segment's name is not that segment."""
    shutil.copy(segments[0], segments[1])
    assert found(directory) == {
        (segments[1].stem, DamageKind.HEADER_MISSING),
        (segments[2].stem, DamageKind.CHAIN_BROKEN),
    }


def test_a_resealed_segment_breaks_the_chain(directory: Path, segments: list[Path], tmp_path: Path) -> None:
    """A segment written anew, whole in itself, is not the one that its successor was written after."""
    lines = segments[1].read_bytes().splitlines(keepends=True)
    kept = lines[:-3]
    body = b'{"n":%d,"seal":{"count":%d,"sha256":"%b"}' % (
        len(kept),
        len(kept),
        hashlib.sha256(b"".join(kept)).hexdigest().encode(),
    )
    segments[1].write_bytes(b"".join(kept) + b'%b,"c":"%08x"}\n' % (body, crc32(body)))
    assert found(directory) == {(segments[2].stem, DamageKind.CHAIN_BROKEN)}


def test_a_renamed_and_cut_segment_breaks_the_chain(directory: Path, segments: list[Path]) -> None:
    """Taking the sealed name away does not hide that the end is missing."""
    lines = segments[1].read_bytes().splitlines(keepends=True)
    segments[1].unlink()
    segments[1].with_suffix(".open").write_bytes(b"".join(lines[:-2]))
    assert found(directory) == {(segments[2].stem, DamageKind.CHAIN_BROKEN)}


def test_every_single_flip_in_a_segment_is_found(directory: Path, segments: list[Path]) -> None:
    """One bit of each byte of a sealed segment, one after the other: verify never says whole."""
    whole = segments[0].read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        segments[0].write_bytes(damaged)
        assert found(directory), position


def test_a_log_that_is_being_written_verifies_as_whole(directory: Path) -> None:
    """Verifying between appends, across rotations, never reports damage."""
    reader = LogReader(directory)
    with LogWriter(directory, max_segment_bytes=900) as writer:
        for i in range(40):
            writer.append(b'"i":%d' % i)
            assert reader.verify() == []
