"""The functions through which every durable write passes."""

from __future__ import annotations

import errno
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from contexta.log import filesystem

if TYPE_CHECKING:
    from pathlib import Path


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the system cuts short is gone on with until all is written."""
    descriptor = filesystem.create_file(tmp_path / "file")
    monkeypatch.setattr(filesystem, "_write_at", lambda d, data, offset: os.pwrite(d, data[:3], offset))
    filesystem.write_all(descriptor, b"0123456789", 2)
    assert filesystem.read_exactly(descriptor, 100, 2) == b"0123456789"
    os.close(descriptor)


def test_a_write_that_makes_no_progress_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that takes no more bytes and says nothing does not hang the writer."""
    monkeypatch.setattr(filesystem, "_write_at", lambda *_: 0)
    with pytest.raises(OSError, match="no more bytes") as caught:
        filesystem.write_all(0, b"x", 0)
    assert caught.value.errno == errno.EIO


def test_an_atomic_write_replaces_the_whole_file(tmp_path: Path) -> None:
    """The new content stands under the name, for the owner only, and nothing else is left."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    filesystem.write_file_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["write_all", "sync_file", "replace"])
def test_a_failed_atomic_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whichever step fails, the old content stays and no temporary file does."""

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(filesystem, name, fail)
    with pytest.raises(OSError, match="Input/output"):
        filesystem.write_file_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_directories_are_created_by_many_at_once(tmp_path: Path) -> None:
    """Threads that open one fresh workspace together all succeed."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            filesystem.create_private_directory(tmp_path / "a" / "b" / "c")
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}


def test_an_existing_directory_keeps_its_mode(tmp_path: Path) -> None:
    """What the user made stays as the user made it."""
    (tmp_path / "shared").mkdir(0o755)
    filesystem.create_private_directory(tmp_path / "shared")
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_a_directory_that_cannot_be_synced_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some mounts have no directory sync; there is nothing better to do there."""

    def unsupported(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", unsupported)
    filesystem.sync_directory(tmp_path)


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """Two clean-ups of one file do not disturb each other."""
    filesystem.remove_file(tmp_path / "gone")
