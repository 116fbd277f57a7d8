"""The three modes: how often, and when, what was appended goes to stable storage."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from contexta.errors import StoreAccessError
from contexta.log import Durability, LogWriter
from contexta.log import filesystem as log_filesystem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Syncs:
    """Counts the syncs of files and remembers how large the file was at each."""

    def __init__(self, real: Callable[[int], None]) -> None:
        self._real = real
        self.sizes: list[int] = []
        self.delay_seconds = 0.0

    def __call__(self, descriptor: int) -> None:
        self.sizes.append(os.fstat(descriptor).st_size)
        time.sleep(self.delay_seconds)
        self._real(descriptor)


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> Syncs:
    """Real syncs, counted."""
    counted = Syncs(log_filesystem.sync_file)
    monkeypatch.setattr(log_filesystem, "sync_file", counted)
    return counted


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for a condition, and say whether it came."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def background_threads() -> int:
    """Count the log's background threads."""
    return sum(thread.name == "contexta-log-sync" for thread in threading.enumerate())


def test_fsync_syncs_each_append_and_each_batch_once(directory: Path, syncs: Syncs) -> None:
    """One sync per call, of a file that holds the whole line."""
    with LogWriter(directory, durability=Durability.FSYNC) as writer:
        writer.append(b'"i":0')
        syncs.sizes.clear()
        writer.append(b'"i":1')
        writer.append_many([b'"i":%d' % i for i in range(100)])
        (path,) = directory.iterdir()
        assert len(syncs.sizes) == 2
        assert syncs.sizes[-1] == path.stat().st_size


def test_flush_never_syncs_until_asked(directory: Path, syncs: Syncs) -> None:
    """Appends cost no sync; ``sync`` brings all of them to stable storage, once."""
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        for i in range(50):
            writer.append(b'"i":%d' % i)
        assert syncs.sizes == []
        writer.sync()
        writer.sync()
        assert len(syncs.sizes) == 1


def test_the_name_of_a_segment_is_synced_with_its_first_record(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In mode ``fsync`` the directory is synced before the first append returns, and once only."""
    synced = []
    real = log_filesystem.sync_directory

    def counted(path: Path) -> None:
        synced.append(path)
        real(path)

    monkeypatch.setattr(log_filesystem, "sync_directory", counted)
    with LogWriter(directory, durability=Durability.FSYNC) as writer:
        for i in range(3):
            writer.append(b'"i":%d' % i)
        assert synced == [directory.parent, directory]


def test_threads_that_append_at_once_share_syncs(directory: Path, syncs: Syncs) -> None:
    """Group commit: with a slow disk, eight threads need far fewer syncs than appends, and all are acknowledged."""
    writer = LogWriter(directory, durability=Durability.FSYNC)
    writer.append(b'"first":1')
    syncs.sizes.clear()
    syncs.delay_seconds = 0.005
    acknowledged = []

    def work(thread: int) -> None:
        for i in range(10):
            position = writer.append(b'"t":%d,"i":%d' % (thread, i))
            # A sync that began before this line was written would show a smaller file.
            acknowledged.append(max(syncs.sizes) > position.offset)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert acknowledged == [True] * 80
    assert len(syncs.sizes) <= 40
    syncs.delay_seconds = 0.0
    writer.close()


def test_a_failed_shared_sync_fails_every_waiting_thread(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread is told that its record is safe when the sync it shared failed."""
    writer = LogWriter(directory, durability=Durability.FSYNC)
    writer.append(b'"first":1')
    outcomes = []

    def fail(_: int) -> None:
        time.sleep(0.05)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def work() -> None:
        try:
            writer.append(b'"i":1')
        except StoreAccessError as error:
            outcomes.append(error.code)

    with monkeypatch.context() as patch:
        patch.setattr(log_filesystem, "sync_file", fail)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes.count("log_sync_failed") == 4
    writer.append(b'"i":2')
    writer.close()


def test_interval_syncs_in_the_background(directory: Path, syncs: Syncs) -> None:
    """A record is on stable storage soon after append returned, without another call."""
    with LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.02) as writer:
        writer.append(b'"i":1')
        (path,) = directory.iterdir()
        assert wait_until(lambda: syncs.sizes[-1:] == [path.stat().st_size])


def test_interval_takes_one_sync_for_many_appends(directory: Path, syncs: Syncs) -> None:
    """The number of syncs goes with the time, not with the records."""
    with LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.1) as writer:
        for i in range(500):
            writer.append(b'"i":%d' % i)
        assert wait_until(lambda: len(syncs.sizes) > 0)
        assert len(syncs.sizes) < 50


def test_the_background_thread_ends_when_idle_and_comes_back(directory: Path, syncs: Syncs) -> None:
    """No permanent thread: it ends by itself, and the next append starts another."""
    with LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.005) as writer:
        assert background_threads() == 0
        for _ in range(2):
            count = len(syncs.sizes)
            writer.append(b'"i":1')
            assert wait_until(lambda count=count: len(syncs.sizes) > count)  # type: ignore[misc]
            assert wait_until(lambda: background_threads() == 0)


def test_close_ends_the_background_thread(directory: Path) -> None:
    """After close no thread is left."""
    with LogWriter(directory, durability=Durability.INTERVAL) as writer:
        writer.append(b'"i":1')
        assert background_threads() == 1
    assert background_threads() == 0


def test_a_forgotten_writer_leaves_no_thread(directory: Path) -> None:
    """The background thread keeps no writer alive."""
    writer = LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.01)
    writer.append(b'"i":1')
    del writer
    assert wait_until(lambda: background_threads() == 0)
    assert wait_until(lambda: [path.suffix for path in directory.iterdir()] == [".seg"])


def test_a_failed_background_sync_is_told_once_and_writing_goes_on(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call after a failed background sync raises; the one after it writes to a new segment."""
    failed = threading.Event()

    def fail(_: int) -> None:
        failed.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(directory, durability=Durability.INTERVAL, interval_seconds=0.01) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(log_filesystem, "sync_file", fail)
            writer.append(b'"i":1')
            assert failed.wait(5)
            with pytest.raises(StoreAccessError) as caught:
                writer.sync()
        assert caught.value.code == "log_sync_failed"
        assert writer.append(b'"i":2').segment == 1


def test_a_full_disk_at_close_does_not_hide_what_was_written(
    directory: Path, monkeypatch: pytest.MonkeyPatch, records: Callable[[Path], list[bytes]]
) -> None:
    """A seal that finds no space is left out; the records are synced and close returns."""
    writer = LogWriter(directory, durability=Durability.FLUSH)
    writer.append(b'"i":1')

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(log_filesystem, "write_all", full)
        writer.close()
    assert records(directory) == [b'"i":1']
