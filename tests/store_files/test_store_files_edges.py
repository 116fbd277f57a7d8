"""The ways less travelled: locks that cannot be had, bodies known already, leftovers of every shape."""

from __future__ import annotations

import os
import time

import pytest

from contexta.errors import ArtifactError, NotFoundError
from contexta_store_files.mutex import exclusive
from contexta_store_files.staging import Staging, find_leftovers, remove_leftovers

fcntl = pytest.importorskip("fcntl")


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_known_body_is_synced_before_it_is_acknowledged(open_store, root, tmp_path, monkeypatch, size):
    """A body that another process wrote without waiting is on stable storage when `fsync` was promised."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * size)
    with open_store(durability="flush") as store:
        content = store.ingest(source)
    body = next(path for path in (root / "blobs").rglob("*") if path.is_file())
    synced = []
    from contexta.log import filesystem

    inner = filesystem.sync_file
    monkeypatch.setattr(
        filesystem,
        "sync_file",
        lambda descriptor: (synced.append(os.fstat(descriptor).st_ino), inner(descriptor)),
    )
    assert open_store(durability="fsync").ingest(source) == content
    assert body.stat().st_ino in synced


def test_missing_body_is_said_when_it_is_opened(store, keep, root):
    """Opening an artifact without its body names the artifact and the way back."""
    ref = keep("model", b"weights")
    next(path for path in (root / "blobs").rglob("*") if path.is_file()).unlink()
    with pytest.raises(NotFoundError) as caught:
        store.open_body(ref)
    assert caught.value.code == "artifact_body_missing"
    assert ref in caught.value.message


def test_held_lock_delays_and_does_not_stop(tmp_path):
    """Who holds the lock for ever costs the others their patience, and no more."""
    with exclusive(tmp_path / "lock") as first:
        assert first
        started = time.monotonic()
        with exclusive(tmp_path / "lock", patience_seconds=0.05) as second:
            assert not second
        assert 0.05 <= time.monotonic() - started < 1
    with exclusive(tmp_path / "lock", patience_seconds=0) as third:
        assert third


def test_lock_is_let_go_although_a_child_has_the_descriptor(tmp_path):
    """A child forked while the lock is held does not keep it."""
    with exclusive(tmp_path / "lock"):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        os.close(reading)
    try:
        with exclusive(tmp_path / "lock", patience_seconds=0) as held:
            assert held
    finally:
        os.close(writing)
        os.waitpid(child, 0)


def test_lock_that_cannot_be_made_is_done_without(tmp_path):
    """Where no lock file can be created, nobody is stopped."""
    with exclusive(tmp_path / "missing" / "lock") as held:
        assert not held


def test_sweep_knows_the_living_from_the_dead(tmp_path):
    """Files of a living staging stay, those of a dead one and those without an owner go, further ones too."""
    with Staging(tmp_path) as living:
        other, descriptor = living.further()
        os.close(descriptor)
        dead = Staging(tmp_path)
        orphan, descriptor = dead.further()
        os.close(descriptor)
        # What SIGKILL does: the lock is gone, the files are not.
        os.close(dead.descriptor)
        lonely = tmp_path / ".tmp-00112233445566ff-3"
        lonely.write_bytes(b"")
        assert find_leftovers(tmp_path) == sorted([dead.path, orphan, lonely])
        remove_leftovers(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([living.path, other])
    assert list(tmp_path.iterdir()) == []


def test_age_decides_where_nothing_can_be_locked(tmp_path, monkeypatch):
    """Without locks only a file that is a day old is taken for a leftover."""
    monkeypatch.setattr("contexta_store_files.staging.fcntl", None)
    young, old = tmp_path / ".tmp-0000000000000001", tmp_path / ".tmp-0000000000000002"
    young.write_bytes(b"")
    old.write_bytes(b"")
    os.utime(old, (time.time() - 90_000,) * 2)
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [young]


def test_moved_link_to_a_directory_leaves_the_directory(store, tmp_path):
    """As for a file, what a link points to is not what was handed over."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    assert store.ingest(tmp_path / "link", mode="move").form == "directory"
    assert not os.path.lexists(tmp_path / "link")
    assert (tmp_path / "real" / "x").read_bytes() == b"x"


def test_pipe_inside_a_directory_is_refused(store, tmp_path):
    """Something inside that is no file is named, and nothing waits for it."""
    (tmp_path / "tree").mkdir()
    os.mkfifo(tmp_path / "tree" / "pipe")
    with pytest.raises(ArtifactError) as caught:
        store.ingest(tmp_path / "tree")
    assert caught.value.code == "artifact_source_unsupported"
    assert "pipe" in caught.value.message
