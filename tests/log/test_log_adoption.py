"""Adoption: what a dead writer left open is sealed by somebody else, and nothing else is."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from contexta.log import DamageKind, Durability, Liveness, LogReader, LogWriter
from contexta.log import filesystem as log_filesystem
from contexta.log import identity as log_identity
from contexta.log.adoption import adopt_dead
from contexta.log.frame import encode

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

APPEND_AND_WAIT = """
import sys, time
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]))
for i in range(3):
    writer.append(b'"i":%d' % i)
print(writer.writer_id, flush=True)
sys.stdin.readline()
"""
TAIL = encode(4, b'"i":3')[:11]


def abandon(directory: Path, *, count: int = 3, tail: bytes = b"") -> Path:
    """Leave an open segment whose writer is gone, with something torn behind it."""
    known = set(directory.iterdir()) if directory.exists() else set()
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        for i in range(count):
            writer.append(b'"i":%d' % i)
    (path,) = {path for path in set(directory.iterdir()) - known if path.suffix == ".seg"}
    lines = path.read_bytes().splitlines(keepends=True)
    target = path.with_suffix(".open")
    target.write_bytes(b"".join(lines[:-1]) + tail)
    path.unlink()
    return target


def suffixes(directory: Path) -> list[str]:
    """Return the suffixes of the segments, sorted."""
    return sorted(path.suffix for path in directory.iterdir() if path.suffix in {".open", ".seg"})


@pytest.mark.parametrize(
    "tail",
    [b"", TAIL, b"\0" + (encode(4, b'"i":4') + encode(5, b'"i":5'))[1:], b"\0" * 5_000],
    ids=["no tail", "half a line", "unfinished batch", "zeros"],
)
def test_a_killed_writers_segment_is_sealed(
    directory: Path,
    start: Callable[..., subprocess.Popen[str]],
    records: Callable[[Path], list[bytes]],
    tail: bytes,
) -> None:
    """Every record stays, the tail is cut and its bytes are kept, and the log verifies as whole."""
    process = start(APPEND_AND_WAIT, directory)
    assert process.stdout is not None
    process.stdout.readline()
    assert adopt_dead(directory) == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    (path,) = directory.glob("*.open")
    with path.open("ab") as file:
        file.write(tail)
    assert adopt_dead(directory) == [path.stem]
    assert records(directory) == [b'"i":0', b'"i":1', b'"i":2']
    assert (suffixes(directory), LogReader(directory).verify()) == ([".seg"], [])
    kept = [found.read_bytes() for found in directory.glob("quarantine/*.torn")]
    assert kept == ([tail] if tail else [])
    seal = json.loads(path.with_suffix(".seg").read_bytes().splitlines()[-1])["seal"]
    assert (seal["count"], seal["adopted"]) == (4, True)


def test_a_living_writer_in_this_process_keeps_its_segment(directory: Path) -> None:
    """A lock held by another open file of the same process is a held lock."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        assert adopt_dead(directory) == []
        writer.append(b'"i":2')
        assert suffixes(directory) == [".open"]


def test_a_missing_or_empty_log_has_nothing_to_adopt(tmp_path: Path) -> None:
    """Nothing is created for nothing."""
    assert adopt_dead(tmp_path / "missing") == []
    assert adopt_dead(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place",
    [{"host": "another host", "boot": "another boot"}, {"namespace": "pid:[1]"}],
    ids=["host", "namespace"],
)
def test_the_unknown_is_never_adopted(
    directory: Path, monkeypatch: pytest.MonkeyPatch, place: dict[str, str]
) -> None:
    """Where this machine's locks do not reach, a free lock proves nothing."""
    here = log_identity.this_place()
    there = log_identity.Place(
        **({"host": here.host, "boot": here.boot, "namespace": here.namespace} | place)
    )
    with monkeypatch.context() as patch:
        patch.setattr("contexta.log.open_segment.this_place", lambda: there)
        path = abandon(directory, tail=TAIL)
    before = path.read_bytes()
    assert adopt_dead(directory) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(("age", "expected"), [(0.0, []), (10 * 365 * 86_400.0, [".seg"])])
def test_a_segment_of_another_boot_must_be_older_than_this_one(
    directory: Path, monkeypatch: pytest.MonkeyPatch, age: float, expected: list[str]
) -> None:
    """Two machines of one name may share storage whose locks do not: what is written now is no earlier boot's."""
    here = log_identity.this_place()
    there = log_identity.Place(here.host, "another boot", here.namespace)
    moment = time.time_ns() - int(age * 1e9)
    with monkeypatch.context() as patch:
        patch.setattr("contexta.log.open_segment.this_place", lambda: there)
        patch.setattr("time.time_ns", lambda: moment)
        path = abandon(directory)
    os.utime(path, ns=(moment, moment))
    adopt_dead(directory)
    assert suffixes(directory) == (expected or [".open"])


def test_without_locks_nothing_is_adopted(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell who lives, so nobody's segment is touched."""
    path = abandon(directory)

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert adopt_dead(directory) == []
    assert path.exists()


def test_damage_in_the_middle_stays_and_so_does_what_follows(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """Only the tail is cut: a flipped bit is evidence, and the records behind it were acknowledged."""
    path = abandon(directory, tail=TAIL)
    data = bytearray(path.read_bytes())
    data[data.index(b'"i":1')] ^= 1
    path.write_bytes(data)
    assert adopt_dead(directory) == [path.stem]
    assert records(directory) == [b'"i":0', b'"i":2']
    assert {damage.kind for damage in LogReader(directory).verify()} == {DamageKind.CHECKSUM}


def test_the_writer_reads_dead_while_it_is_adopted(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adopter's lock does not make the dead look alive."""
    path = abandon(directory)
    writer_id = path.stem.split("-")[1]
    seen = []
    real = log_filesystem.write_all

    def looks_first(*arguments: object) -> None:
        seen.append(LogReader(directory).liveness(writer_id))
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(log_filesystem, "write_all", looks_first)
    assert adopt_dead(directory) == [path.stem]
    assert seen == [Liveness.DEAD]


def test_a_reader_goes_on_where_it_was_after_an_adoption(directory: Path) -> None:
    """A cursor taken before the tail was cut is a place between two lines afterwards."""
    abandon(directory, tail=TAIL + b"x" * 300)
    reader = LogReader(directory)
    (segment,) = reader.segments()
    before = reader.read(segment)
    adopt_dead(directory)
    for again in (reader.read(segment, before.cursor), LogReader(directory).read(segment, before.cursor)):
        assert (again.lines, again.damages, again.finished) == ([], (), True)


def test_who_comes_second_leaves(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two adopters one works; the other finds the lock taken and waits for nothing."""
    path = abandon(directory)
    second = []
    real = log_filesystem.write_all

    def adopts_too(*arguments: object) -> None:
        second.append(adopt_dead(directory))
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(log_filesystem, "write_all", adopts_too)
    assert (adopt_dead(directory), second) == ([path.stem], [[]])


@pytest.mark.parametrize("half", [False, True], ids=["before the call", "half of a write, or after the call"])
def test_death_at_any_call_of_an_adoption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]], half: bool
) -> None:
    """Wherever the adopter dies, no record is lost, the tail is kept once, and the next adopter ends the work."""
    names = ("create_file", "write_all", "truncate_file", "sync_file", "sync_directory", "replace")
    at = 0
    while True:
        at += 1
        directory = tmp_path / f"{at}"
        abandon(directory, tail=TAIL)
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
            adopt_dead(directory)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert records(directory) == [b'"i":0', b'"i":1', b'"i":2']
        adopt_dead(directory)
        assert records(directory) == [b'"i":0', b'"i":1', b'"i":2']
        assert (suffixes(directory), LogReader(directory).verify()) == ([".seg"], [])
        kept = [found.read_bytes() for found in directory.glob("quarantine/*.torn")]
        assert kept == [TAIL]
        if os.WIFEXITED(status):
            break
    assert at > 8


@pytest.mark.parametrize(("token", "expected"), [("0", [".seg", ".seg"]), ("1", [".open", ".seg"])])
def test_one_closing_writer_in_some_adopts(
    directory: Path, monkeypatch: pytest.MonkeyPatch, token: str, expected: list[str]
) -> None:
    """A short-lived writer mostly leaves the listing to others; a writer that lived long does not."""
    abandon(directory)
    monkeypatch.setattr("contexta.log.segment_owner.new_writer_id", lambda: "a" * 15 + token)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        assert suffixes(directory) == [".open", ".open"]
    assert suffixes(directory) == expected


def test_a_writer_that_lived_long_adopts(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wrote for a minute does not feel one listing."""
    abandon(directory)
    monkeypatch.setattr("contexta.log.segment_owner.new_writer_id", lambda: "a" * 16)
    monkeypatch.setattr("contexta.log.segment_owner._LONG_LIFE_SECONDS", 0.0)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
    assert suffixes(directory) == [".seg", ".seg"]


def test_a_failing_adoption_fails_no_close(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tidying of a closing writer is nobody's error."""
    abandon(directory)
    monkeypatch.setattr("contexta.log.segment_owner._LONG_LIFE_SECONDS", 0.0)

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        monkeypatch.setattr("contexta.log.adoption.maintenance_lock", refuse)
    assert suffixes(directory) == [".open", ".seg"]
