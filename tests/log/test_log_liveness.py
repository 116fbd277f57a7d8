"""Alive, dead, unknown: told by the lock, and by the header where the lock does not reach."""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from contexta.errors import StoreAccessError
from contexta.log import Liveness, LogReader, LogWriter
from contexta.log import identity as log_identity
from contexta.log import liveness as log_liveness

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]))
writer.append(b'"i":1')
print(writer.writer_id, flush=True)
sys.stdin.readline()
"""


def test_a_writer_in_this_process_is_alive_until_it_is_closed(directory: Path) -> None:
    """Probing from the writer's own process is safe and drops nothing."""
    reader = LogReader(directory)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        assert [reader.liveness(writer.writer_id) for _ in range(3)] == [Liveness.ALIVE] * 3
        assert reader.writers_alive() == {writer.writer_id: Liveness.ALIVE}
    assert reader.liveness(writer.writer_id) is Liveness.DEAD
    assert reader.writers_alive() == {writer.writer_id: Liveness.DEAD}


def test_an_unheard_of_writer_is_dead(directory: Path) -> None:
    """Without an open segment nobody writes."""
    assert LogReader(directory).liveness("0" * 16) is Liveness.DEAD


def test_a_killed_process_reads_dead_at_once(
    directory: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """The kernel's lock goes with the process; nothing stale is left to clean up."""
    process = start(WRITE_AND_WAIT, directory)
    assert process.stdout is not None
    writer_id = process.stdout.readline().strip()
    reader = LogReader(directory)
    assert reader.liveness(writer_id) is Liveness.ALIVE
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert reader.liveness(writer_id) is Liveness.DEAD
    assert reader.verify() == []


def test_a_stopped_process_is_alive(directory: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    """A process that sleeps in a debugger or a job queue is not dead."""
    process = start(WRITE_AND_WAIT, directory)
    assert process.stdout is not None
    writer_id = process.stdout.readline().strip()
    process.send_signal(signal.SIGSTOP)
    assert LogReader(directory).liveness(writer_id) is Liveness.ALIVE


def left_behind(directory: Path, monkeypatch: pytest.MonkeyPatch, **place: str) -> str:
    """Leave an unlocked open segment as a writer in another place would; return its token."""
    here = log_identity.this_place()
    there = log_identity.Place(
        **({"host": here.host, "boot": here.boot, "namespace": here.namespace} | place)
    )
    with monkeypatch.context() as patch:
        patch.setattr("contexta.log.open_segment.this_place", lambda: there)
        with LogWriter(directory) as writer:
            writer.append(b'"i":1')
    (path,) = directory.iterdir()
    path.rename(path.with_suffix(".open"))
    return writer.writer_id


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, Liveness.DEAD),
        ({"boot": "another boot"}, Liveness.DEAD),
        ({"host": "another host", "boot": "another boot"}, Liveness.UNKNOWN),
        ({"namespace": "pid:[1]"}, Liveness.UNKNOWN),
        # Containers of one machine have host names of their own and one kernel.
        ({"host": "another container"}, Liveness.DEAD),
    ],
)
def test_a_free_lock_means_death_only_where_locks_reach(
    directory: Path, monkeypatch: pytest.MonkeyPatch, place: dict[str, str], expected: Liveness
) -> None:
    """Another boot of the same host is dead; another host or container cannot be told."""
    writer_id = left_behind(directory, monkeypatch, **place)
    assert LogReader(directory).liveness(writer_id) is expected


def test_a_held_lock_means_life_wherever_the_writer_is(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees the lock held need not know the machine."""
    there = log_identity.Place("another host", "another boot", "pid:[1]")
    monkeypatch.setattr("contexta.log.open_segment.this_place", lambda: there)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        assert LogReader(directory).liveness(writer.writer_id) is Liveness.ALIVE


def test_an_unfinished_line_of_an_unknown_writer_is_no_damage(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer on another host may be in the middle of its line."""
    left_behind(directory, monkeypatch, host="another host", boot="another boot")
    (path,) = directory.iterdir()
    os.truncate(path, path.stat().st_size - 5)
    reader = LogReader(directory)
    chunk = reader.read(reader.segments()[0])
    assert (len(chunk.lines), chunk.damages, chunk.incomplete) == (1, (), True)


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS])
def test_without_locks_writers_work_and_nothing_is_claimed(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]], number: int
) -> None:
    """On a file system without locks a log is written and read, and open writers are unknown."""

    def no_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        assert records(directory) == [b'"i":1']
        assert LogReader(directory).liveness(writer.writer_id) is Liveness.UNKNOWN
    assert LogReader(directory).liveness(writer.writer_id) is Liveness.DEAD


def test_a_lock_that_cannot_be_taken_is_an_error(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A writer without its lock would be taken for dead, so it does not write; it does once the lock can be had."""
    with LogWriter(directory) as writer:
        with monkeypatch.context() as failing, pytest.raises(StoreAccessError):
            failing.setattr("fcntl.flock", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
            writer.append(b'"i":1')
        assert list(directory.iterdir()) == []
        writer.append(b'"i":2')
        assert LogReader(directory).liveness(writer.writer_id) is Liveness.ALIVE
    assert records(directory) == [b'"i":2']


def test_a_segment_without_a_readable_header_is_unknown(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the header nobody can say on which machine the lock would be."""
    writer_id = left_behind(directory, monkeypatch)
    (path,) = directory.iterdir()
    path.write_bytes(b"")
    assert LogReader(directory).liveness(writer_id) is Liveness.UNKNOWN


def test_a_writer_that_seals_between_listing_and_probe_is_looked_at_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation in the middle of a probe does not read as death."""
    with LogWriter(directory, max_segment_bytes=600) as writer:
        writer.append(b'"i":1')
        real = log_liveness.probe
        rotated: list[Path] = []

        def rotates_first(path: Path) -> log_liveness.LockState:
            if not rotated:
                rotated.append(path)
                writer.append_many([b'"pad":"%s"' % (b"x" * 400), b'"i":2'])
            return real(path)

        monkeypatch.setattr("contexta.log.reader.probe", rotates_first)
        assert LogReader(directory).liveness(writer.writer_id) is Liveness.ALIVE
        assert not rotated[0].exists()
