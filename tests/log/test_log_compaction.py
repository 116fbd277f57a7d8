"""Compaction: fewer segments with the same records, beside readers, writers, and other compactors."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.errors import StorageFullError
from contexta.log import DamageKind, Durability, LogReader, LogWriter
from contexta.log import filesystem as log_filesystem
from contexta.log.compaction import compact_log

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contexta.log.scan import Line

WRITE_FOR_A_WHILE = """
import sys
from pathlib import Path
from contexta.log import LogWriter
for opening in range(4):
    with LogWriter(Path(sys.argv[1]), durability="flush", max_segment_bytes=2_000) as writer:
        for i in range(150):
            writer.append(b'"w":%d,"i":%d' % (int(sys.argv[2]), opening * 150 + i))
"""
COMPACT_FOR_A_WHILE = """
import sys, time
from pathlib import Path
from contexta.log.compaction import compact_log
end = time.monotonic() + float(sys.argv[2])
done = 0
while time.monotonic() < end:
    done += compact_log(Path(sys.argv[1]), target_bytes=40_000).performed
print(done)
"""


def fill(directory: Path, openings: int = 4, count: int = 12) -> list[bytes]:
    """Write several short segments by several writers; return the records in order."""
    written = []
    for opening in range(openings):
        with LogWriter(directory, durability=Durability.FLUSH, max_segment_bytes=900) as writer:
            for i in range(count):
                written.append(b'"w":%d,"i":%d,"pad":"%s"' % (opening, i, b"x" * 40))
                writer.append(written[-1])
    return written


def sealed(directory: Path) -> list[str]:
    """Return the names of the sealed files."""
    return sorted(path.stem for path in directory.glob("*.seg"))


def test_many_segments_become_one_that_names_them(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """The records stay in their order, and the header names each replaced segment with the hash in its seal."""
    written = fill(directory)
    seals = {
        path.stem: json.loads(path.read_bytes().splitlines()[-1])["seal"]["sha256"]
        for path in directory.glob("*.seg")
    }
    outcome = compact_log(directory)
    assert (outcome.performed, len(outcome.before), len(outcome.after)) == (True, len(seals), 1)
    assert records(directory) == written
    (name,) = sealed(directory)
    header = json.loads((directory / f"{name}.seg").read_bytes().splitlines()[0])["segment"]
    assert dict(header["replaces"]) == seals
    assert LogReader(directory).verify() == []


def test_a_missing_log_and_a_single_segment_are_left_alone(directory: Path) -> None:
    """There is nothing to gain."""
    assert compact_log(directory).performed
    assert not directory.exists()
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
    before = sealed(directory)
    assert compact_log(directory).performed
    assert sealed(directory) == before


def test_the_chain_of_a_writer_that_goes_on_stays_verifiable(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """Its later segments name one that was compacted, also when that one was compacted again."""
    with LogWriter(directory, durability=Durability.FLUSH, max_segment_bytes=600) as writer:
        written = []
        for i in range(60):
            written.append(b'"i":%d,"pad":"%s"' % (i, b"x" * 60))
            writer.append(written[-1])
            if i in {20, 40}:
                compact_log(directory)
        compact_log(directory)
        assert LogReader(directory).verify() == []
        assert records(directory) == written
    assert LogReader(directory).verify() == []


def test_a_compacted_segment_that_is_taken_away_breaks_the_chain(directory: Path) -> None:
    """Naming what was replaced does not hide that it is gone."""
    with LogWriter(directory, durability=Durability.FLUSH, max_segment_bytes=600) as writer:
        for i in range(40):
            writer.append(b'"i":%d,"pad":"%s"' % (i, b"x" * 60))
        compact_log(directory)
        (compacted,) = (path for path in directory.glob("*.seg") if "-c" in path.stem)
        compacted.unlink()
        assert {damage.kind for damage in LogReader(directory).verify()} == {DamageKind.CHAIN_BROKEN}


def test_damaged_and_unlinked_segments_stay_as_they_are(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """Damage is not compacted away: the same damage is found afterwards, and the same records."""
    fill(directory, openings=1, count=60)
    names = sealed(directory)
    flipped = directory / f"{names[2]}.seg"
    data = bytearray(flipped.read_bytes())
    data[data.index(b'"pad"') + 8] ^= 1
    flipped.write_bytes(data)
    (directory / f"{names[5]}.seg").unlink()
    found = {(damage.kind, damage.segment) for damage in LogReader(directory).verify()}
    before = records(directory)
    compact_log(directory)
    assert {(damage.kind, damage.segment) for damage in LogReader(directory).verify()} == found
    assert records(directory) == before
    assert {names[2], names[6]} <= set(sealed(directory))
    assert len(sealed(directory)) < len(names) - 3


def test_open_segments_split_a_batch_and_the_dead_are_adopted_first(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """A living writer's records stay between those of its neighbours."""
    fill(directory, openings=2)
    with LogWriter(directory) as writer:
        writer.append(b'"living":1')
        fill(directory, openings=2)
        (left,) = set(directory.glob("*.open"))
        last = max(directory.glob("*.seg"))
        lines = last.read_bytes().splitlines(keepends=True)
        last.with_suffix(".open").write_bytes(b"".join(lines[:-1]))
        last.unlink()
        before = records(directory)
        outcome = compact_log(directory)
        assert outcome.adopted == [last.stem]
        assert [segment.name == left.stem for segment in outcome.after] == [False, True, False]
        assert records(directory) == before


def test_lines_that_are_not_kept_are_left_out(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """The caller is asked for each batch, and tells line by line."""
    written = fill(directory)

    def keep(_: str, lines: Sequence[Line]) -> list[bool]:
        return [b'"w":1,' not in line for _, _, line in lines]

    compact_log(directory, start_batch=lambda _: keep)
    assert records(directory) == [record for record in written if b'"w":1,' not in record]
    assert LogReader(directory).verify() == []


def test_a_chosen_segment_is_rewritten_though_it_is_large(directory: Path) -> None:
    """What is deleted from a large segment is deleted, and the segments beside it stay."""
    fill(directory)
    names = sealed(directory)
    compact_log(
        directory,
        start_batch=lambda _: lambda _, lines: [False] * len(lines),
        chosen=lambda segment: segment.name == names[3],
        target_bytes=100,
    )
    assert set(names) - set(sealed(directory)) == {names[3]}
    assert LogReader(directory).verify() == []


def test_small_segments_are_not_rewritten_with_a_large_one(directory: Path) -> None:
    """A compacted segment is rewritten when as much was written beside it, not with every little one."""
    fill(directory, openings=4)
    compact_log(directory)
    before = sealed(directory)
    fill(directory, openings=1, count=2)
    compact_log(directory)
    assert len(sealed(directory)) == 2
    assert set(before) < set(sealed(directory))


def test_what_a_reader_holds_stays_until_it_lets_go(
    directory: Path, records: Callable[[Path], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing that is held can be read to its end; a new listing shows the records once."""
    monkeypatch.setattr("contexta.log.holding._PATIENCE_SECONDS", 0.02)
    written = fill(directory)
    reader = LogReader(directory)
    with reader.hold():
        segments = reader.segments()
        compact_log(directory)
        lines = [line for segment in segments for _, _, line in reader.read(segment).lines]
        assert [line[line.index(b",") + 1 : -16] for line in lines] == written
        # Both are there: the replaced are not listed.
        assert len(sealed(directory)) == len(segments) + 1
        assert records(directory) == written
        assert LogReader(directory).verify() == []
    compact_log(directory)
    assert len(sealed(directory)) == 1
    assert records(directory) == written


def test_a_segment_that_is_gone_says_so(directory: Path) -> None:
    """Who read without holding learns that there is something to list again."""
    fill(directory)
    reader = LogReader(directory)
    segments = reader.segments()
    assert not reader.read(segments[0]).gone
    compact_log(directory)
    chunk = reader.read(segments[0])
    assert (chunk.gone, chunk.finished, chunk.lines) == (True, True, [])


def test_who_comes_second_leaves(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two compactors one works and the other says that it did nothing."""
    fill(directory)
    second = []
    real = log_filesystem.sync_file

    def compacts_too(descriptor: int) -> None:
        second.append(compact_log(directory).performed)
        real(descriptor)

    monkeypatch.setattr(log_filesystem, "sync_file", compacts_too)
    assert compact_log(directory).performed
    assert second == [False]


def test_without_locks_nothing_is_compacted(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could tell whether somebody else is at it."""
    fill(directory)
    before = sealed(directory)

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert not compact_log(directory).performed
    assert sealed(directory) == before


def test_a_full_disk_leaves_everything_as_it_was(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A typed error, no half file, and the same call works once there is space."""
    written = fill(directory)
    before = sealed(directory)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(log_filesystem, "write_all", full)
        with pytest.raises(StorageFullError):
            compact_log(directory)
    assert (sealed(directory), list(directory.glob(".tmp-*"))) == (before, [])
    assert (records(directory), len(compact_log(directory).after)) == (written, 1)


@pytest.mark.parametrize("half", [False, True], ids=["before the call", "half of a write, or after the call"])
def test_death_at_any_call_of_a_compaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]], half: bool
) -> None:
    """Wherever the compactor dies, every record is there once and in order, and the next one ends the work."""
    names = ("create_file", "write_all", "sync_file", "sync_directory", "replace", "remove_file")
    at = 0
    while True:
        at += 1
        directory = tmp_path / f"{at}"
        written = fill(directory, openings=2, count=10)
        child = os.fork()
        if child == 0:
            calls = iter(range(1, 1_000))

            def wrap(name: str, real: Callable[..., object]) -> Callable[..., object]:
                def call(*arguments: object) -> object:
                    if next(calls) == at:  # noqa: B023 - the child ends within its round
                        if half and name == "write_all":
                            descriptor, data, offset = arguments
                            os.pwrite(descriptor, data[: len(data) // 2], offset)  # type: ignore[arg-type, index]
                        elif half:
                            real(*arguments)
                        os.kill(os.getpid(), signal.SIGKILL)
                    return None if name.startswith("sync") else real(*arguments)

                return call

            for name in names:
                monkeypatch.setattr(log_filesystem, name, wrap(name, getattr(log_filesystem, name)))
            compact_log(directory)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert records(directory) == written
        assert LogReader(directory).verify() == []
        compact_log(directory)
        assert (records(directory), len(sealed(directory))) == (written, 1)
        assert LogReader(directory).verify() == []
        if os.WIFEXITED(status):
            break
    assert at > 10


@pytest.mark.parametrize("count", [3, pytest.param(16, marks=pytest.mark.campaign)])
def test_readers_writers_and_compactors_at_once(
    directory: Path,
    start: Callable[..., subprocess.Popen[str]],
    records: Callable[[Path], list[bytes]],
    count: int,
) -> None:
    """Many writers, two compactors, and a reader: what was read never goes back, and nothing is lost or doubled."""
    writers = [start(WRITE_FOR_A_WHILE, directory, number) for number in range(count)]
    while not directory.exists():
        os.sched_yield()
    compactors = [start(COMPACT_FOR_A_WHILE, directory, 2) for _ in range(2)]
    most = 0
    while any(process.poll() is None for process in writers):
        reader = LogReader(directory)
        with reader.hold():
            found = [line for segment in reader.segments() for _, _, line in reader.read(segment).lines]
        bodies = [line[line.index(b",") :] for line in found]
        assert len(found) >= most
        assert len({body[:-16] for body in bodies}) == len(found)
        most = len(found)
    outputs = [process.communicate()[0] for process in compactors]
    assert sum(map(int, outputs)) > 0
    compact_log(directory)
    found = records(directory)
    for number in range(count):
        own = [record for record in found if record.startswith(b'"w":%d,' % number)]
        assert own == [b'"w":%d,"i":%d' % (number, i) for i in range(600)]
    assert LogReader(directory).verify() == []


def test_a_fork_during_a_compaction_keeps_no_lock_alive(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A child that outlives a compaction, and a reading thread of its parent, stands in nobody's way."""
    monkeypatch.setattr("contexta.log.holding._PATIENCE_SECONDS", 0.02)
    written = fill(directory)
    children = []
    release, held = os.pipe()
    real = log_filesystem.sync_file

    def forks_first(descriptor: int) -> None:
        if not children:
            children.append(os.fork())
            if children[0] == 0:
                os.close(held)
                os.read(release, 1)
                os._exit(0)
        real(descriptor)

    monkeypatch.setattr(log_filesystem, "sync_file", forks_first)
    holding, compacted = threading.Event(), threading.Event()

    def hold() -> None:
        with LogReader(directory).hold():
            holding.set()
            compacted.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    try:
        assert compact_log(directory).performed
    finally:
        compacted.set()
        holder.join()
    fill(directory)
    assert compact_log(directory).performed
    os.close(held)
    os.close(release)
    os.waitpid(children[0], 0)
    assert len(sealed(directory)) == 1
    assert records(directory) == written * 2


def test_a_scan_that_goes_on_in_a_forked_child_holds_for_itself(directory: Path) -> None:
    """The child's own hold keeps what it listed, though the parent has let go."""
    fill(directory)
    reader = LogReader(directory)
    go, ready = os.pipe()
    with reader.hold():
        segments = reader.segments()
        child = os.fork()
        if child == 0:
            os.close(ready)
            os.read(go, 1)
            os._exit(any(reader.read(segment).gone for segment in segments))
    outcome = compact_log(directory)
    assert len(outcome.after) == 1
    assert len(sealed(directory)) > 1
    os.close(ready)
    os.close(go)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    compact_log(directory)
    assert len(sealed(directory)) == 1


def test_a_clock_that_was_set_back_reorders_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """Segments whose names go back in time, of one writer and of several, are compacted as they are read."""
    moments = iter([9_000_000_000, 5_000_000_000, 7_000_000_000, 1_000_000_000, *range(1, 500)])
    monkeypatch.setattr("time.time_ns", lambda: next(moments) * 1_000)
    for _ in range(3):
        fill(directory, openings=1, count=14)
    before = records(directory)
    assert len(before) == 42
    compact_log(directory)
    assert (records(directory), len(sealed(directory))) == (before, 1)
    assert LogReader(directory).verify() == []


def test_short_writes_end_in_whole_segments(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A file system that takes seven bytes at a time gets the same segment."""
    written = fill(directory, openings=2, count=6)
    monkeypatch.setattr(
        log_filesystem, "_write_at", lambda file, data, offset: os.pwrite(file, data[:7], offset)
    )
    compact_log(directory)
    assert (records(directory), LogReader(directory).verify()) == (written, [])


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 2), st.integers(1, 9)),
            st.tuples(st.just("compact"), st.integers(1, 40), st.just(0)),
            st.tuples(st.just("reopen"), st.integers(0, 2), st.just(0)),
        ),
        max_size=25,
    )
)
def test_any_history_keeps_each_writers_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever is written by whom and compacted when: the records are those that were written, in order by writer."""
    directory = tmp_path_factory.mktemp("history") / "log"
    writers: dict[int, LogWriter] = {}
    written: dict[int, list[bytes]] = {}
    try:
        for action, first, second in steps:
            if action == "compact":
                compact_log(directory, target_bytes=first * 100)
            elif action == "reopen" and first in writers:
                writers.pop(first).close()
            elif action == "write":
                if first not in writers:
                    writers[first] = LogWriter(directory, durability=Durability.FLUSH, max_segment_bytes=700)
                for _ in range(second):
                    own = written.setdefault(first, [])
                    own.append(b'"w":%d,"i":%d' % (first, len(own)))
                    writers[first].append(own[-1])
        reader = LogReader(directory)
        assert reader.verify() == []
        lines = [line for segment in reader.segments() for _, _, line in reader.read(segment).lines]
        found = [line[line.index(b",") + 1 : -16] for line in lines]
        assert len(found) == sum(map(len, written.values()))
        for number, own in written.items():
            assert [record for record in found if record.startswith(b'"w":%d,' % number)] == own
    finally:
        for writer in writers.values():
            writer.close()


def test_a_leftover_of_a_dead_adopter_goes_with_the_next_compaction(directory: Path) -> None:
    """Half a tail in quarantine is removed once it is old; whole tails stay, and so does what is young."""
    fill(directory)
    quarantine = directory / "quarantine"
    quarantine.mkdir()
    old, young, kept = (quarantine / name for name in (".tmp-old", ".tmp-young", "x.torn"))
    for path in (old, young, kept):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    compact_log(directory)
    assert sorted(path.name for path in quarantine.iterdir()) == [".tmp-young", "x.torn"]
