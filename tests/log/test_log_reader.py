"""Reading: while it is written, past damage, in bounded memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import SchemaVersionError
from contexta.log import START, Cursor, DamageKind, Durability, LogReader, LogWriter
from contexta.log.frame import MAX_LINE_BYTES, encode, encode_marker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from contexta.log import Chunk, Segment


def write(directory: Path, count: int = 10) -> Path:
    """Write a sealed segment of small records and return its file."""
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        writer.append_many([b'"i":%d' % i for i in range(count)])
    (path,) = directory.iterdir()
    return path


def read(directory: Path, cursor: Cursor = START, max_bytes: int | None = None) -> Chunk:
    """Read the only segment of a log."""
    reader = LogReader(directory)
    (segment,) = reader.segments()
    return reader.read(segment, cursor, max_bytes=max_bytes)


def numbers(chunk: Chunk) -> list[int]:
    """Return the numbers of a chunk's lines."""
    return [n for n, _, _ in chunk.lines]


def kinds(chunk: Chunk) -> list[DamageKind]:
    """Return the kinds of a chunk's damages."""
    return [damage.kind for damage in chunk.damages]


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Rewrite a file line by line, newlines included."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_missing_directory_is_an_empty_log(directory: Path) -> None:
    """Reading before anybody wrote is no error."""
    reader = LogReader(directory)
    assert (reader.segments(), reader.verify(), reader.writers_alive()) == ([], [], {})


def test_foreign_files_are_passed_over(directory: Path) -> None:
    """Only names of segments count; temporary files and others do not."""
    path = write(directory)
    for name in (".tmp-1234", "notes.txt", path.name + ".bak", path.name.replace("-", "_")):
        (directory / name).write_text("something")
    assert [segment.path for segment in LogReader(directory).segments()] == [path]


def test_header_and_seal_are_not_among_the_lines(directory: Path) -> None:
    """Ten records are ten lines, with their numbers and offsets in the file."""
    path = write(directory)
    chunk = read(directory)
    content = path.read_bytes()
    assert numbers(chunk) == list(range(1, 11))
    assert all(content[offset:].startswith(line + b"\n") for _, offset, line in chunk.lines)
    assert (chunk.damages, chunk.finished, chunk.cursor) == ((), True, Cursor(12, len(content)))


def test_an_incremental_read_goes_on_where_the_last_one_ended(directory: Path) -> None:
    """Each line comes once over a segment's life, across its sealing."""
    reader = LogReader(directory)
    seen: list[int] = []
    cursor = START
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        writer.append(b'"i":0')
        (segment,) = reader.segments()
        for i in range(1, 6):
            chunk = reader.read(segment, cursor)
            cursor = chunk.cursor
            seen += numbers(chunk)
            assert not chunk.finished
            writer.append(b'"i":%d' % i)
    chunk = reader.read(segment, cursor)
    assert [*seen, *numbers(chunk)] == [1, 2, 3, 4, 5, 6]
    assert (chunk.finished, chunk.damages) == (True, ())
    assert reader.read(segment, chunk.cursor).lines == []


@given(limit=st.integers(1, 3_000))
def test_reading_in_blocks_gives_the_same_lines(tmp_path_factory: pytest.TempPathFactory, limit: int) -> None:
    """Whatever the block size: the same lines, no damage, and always an end."""
    directory = tmp_path_factory.mktemp("log")
    write(directory, 40)
    lines = []
    chunk = read(directory, START, limit)
    while not chunk.finished:
        lines += chunk.lines
        assert chunk.damages == ()
        chunk = read(directory, chunk.cursor, limit)
    assert [*lines, *chunk.lines] == read(directory).lines


def test_an_unfinished_line_of_a_living_writer_is_no_damage(directory: Path) -> None:
    """The cursor stays before it, and once it is finished it is read."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        (path,) = directory.iterdir()
        size = path.stat().st_size
        line = encode(2, b'"i":2')
        with path.open("ab") as file:
            file.write(line[:9])
        chunk = read(directory)
        assert (numbers(chunk), chunk.damages, chunk.incomplete) == ([1], (), True)
        assert chunk.cursor == Cursor(2, size)
        with path.open("ab") as file:
            file.write(line[9:])
        assert numbers(read(directory, chunk.cursor)) == [2]
        os.truncate(path, size)


def test_an_unfinished_batch_of_a_living_writer_is_no_damage(directory: Path) -> None:
    """Whole lines of a batch do not show before its first byte does."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        (path,) = directory.iterdir()
        size = path.stat().st_size
        batch = encode(2, b'"i":2') + encode(3, b'"i":3')
        with path.open("ab") as file:
            file.write(b"\0" + batch[1:])
        for cursor in (START, Cursor(2, size)):
            chunk = read(directory, cursor)
            assert (chunk.damages, chunk.cursor, chunk.incomplete) == ((), Cursor(2, size), True)
        os.truncate(path, size)


def dead(directory: Path, tail: bytes) -> Path:
    """Make an unsealed segment with one record whose writer is gone, and something behind the record."""
    path = write(directory, 1)
    target = path.with_suffix(".open")
    lines = path.read_bytes().splitlines(keepends=True)
    target.write_bytes(b"".join(lines[:-1]) + tail)
    path.unlink()
    return target


def test_a_dead_writers_log_without_a_seal_is_whole(directory: Path) -> None:
    """Death between two appends is no damage."""
    dead(directory, b"")
    assert (numbers(read(directory)), LogReader(directory).verify()) == ([1], [])


@pytest.mark.parametrize(
    "tail",
    [
        encode(2, b'"i":2')[:9],
        b"\0" + (encode(2, b'"i":2') + encode(3, b'"i":3'))[1:],
        encode(2, b'"i":2')[:-1],
    ],
    ids=["half a line", "unfinished batch", "line without newline"],
)
def test_the_unfinished_tail_of_a_dead_writer_is_torn(directory: Path, tail: bytes) -> None:
    """What was before it is read; the cursor stays before the tail, where an adoption puts the seal."""
    path = dead(directory, tail)
    chunk = read(directory)
    assert (numbers(chunk), kinds(chunk), chunk.finished) == ([1], [DamageKind.TORN_TAIL], True)
    assert chunk.cursor.offset == chunk.damages[0].offset == path.stat().st_size - len(tail)
    again = read(directory, chunk.cursor)
    assert (again.lines, again.cursor, again.finished) == ([], chunk.cursor, True)


def test_a_tail_torn_at_any_byte_leaves_the_rest_readable(directory: Path) -> None:
    """A dead writer's file cut at every byte: whole lines are read, and nothing else is reported than the tear."""
    path = write(directory, 3)
    content = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == 0x0A]
    path.unlink()
    target = path.with_suffix(".open")
    for size in range(ends[0], ends[3] + 1):
        target.write_bytes(content[:size])
        chunk = read(directory)
        assert numbers(chunk) == list(range(1, sum(end <= size for end in ends)))
        assert kinds(chunk) == ([] if size in ends else [DamageKind.TORN_TAIL])


def test_a_segment_that_is_sealed_after_the_listing_is_read(directory: Path) -> None:
    """A listed segment may change its name before it is read; it shows once."""
    reader = LogReader(directory)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        (segment,) = reader.segments()
    chunk = reader.read(segment)
    assert (numbers(chunk), chunk.damages, chunk.finished) == ([1], (), True)
    assert [(s.name, s.sealed) for s in reader.segments()] == [(segment.name, True)]


def test_a_segment_that_was_removed_reads_as_nothing(directory: Path) -> None:
    """Retention may remove a segment between listing and reading."""
    path = write(directory)
    reader = LogReader(directory)
    segments = reader.segments()
    path.unlink()
    assert [reader.read(segment).lines for segment in segments] == [[]]
    assert LogReader(directory).segments() == []


def test_a_rename_during_the_listing_shows_the_segment_once(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing that shows neither name, and one that shows both, give the segment once."""
    path = write(directory)
    other = path.with_suffix(".open").name
    for listings in (
        [[], [path.name]],
        [[other], []],
        [[other, path.name], [path.name]],
        [[other], [path.name]],
    ):
        remaining = iter(listings)
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", lambda _, remaining=remaining: next(remaining))
            segments: list[Segment] = LogReader(directory).segments()
        assert [segment.path for segment in segments] == [path]


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_costs_at_most_its_line(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    """A flip anywhere is reported where it is, and all other records are read, a lost newline's neighbours too."""
    directory = tmp_path_factory.mktemp("log")
    path = write(directory, 20)
    content = bytearray(path.read_bytes())
    position %= len(content)
    content[position] ^= 1 << bit
    path.write_bytes(content)
    chunk = read(directory)
    line = bytes(content[:position]).count(b"\n")
    missing = set(range(1, 21)) - set(numbers(chunk))
    assert missing <= {line}
    assert chunk.damages
    assert all(
        damage.offset <= position for damage in chunk.damages if damage.kind != DamageKind.SEAL_MISSING
    )


def test_a_wrong_checksum_is_located(directory: Path) -> None:
    """A changed digit costs its record; the damage names line and offset."""
    path = write(directory)
    content = path.read_bytes().replace(b'"i":4', b'"i":5')
    path.write_bytes(content)
    chunk = read(directory)
    assert numbers(chunk) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    (damage,) = chunk.damages
    assert (damage.kind, damage.line_number) == (DamageKind.CHECKSUM, 5)
    assert content[damage.offset :].startswith(b'{"n":5,')
    assert damage.segment == path.stem


def test_missing_lines_are_a_gap(directory: Path) -> None:
    """Lines that were cut out whole are noticed by the numbers."""
    edit(write(directory), lambda lines: lines[:3] + lines[5:])
    chunk = read(directory)
    assert numbers(chunk) == [1, 2, 5, 6, 7, 8, 9, 10]
    assert [(d.kind, d.line_number, d.detail) for d in chunk.damages] == [
        (DamageKind.SEQUENCE_GAP, 3, "lines 3 to 4 are missing")
    ]


def test_repeated_lines_are_read_once(directory: Path) -> None:
    """A line that stands twice is one record and one damage."""
    edit(write(directory), lambda lines: [*lines[:4], lines[2], *lines[4:]])
    chunk = read(directory)
    assert numbers(chunk) == list(range(1, 11))
    assert kinds(chunk) == [DamageKind.SEQUENCE_REPEAT]


@pytest.mark.parametrize("garbage", [b"\n", b"garbage\n", b"\0" * 512 + b"\n", b'{"n":3,"i":3}\n'])
def test_bytes_that_are_no_line_are_passed(directory: Path, garbage: bytes) -> None:
    """Foreign bytes between two lines cost no record."""
    edit(write(directory), lambda lines: [*lines[:3], garbage, *lines[3:]])
    chunk = read(directory)
    assert numbers(chunk) == list(range(1, 11))
    assert kinds(chunk) == [DamageKind.MALFORMED]


def test_zeroed_bytes_cost_only_the_lines_they_touch(directory: Path) -> None:
    """A zeroed block over two lines and their newlines leaves the others."""
    path = write(directory)
    content = bytearray(path.read_bytes())
    begin = content.index(b'{"n":4,') + 4
    end = content.index(b'{"n":6,') + 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    chunk = read(directory)
    assert numbers(chunk) == [1, 2, 3, 7, 8, 9, 10]
    assert chunk.damages


def test_an_oversize_line_is_passed_in_bounded_memory(directory: Path) -> None:
    """A line longer than any line is reported and passed, also when reading in small blocks."""
    giant = b'{"n":3,"x":"' + b"x" * (MAX_LINE_BYTES + 10) + b'"}\n'
    path = write(directory, 5)
    edit(path, lambda lines: [*lines[:3], giant, *lines[3:]])
    for limit in (None, 100, 500_000):
        found, reported = [], []
        chunk = read(directory, START, limit)
        while True:
            found += numbers(chunk)
            reported += kinds(chunk)
            if chunk.finished:
                break
            chunk = read(directory, chunk.cursor, limit)
        assert (found, reported) == ([1, 2, 3, 4, 5], [DamageKind.OVERSIZE]), limit


def test_a_record_with_a_seal_inside_is_a_record(directory: Path) -> None:
    """Only a line that begins with a seal is one; a user's nested data never ends a segment."""
    with LogWriter(directory) as writer:
        writer.append(b'"x":1,"seal":{"count":2,"sha256":"00"}')
        writer.append(b'"i":2')
    chunk = read(directory)
    assert (numbers(chunk), chunk.damages) == ([1, 2], ())


def test_a_sealed_segment_that_was_cut_is_noticed_by_reading(directory: Path) -> None:
    """The name says that a seal must be there."""
    edit(write(directory), lambda lines: lines[:-3])
    chunk = read(directory)
    assert (numbers(chunk), kinds(chunk)) == (list(range(1, 9)), [DamageKind.SEAL_MISSING])


def test_lines_behind_a_seal_are_reported(directory: Path) -> None:
    """Nobody writes behind a seal."""
    edit(write(directory, 2), lambda lines: [*lines, encode(4, b'"i":9')])
    assert kinds(read(directory)) == [DamageKind.SEAL_MISMATCH]


def test_a_damaged_header_costs_no_record(directory: Path) -> None:
    """Without its header a segment is still read."""
    edit(write(directory), lambda lines: [lines[0][:20] + b"?" + lines[0][21:], *lines[1:]])
    chunk = read(directory)
    assert (numbers(chunk), kinds(chunk)) == (list(range(1, 11)), [DamageKind.HEADER_MISSING])


def test_a_segment_of_a_newer_major_format_is_refused(directory: Path) -> None:
    """What this version cannot know it does not guess at; the error has a stable code."""
    header = encode_marker(0, b'"segment":{"format":"contexta-log/2"}')
    edit(write(directory), lambda lines: [header, *lines[1:]])
    with pytest.raises(SchemaVersionError) as caught:
        read(directory)
    assert caught.value.code == "log_format_unsupported"


def test_a_wrong_last_line_of_a_living_writer_is_waited_for(directory: Path) -> None:
    """A network cache may show a line early; it is damage only when something follows or the writer is gone."""
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        writer.append(b'"i":1')
        (path,) = directory.iterdir()
        size = path.stat().st_size
        with path.open("ab") as file:
            file.write(b"\0" * 30 + b"\n")
        chunk = read(directory)
        assert (numbers(chunk), chunk.damages, chunk.cursor.offset) == ([1], (), size)
        assert [damage.kind for damage in LogReader(directory).verify()] == [DamageKind.MALFORMED]
        os.truncate(path, size)
