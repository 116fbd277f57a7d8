"""Writing a log: files, names, rotation, seals, the chain."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import LifecycleError, NotFoundError, ValidationError
from contexta.log import Durability, LogReader, LogWriter, segment_owner
from contexta.log import filesystem as log_filesystem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODES = list(Durability)


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Read a segment as anybody could: line by line, as JSON."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("mode", MODES)
def test_what_was_appended_is_read_at_once(
    directory: Path, records: Callable[[Path], list[bytes]], mode: Durability
) -> None:
    """In every mode a record is readable by others when append returned."""
    with LogWriter(directory, durability=mode) as writer:
        for i in range(5):
            writer.append(b'"i":%d' % i)
            assert records(directory) == [b'"i":%d' % k for k in range(i + 1)]


def test_nothing_is_created_before_the_first_append(directory: Path) -> None:
    """A writer that writes nothing leaves nothing, not even the directory."""
    with LogWriter(directory):
        assert not directory.exists()
    assert not directory.exists()


def test_a_writer_whose_only_append_was_refused_leaves_no_segment(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment without a record is taken away at close."""
    with LogWriter(directory) as writer:
        with pytest.raises(ValidationError):
            writer.append(b"")
        assert len(list(directory.iterdir())) == 1
    assert list(directory.iterdir()) == []


def test_an_open_segment_is_renamed_when_it_is_sealed(directory: Path) -> None:
    """The name says whether a segment is written or sealed, and carries time, writer and index."""
    before = time.time_ns() // 1000
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        (name,) = [path.name for path in directory.iterdir()]
        created, token, index = name.removesuffix(".open").split("-")
        assert (token, index, len(created)) == (writer.writer_id, "000000", 16)
        assert before <= int(created) <= time.time_ns() // 1000
        assert re.fullmatch("[a-z0-9]{16}", token)
    assert [path.name for path in directory.iterdir()] == [name.replace(".open", ".seg")]


def test_header_and_seal_say_what_they_promise(directory: Path) -> None:
    """Header and seal of a closed segment, checked with json and hashlib alone."""
    with LogWriter(directory) as writer:
        writer.append_many([b'"i":1', b'"i":2'])
    (path,) = directory.iterdir()
    header, *_, seal = json_lines(path)
    assert header["n"] == 0
    assert header["segment"] == {
        "format": "contexta-log/1",
        "writer": writer.writer_id,
        "index": 0,
        "created": int(path.name[:16]),
        "host": os.uname().nodename,
        "boot": header["segment"]["boot"],
        "pid": os.getpid(),
        "namespace": header["segment"]["namespace"],
        "previous": None,
    }
    content = path.read_bytes()
    before_seal = content[: content.rindex(b"\n", 0, -1) + 1]
    assert seal["seal"] == {"count": 3, "sha256": hashlib.sha256(before_seal).hexdigest()}


def test_segments_rotate_below_the_limit_and_are_chained(directory: Path) -> None:
    """No segment is larger than asked, and each names its predecessor with the hash of its seal."""
    with LogWriter(directory, max_segment_bytes=2_000, durability=Durability.FLUSH) as writer:
        for i in range(200):
            writer.append(b'"i":%d' % i)
    paths = sorted(directory.iterdir())
    segments = [json_lines(path) for path in paths]
    assert len(paths) > 3
    assert all(path.stat().st_size <= 2_000 for path in paths)
    assert [lines[0]["segment"]["index"] for lines in segments] == list(range(len(paths)))
    for path, earlier, later in zip(paths, segments, segments[1:], strict=False):
        assert later[0]["segment"]["previous"] == {"name": path.stem, "sha256": earlier[-1]["seal"]["sha256"]}
    assert [line["i"] for lines in segments for line in lines if "i" in line] == list(range(200))


@pytest.mark.parametrize("durability", list(Durability))
def test_appending_and_rotating_import_nothing(directory: Path, durability: Durability) -> None:
    """No import is left for the way of a record: an interrupt within one could leave the import lock taken."""
    script = """
import sys
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]), durability=sys.argv[2], max_segment_bytes=1_000)
before = set(sys.modules)
for i in range(100):
    writer.append(b'"i":%d' % i)
    writer.append_many([b'"j":%d' % i, b'"k":%d' % i])
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, directory, durability], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert len(list(directory.iterdir())) > 3


def test_positions_lead_to_the_lines(directory: Path) -> None:
    """Segment, number and offset of every record are those of its line in the file."""
    with LogWriter(directory, max_segment_bytes=1_500) as writer:
        positions = [writer.append(b'"i":%d' % i) for i in range(20)]
        positions += writer.append_many([b'"i":%d' % i for i in range(20, 40)])
    contents = [path.read_bytes() for path in sorted(directory.iterdir())]
    for i, position in enumerate(positions):
        line = json.loads(contents[position.segment][position.offset :].split(b"\n")[0])
        assert (line["i"], line["n"]) == (i, position.n)


def test_segments_are_named_as_readers_list_them(directory: Path) -> None:
    """The number in a position leads to the segment's name, open or sealed; an unknown one is a typed error."""
    with LogWriter(directory, max_segment_bytes=600) as writer:
        positions = [writer.append(b'"i":%d' % i) for i in range(20)]
        assert sorted({writer.segment_name(position.segment) for position in positions}) == [
            segment.name for segment in LogReader(directory).segments()
        ]
        with pytest.raises(NotFoundError) as caught:
            writer.segment_name(99)
        assert caught.value.code == "log_segment_unknown"


def test_a_batch_stays_in_one_segment(directory: Path) -> None:
    """A batch larger than a segment is kept whole, and the next append rotates."""
    with LogWriter(directory, max_segment_bytes=1_000) as writer:
        first = writer.append(b'"i":0')
        batch = writer.append_many([b'"i":%d' % i for i in range(100)])
        last = writer.append(b'"i":1')
    assert {position.segment for position in batch} == {1}
    assert (first.segment, last.segment) == (0, 2)


def test_an_empty_batch_does_nothing(directory: Path) -> None:
    """No records, no file."""
    with LogWriter(directory) as writer:
        assert writer.append_many([]) == []
    assert not directory.exists()


def test_a_batch_with_one_bad_record_writes_nothing(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """A batch is checked whole before it is written."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with pytest.raises(ValidationError):
            writer.append_many([b'"i":2', b"bad\n"])
        writer.append(b'"i":3')
    assert records(directory) == [b'"i":1', b'"i":3']


def test_close_twice_is_fine_and_append_after_it_is_not(directory: Path) -> None:
    """The state after close is clear, with a stable code."""
    writer = LogWriter(directory)
    writer.append(b'"i":1')
    writer.close()
    writer.close()
    for call in (lambda: writer.append(b'"i":2'), lambda: writer.append_many([b'"i":2'])):
        with pytest.raises(LifecycleError) as caught:
            call()
        assert caught.value.code == "log_writer_closed"


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    """Directories get 0700 and segments 0600 whatever the umask, parents that are created included."""
    old = os.umask(0o022)
    try:
        with LogWriter(tmp_path / "outer" / "inner") as writer:
            writer.append(b'"i":1')
    finally:
        os.umask(old)
    (segment,) = (tmp_path / "outer" / "inner").iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "outer", segment.parent, segment)] == [
        0o700,
        0o700,
        0o600,
    ]


def test_threads_share_a_writer(directory: Path) -> None:
    """Eight threads append through rotations; every record is there once, in each thread's order."""
    writer = LogWriter(directory, durability=Durability.FLUSH, max_segment_bytes=4_000)

    def work(thread: int) -> None:
        for i in range(200):
            writer.append(b'"t":%d,"i":%d' % (thread, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    seen: dict[int, list[int]] = {}
    for path in sorted(directory.iterdir()):
        for line in json_lines(path):
            if "t" in line:
                seen.setdefault(line["t"], []).append(line["i"])
    assert seen == {k: list(range(200)) for k in range(8)}
    assert LogReader(directory).verify() == []


def test_a_forgotten_writer_is_sealed(directory: Path) -> None:
    """A writer that nobody closed lets go of its segment when it is collected."""
    writer = LogWriter(directory)
    writer.append(b'"i":1')
    del writer
    assert [path.suffix for path in directory.iterdir()] == [".seg"]


def test_leftovers_of_dead_writers_are_removed_by_a_later_one(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old temporary file goes; a young one, and one whose maker lives, stays."""
    monkeypatch.setattr(segment_owner, "new_writer_id", lambda: "0mwu2q2ezj0v2a70")
    directory.mkdir()
    names = [".tmp-old", ".tmp-young", ".tmp-locked"]
    for name in names:
        (directory / name).write_bytes(b"half a hea")
    long_ago = time.time() - 3600
    for name in (".tmp-old", ".tmp-locked"):
        os.utime(directory / name, (long_ago, long_ago))
    fcntl = pytest.importorskip("fcntl")
    with (directory / ".tmp-locked").open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        with LogWriter(directory) as writer:
            writer.append(b'"i":1')
    assert sorted(path.name for path in directory.iterdir() if path.name.startswith(".")) == [
        ".tmp-locked",
        ".tmp-young",
    ]


def test_opening_a_writer_seldom_lists_the_directory(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand short-lived writers must not list ten thousand segments each: one in 36 looks for leftovers."""
    looks = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looks.append(path) or scan(path))
    for _ in range(200):
        with LogWriter(directory, durability=Durability.FLUSH) as writer:
            writer.append(b'"i":1')
    assert len(looks) < 40


def test_the_next_segment_is_held_before_the_last_one_is_let_go(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every file operation of a rotation the writer reads as alive."""
    reader = LogReader(directory)
    writer = LogWriter(directory, max_segment_bytes=600)
    writer.append(b'"i":0')
    verdicts = set()

    def watch(name: str) -> None:
        real = getattr(log_filesystem, name)

        def watched(*arguments: Any) -> Any:
            verdicts.add(reader.liveness(writer.writer_id))
            try:
                return real(*arguments)
            finally:
                verdicts.add(reader.liveness(writer.writer_id))

        monkeypatch.setattr(log_filesystem, name, watched)

    for name in ("create_file", "write_all", "sync_file", "sync_directory", "replace"):
        watch(name)
    for i in range(30):
        writer.append(b'"i":%d' % i)
    monkeypatch.undo()
    writer.close()
    assert verdicts == {"alive"}
