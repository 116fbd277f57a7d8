"""A storage that fails: every call of it once, for real and by a replaced file system function."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import (
    ContextaError,
    LifecycleError,
    ReadOnlyStoreError,
    StorageFullError,
    StoreAccessError,
)
from contexta.log import DamageKind, Durability, LogReader, LogWriter, segment_owner
from contexta.log import filesystem as log_filesystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITING = (
    "create_file",
    "write_all",
    "truncate_file",
    "sync_file",
    "sync_directory",
    "replace",
    "remove_file",
)


class FailAt:
    """Replaces the writing functions of the file system so that the n-th call fails, or kills the process."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, at: int, act: Callable[[], None], *, after: bool
    ) -> None:
        self.calls = 0
        self.at = at
        self.act = act
        self.after = after
        for name in WRITING:
            # Neither an error nor a kill needs a real sync to be survived, and a shared disk makes hundreds slow.
            real = (lambda *_: None) if name.startswith("sync") else getattr(log_filesystem, name)
            monkeypatch.setattr(log_filesystem, name, self._wrap(name, real))

    def _wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.calls != self.at:
                return real(*arguments)
            if name == "write_all":
                # A refused write may have written a part.
                descriptor, data, offset = arguments
                os.pwrite(descriptor, data[: len(data) // 2], offset)
            elif self.after:
                real(*arguments)
            return self.act()

        return call


def raiser(number: int) -> Callable[[], None]:
    """Return a function that raises as the operating system would."""

    def act() -> None:
        raise OSError(number, os.strerror(number))

    return act


def workload(directory: Path, acknowledge: Callable[[bytes], object], durability: Durability) -> None:
    """Append singles and batches through two rotations, going on after errors."""
    writer = LogWriter(directory, durability=durability, max_segment_bytes=900)
    for i in range(9):
        members = [b'"i":%d,"k":%d,"pad":"%s"' % (i, k, b"x" * 60) for k in range(1 + i % 3)]
        with suppress(ContextaError):
            if len(members) == 1:
                writer.append(members[0])
            else:
                writer.append_many(members)
            for record in members:
                acknowledge(record)
    with suppress(ContextaError):
        writer.close()


def check_store(directory: Path, acknowledged: list[bytes], records: Callable[[Path], list[bytes]]) -> None:
    """What was acknowledged is there once and in order, nothing is damaged but a torn tail, and writing goes on."""
    found = records(directory)
    assert [record for record in found if record in acknowledged] == acknowledged
    assert {damage.kind for damage in LogReader(directory).verify()} <= {DamageKind.TORN_TAIL}
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        writer.append(b'"later":true')
    assert sorted(records(directory)) == sorted([*found, b'"later":true'])


@pytest.mark.parametrize("durability", [Durability.FSYNC, Durability.FLUSH])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("after", [False, True])
def test_any_one_failing_call_loses_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    records: Callable[[Path], list[bytes]],
    durability: Durability,
    number: int,
    after: bool,
) -> None:
    """Whichever call fails, before or after its effect: typed errors, nothing acknowledged lost, writing goes on."""
    at = 0
    while True:
        at += 1
        directory = tmp_path / f"{at}"
        acknowledged: list[bytes] = []
        with monkeypatch.context() as patch:
            fault = FailAt(patch, at, raiser(number), after=after)
            workload(directory, acknowledged.append, durability)
        if fault.calls < at:
            break
        check_store(directory, acknowledged, records)
        # One failure refuses one call, and at close none.
        assert len({record[:5] for record in acknowledged}) >= 8
    assert at > 20


@pytest.mark.parametrize("after", [False, True])
def test_death_at_any_call_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]], after: bool
) -> None:
    """Whichever call the process is killed in, what it had acknowledged is there and the log goes on."""
    at = 0
    while True:
        at += 1
        directory = tmp_path / f"{at}"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            FailAt(monkeypatch, at, lambda: os.kill(os.getpid(), signal.SIGKILL), after=after)
            pipe_end = os.fdopen(writing, "wb", buffering=0)
            workload(directory, lambda record, out=pipe_end: out.write(record + b"\n"), Durability.FSYNC)  # type: ignore[misc]
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            acknowledged = pipe.read().splitlines()
        _, status = os.waitpid(child, 0)
        check_store(directory, acknowledged, records)
        if os.WIFEXITED(status):
            break
    assert at > 20
    assert len(acknowledged) == 18


def test_a_full_storage_is_a_retryable_error_of_its_own(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC in an append has its own class and code, says so, and the same call works later."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", lambda *_: raiser(errno.ENOSPC)())
            with pytest.raises(StorageFullError) as caught:
                writer.append(b'"i":2')
        assert (caught.value.code, caught.value.retryable) == ("storage_full", True)
        assert isinstance(caught.value.__cause__, OSError)
        assert writer.append(b'"i":2').n == 2


def test_any_other_failure_has_a_stable_code(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO in an append is a store access error that names the file."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", lambda *_: raiser(errno.EIO)())
            with pytest.raises(StoreAccessError, match=r"\.open") as caught:
                writer.append(b'"i":2')
        assert (caught.value.code, caught.value.retryable) == ("log_write_failed", False)


def test_a_segment_whose_sync_failed_is_never_written_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed sync the next append begins a new segment, which names the one that was given up."""
    # A writer that tidies up when it closes, one in 36, would seal what was given up.
    monkeypatch.setattr(segment_owner, "_TIDY_WRITER", "-")
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "sync_file", lambda _: raiser(errno.EIO)())
            with pytest.raises(StoreAccessError) as caught:
                writer.append(b'"i":2')
        assert caught.value.code == "log_sync_failed"
        (given_up,) = directory.iterdir()
        size = given_up.stat().st_size
        assert writer.append(b'"i":3').segment == 1
    assert given_up.stat().st_size == size
    reader = LogReader(directory)
    header = reader.header(reader.segments()[1])
    assert header is not None
    assert (header.previous_name, header.previous_sha256) == (given_up.stem, None)
    assert reader.verify() == []


def test_a_tail_that_cannot_be_cut_off_is_left_behind(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """When a half-written line can be neither finished nor cut, nobody ever appends behind it."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')

        def half(descriptor: int, data: bytes, offset: int) -> None:
            os.pwrite(descriptor, data[:5], offset)
            raiser(errno.EIO)()

        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", half)
            patch.setattr(log_filesystem, "truncate_file", lambda *_: raiser(errno.EIO)())
            with pytest.raises(StoreAccessError):
                writer.append(b'"i":2')
            patch.setattr(log_filesystem, "write_all", os.pwrite)
            assert writer.append(b'"i":3').segment == 1
    assert records(directory) == [b'"i":1', b'"i":3']
    assert [damage.kind for damage in LogReader(directory).verify()] == [DamageKind.TORN_TAIL]


def interrupted_after(fraction: float) -> Callable[[int, bytes, int], None]:
    """Return a write that an interrupt ends after a part of the bytes."""

    def write(descriptor: int, data: bytes, offset: int) -> None:
        os.pwrite(descriptor, data[: int(len(data) * fraction)], offset)
        raise KeyboardInterrupt

    return write


def test_an_interrupt_in_the_middle_of_a_write_is_healed(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """Half a line is cut off before the next append."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", interrupted_after(0.5))
            with pytest.raises(KeyboardInterrupt):
                writer.append(b'"i":2')
        writer.append(b'"i":3')
    assert records(directory) == [b'"i":1', b'"i":3']
    assert LogReader(directory).verify() == []


def test_an_interrupt_right_after_a_write_keeps_what_readers_may_have_seen(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole line is not taken back, so a reader that has passed it misses nothing that follows."""
    reader = LogReader(directory)
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", interrupted_after(1))
            with pytest.raises(KeyboardInterrupt):
                writer.append(b'"i":2')
        (segment,) = reader.segments()
        chunk = reader.read(segment)
        assert len(chunk.lines) == 2
        writer.append(b'"i":3')
        assert [b'"i":3' in line for _, _, line in reader.read(segment, chunk.cursor).lines] == [True]


def test_a_batch_that_is_interrupted_leaves_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """No reader sees a part of a batch, and the next append takes its place."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "write_all", interrupted_after(0.9))
            with pytest.raises(KeyboardInterrupt):
                writer.append_many([b'"i":%d' % i for i in range(20)])
        assert records(directory) == [b'"i":1']
        writer.append(b'"i":3')
    assert records(directory) == [b'"i":1', b'"i":3']
    assert LogReader(directory).verify() == []


def test_an_append_from_a_handler_inside_an_append_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """What a signal handler would meet in the middle of a write is an error, not a deadlock; both writers go on."""
    writer = LogWriter(directory)
    writer.append(b'"i":1')
    real = log_filesystem.write_all
    codes = []

    def handler_runs(descriptor: int, data: bytes, offset: int) -> None:
        for call in (lambda: writer.append(b'"i":9'), writer.sync, writer.close):
            with pytest.raises(LifecycleError) as caught:
                call()
            codes.append(caught.value.code)
        real(descriptor, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(log_filesystem, "write_all", handler_runs)
        writer.append(b'"i":2')
    writer.close()
    assert codes == ["log_writer_busy"] * 3
    assert records(directory) == [b'"i":1', b'"i":2']


def test_a_handler_may_append_while_its_thread_waits_for_a_sync(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A signal that comes during the sync finds a writer that works."""
    with LogWriter(directory) as writer:
        writer.append(b'"i":1')
        real = log_filesystem.sync_file
        nested: list[bool] = []

        def handler_runs(descriptor: int) -> None:
            if not nested:
                nested.append(True)
                writer.append(b'"i":3')
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "sync_file", handler_runs)
            writer.append(b'"i":2')
        writer.append(b'"i":4')
    assert records(directory) == [b'"i":1', b'"i":2', b'"i":3', b'"i":4']


INTERRUPTED = """
import signal, sys, threading, time
from pathlib import Path
from contexta.log import LogWriter
armed = False
def handler(*_):
    if armed:
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
writer = LogWriter(Path(sys.argv[1]), durability=sys.argv[2], max_segment_bytes=10_000, interval_seconds=0.005)
acknowledged, interrupts, stop = [], 0, threading.Event()
def step(i):
    global armed
    try:
        armed = True
        if i % 5:
            writer.append(b'"main":%d' % i)
        else:
            writer.append_many([b'"main":%d' % i, b'"second":%d' % i])
        armed = False
        return True
    except KeyboardInterrupt:
        return False
    finally:
        armed = False
def work():
    i = 0
    while not stop.is_set():
        writer.append(b'"thread":%d' % i)
        i += 1
    acknowledged.append(("thread", i))
threads = [threading.Thread(target=work)]
for thread in threads:
    thread.start()
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.00037)
end, i = time.monotonic() + 1.0, 0
while time.monotonic() < end:
    if step(i):
        acknowledged.append(("main", i))
    else:
        interrupts += 1
    i += 1
signal.setitimer(signal.ITIMER_REAL, 0)
stop.set()
for thread in threads:
    thread.join(5)
    assert not thread.is_alive()
writer.close()
print(interrupts)
for kind, i in acknowledged:
    print(kind, i)
"""


@pytest.mark.parametrize("durability", list(Durability))
def test_a_storm_of_interrupts_neither_hangs_nor_loses_anything(
    directory: Path,
    start: Callable[..., subprocess.Popen[str]],
    records: Callable[[Path], list[bytes]],
    durability: Durability,
) -> None:
    """Interrupts at any bytecode of an append: no lock stays taken, what was acknowledged is there, all is whole."""
    process = start(INTERRUPTED, directory, durability)
    output, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    first, *rest = output.splitlines()
    assert int(first) > 50
    found = records(directory)
    main = [int(record.removeprefix(b'"main":')) for record in found if record.startswith(b'"main"')]
    assert main == sorted(set(main))
    acknowledged = {int(line.removeprefix("main ")) for line in rest if line.startswith("main ")}
    assert acknowledged <= set(main)
    (others,) = [int(line.removeprefix("thread ")) for line in rest if line.startswith("thread ")]
    assert sum(record.startswith(b'"thread"') for record in found) == others
    assert sum(record.startswith(b'"second"') for record in found) == sum(i % 5 == 0 for i in main)
    assert LogReader(directory).verify() == []


@contextmanager
def mounted(path: Path, options: str) -> Iterator[None]:
    """Mount a small tmpfs, where the tests run as root and may."""
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount a tmpfs: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize("durability", [Durability.FSYNC, Durability.FLUSH])
def test_a_full_disk_loses_nothing_and_writing_goes_on(
    tmp_path: Path, records: Callable[[Path], list[bytes]], durability: Durability
) -> None:
    """On a real full file system: typed errors, reading works, and the same writer goes on once there is space."""
    with mounted(tmp_path / "disk", "size=256k"):
        directory = tmp_path / "disk" / "log"
        ballast = tmp_path / "disk" / "ballast"
        ballast.write_bytes(b"x" * 60_000)
        acknowledged = []
        writer = LogWriter(directory, durability=durability, max_segment_bytes=50_000)
        refused = 0
        for i in range(3_000):
            record = b'"i":%d,"pad":"%s"' % (i, b"x" * 100)
            try:
                writer.append(record)
                acknowledged.append(record)
            except StorageFullError:
                refused += 1
                if refused == 1:
                    assert records(directory) == acknowledged
                if refused == 5:
                    ballast.unlink()
                if refused > 50:
                    break
        assert refused > 50
        assert len(acknowledged) > 1_300
        writer.close()
        assert records(directory) == acknowledged
        assert LogReader(directory).verify() == []


def test_a_read_only_file_system_is_said_so(tmp_path: Path, records: Callable[[Path], list[bytes]]) -> None:
    """Writing to a read-only mount is its own error; reading it works."""
    with mounted(tmp_path / "disk", "size=256k"):
        directory = tmp_path / "disk" / "log"
        with LogWriter(directory) as writer:
            writer.append(b'"i":1')
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        with LogWriter(directory) as writer, pytest.raises(ReadOnlyStoreError) as caught:
            writer.append(b'"i":2')
        assert caught.value.code == "store_read_only"
        assert records(directory) == [b'"i":1']
        assert LogReader(directory).verify() == []


def test_a_file_in_the_place_of_the_directory_is_a_typed_error(tmp_path: Path) -> None:
    """No builtin error reaches the user, whatever stands in the way."""
    (tmp_path / "log").write_text("not a directory")
    with LogWriter(tmp_path / "log") as writer, pytest.raises(StoreAccessError):
        writer.append(b'"i":1')
