"""Forks: a child writes segments of its own and never keeps its parent alive."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from contexta.log import Durability, Liveness, LogReader, LogWriter, filesystem, forks

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_child(work: Callable[[], object]) -> str:
    """Run a function in a forked child and return what it returned, as text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(writing, str(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return answer


@pytest.mark.parametrize("mode", list(Durability))
def test_a_child_writes_a_segment_of_its_own(
    directory: Path, records: Callable[[Path], list[bytes]], mode: Durability
) -> None:
    """Parent and child go on after the fork as two writers; nothing is lost or mixed."""
    writer = LogWriter(directory, durability=mode)
    writer.append(b'"who":"parent","i":1')

    def child() -> str:
        writer.append(b'"who":"child","i":1')
        writer.close()
        return writer.writer_id

    child_id = in_child(child)
    writer.append(b'"who":"parent","i":2')
    writer.close()
    assert child_id != writer.writer_id
    assert records(directory) == [b'"who":"parent","i":1', b'"who":"parent","i":2', b'"who":"child","i":1']
    assert LogReader(directory).verify() == []


def test_a_child_that_writes_nothing_leaves_nothing(directory: Path) -> None:
    """Forking alone creates no file and touches none."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        in_child(writer.close)
        assert [path.suffix for path in directory.iterdir()] == [".open"]
        assert LogReader(directory).liveness(writer.writer_id) is Liveness.ALIVE


def test_a_closed_writer_stays_closed_in_the_child(directory: Path) -> None:
    """A fork does not open what was closed."""
    writer = LogWriter(directory)
    writer.append(b'"i":1')
    writer.close()

    def child() -> str:
        try:
            writer.append(b'"i":2')
        except RuntimeError as error:
            return str(getattr(error, "code", ""))
        return "appended"

    assert in_child(child) == "log_writer_closed"


def test_forking_while_threads_write_leaves_working_locks(
    directory: Path, records: Callable[[Path], list[bytes]]
) -> None:
    """Children forked in the middle of other threads' appends can write at once."""
    writer = LogWriter(directory, max_segment_bytes=3_000)
    stop = threading.Event()
    counts = [0, 0]

    def work(thread: int) -> None:
        while not stop.is_set():
            writer.append(b'"t":%d,"i":%d' % (thread, counts[thread]))
            counts[thread] += 1

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for i in range(10):
        in_child(lambda i=i: writer.append(b'"child":%d' % i))  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join()
    writer.close()
    found = records(directory)
    assert sorted(found) == sorted(
        [b'"t":%d,"i":%d' % (t, i) for t in range(2) for i in range(counts[t])]
        + [b'"child":%d' % i for i in range(10)]
    )
    assert LogReader(directory).verify() == []


def test_a_handler_may_fork_while_its_thread_waits_for_a_sync(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A signal handler that forks in the middle of a sync neither hangs nor takes the turn from the sync."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        real = filesystem.sync_file
        forked: list[str] = []

        def handler_runs(descriptor: int) -> None:
            if not forked:
                forked.append(in_child(os.getppid))
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(filesystem, "sync_file", handler_runs)
            writer.append(b'"i":2')
        writer.append(b'"i":3')
    assert forked == [str(os.getpid())]
    assert records(directory) == [b'"i":1', b'"i":2', b'"i":3']


def test_the_background_thread_is_stopped_for_a_fork_and_goes_on_after(directory: Path) -> None:
    """What was dirty at the fork is synced by the parent all the same; the child has no thread."""
    with LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.05) as writer:
        writer.append(b'"i":1')
        assert in_child(threading.active_count) == "1"
        segment = writer._segment
        assert segment is not None
        deadline = time.monotonic() + 5
        while segment.synced < segment.tail[1] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert segment.synced == segment.tail[1]


ORPHAN = """
import os, sys, time
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]))
writer.append(b'"i":1')
child = os.fork()
if child == 0:
    os.write(1, b"child runs\\n")
    sys.stdin.readline()
    writer.append(b'"i":2')
    print(writer.writer_id, flush=True)
    sys.stdin.readline()
    os._exit(0)
os.write(1, f"{writer.writer_id} {child}\\n".encode())
time.sleep(60)
"""


def test_an_orphan_does_not_keep_its_dead_parent_alive(
    directory: Path, start: Callable[..., subprocess.Popen[str]], records: Callable[[Path], list[bytes]]
) -> None:
    """After the parent was killed its writer reads dead while the child lives, and the child's own writer lives."""
    process = start(ORPHAN, directory)
    assert process.stdout is not None
    assert process.stdin is not None
    # In whatever order they come; until the child has run, it had no chance to let go of anything.
    lines = {process.stdout.readline(), process.stdout.readline()} - {"child runs\n"}
    parent_id, child = lines.pop().split()
    try:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.kill(int(child), 0)
        reader = LogReader(directory)
        assert reader.liveness(parent_id) is Liveness.DEAD
        process.stdin.write("go on\n")
        process.stdin.flush()
        child_id = process.stdout.readline().strip()
        assert reader.writers_alive() == {parent_id: Liveness.DEAD, child_id: Liveness.ALIVE}
        assert records(directory) == [b'"i":1', b'"i":2']
    finally:
        os.kill(int(child), signal.SIGKILL)


class Recorder:
    """A fork-aware object that writes down what it is told."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told

    def before_fork(self) -> None:
        self.told.append(f"before {self.name}")

    def after_fork_in_parent(self) -> None:
        self.told.append(f"parent {self.name}")

    def after_fork_in_child(self) -> None:
        self.told.append(f"child {self.name}")


def test_the_outer_object_is_locked_first_and_released_last() -> None:
    """Levels give the order of locking, whatever the order of registering; members that are gone are not told."""
    told: list[str] = []
    outer, inner, gone = Recorder("outer", told), Recorder("inner", told), Recorder("gone", told)
    forks.register(inner, level=50)
    forks.register(outer, level=60)
    forks.register(gone, level=70)
    del gone
    assert in_child(lambda: told[2:]) == "['child outer', 'child inner']"
    assert told == ["before outer", "before inner", "parent inner", "parent outer"]


UNCLOSED = """
import sys
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]), durability=sys.argv[2])
writer.append_many([b'"i":%d' % i for i in range(10)])
keep = [writer, sys.modules]
"""


@pytest.mark.parametrize("mode", list(Durability))
def test_an_unclosed_writer_is_sealed_when_the_interpreter_ends(
    directory: Path, start: Callable[..., subprocess.Popen[str]], mode: Durability
) -> None:
    """A script that forgets to close leaves a sealed log and ends without a message."""
    process = start(UNCLOSED, directory, mode)
    assert process.wait() == 0
    assert [path.suffix for path in directory.iterdir()] == [".seg"]
    assert LogReader(directory).verify() == []
