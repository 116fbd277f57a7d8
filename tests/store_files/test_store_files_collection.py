"""Letting go of artifacts, and collecting the garbage beside living writers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from contexta.errors import IntegrityError, NotFoundError, ReadOnlyStoreError, StoreAccessError
from contexta.log import filesystem


def bodies(root):
    """List the bodies' contents."""
    return sorted(path.read_bytes() for path in (root / "blobs").rglob("*") if path.is_file())


def test_what_was_let_go_of_is_gone_and_free(store, keep, artifact):
    """A reference that was unbound is not found, is passed over the next time, and takes other content."""
    ref, other = keep("model", b"one"), keep("other", b"two")
    store.unbind([ref, ref, "artifact:demo.first.never"])
    assert store.find(ref) is None
    assert [bound.artifact_ref for bound in store.list_artifacts()] == [other]
    with pytest.raises(NotFoundError):
        store.open_body(ref)
    store.unbind([ref])
    assert keep("model", b"three") == ref
    with store.open_body(ref) as body:
        assert body.read() == b"three"
    assert store.list_artifacts(run_ref="run:demo.first")[-1].artifact_ref == ref


def test_letting_go_is_seen_by_every_reader(open_store, store, keep):
    """Another opening, older or newer than the call, sees the same."""
    before = open_store(read_only=True)
    ref = keep("model", b"one")
    assert before.find(ref) is not None
    store.unbind([ref])
    assert before.find(ref) is None
    assert open_store(read_only=True).find(ref) is None
    assert before.list_artifacts(run_ref="run:demo.first") == []


def test_bytes_that_no_other_artifact_uses(store, artifact, keep, tmp_path):
    """Shared content counts for nobody who keeps it and once for those who go, files inside directories included."""
    one, two, three = keep("one", b"shared"), keep("two", b"shared"), keep("three", b"own")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a").write_bytes(b"own")
    (tmp_path / "tree" / "b").write_bytes(b"inside")
    bound = artifact("tree", store.ingest(tmp_path / "tree"))
    store.bind(bound)
    manifest = len(store._blobs.read(bound.content.digest))
    assert store.artifact_bytes([one, three, "artifact:a.b.c"]) == {one: 0, three: 0, "artifact:a.b.c": 0}
    assert store.artifact_bytes([one, two]) == {one: 6, two: 0}
    assert store.artifact_bytes([bound.artifact_ref]) == {bound.artifact_ref: manifest + 6}
    assert store.artifact_bytes([bound.artifact_ref, three]) == {bound.artifact_ref: manifest + 9, three: 0}


def test_only_what_nothing_is_bound_to_is_collected(store, keep, artifact, root, tmp_path):
    """Bodies of unbound artifacts go, shared ones and files of directories stay; a dry run counts the same."""
    gone, _, shared = keep("gone", b"one"), keep("kept", b"two"), keep("shared", b"two")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"one, inside")
    store.bind(artifact("tree", store.ingest(tmp_path / "tree")))
    store.unbind([gone, shared])
    before = bodies(root)
    counted = store.collect_garbage(dry_run=True)
    assert (counted.body_count, counted.body_bytes, counted.dry_run) == (1, 3, True)
    assert bodies(root) == before
    done = store.collect_garbage()
    assert (done.body_count, done.body_bytes, done.freed_bytes, done.dry_run) == (1, 3, 3, False)
    assert bodies(root) == sorted(set(before) - {b"one"})
    assert list(store.check_integrity()) == []
    assert store.collect_garbage() == type(done)()


@pytest.mark.parametrize("form", ["file", "large file", "directory"])
def test_what_is_about_to_be_bound_stays(open_store, store, artifact, root, tmp_path, form):
    """Between taking in and binding, another process's collection takes nothing; after closing without binding it does."""
    source = tmp_path / "source"
    if form == "directory":
        source.mkdir()
        (source / "inside").write_bytes(b"inside")
    else:
        source.write_bytes(b"x" * (2_000_000 if form == "large file" else 3))
    content = store.ingest(source)
    other = open_store()
    assert other.collect_garbage().body_count == 0
    store.bind(artifact("model", content))
    assert other.collect_garbage().body_count == 0
    assert store.verify("artifact:demo.first.model") is None
    store.unbind(["artifact:demo.first.model"])
    store.ingest(source)
    store.close()
    assert other.collect_garbage().body_count == (2 if form == "directory" else 1)
    assert bodies(root) == []
    assert list((root / "reservations").iterdir()) == []


def test_content_that_is_found_there_stays(open_store, store, artifact, keep, tmp_path):
    """A body that an ingest found, because it was let go of a moment ago, is not collected before the binding."""
    ref = keep("model", b"the same")
    store.unbind([ref])
    source = tmp_path / "again"
    source.write_bytes(b"the same")
    content = store.ingest(source)
    assert open_store().collect_garbage().body_count == 0
    store.bind(artifact("again", content))
    assert store.verify("artifact:demo.first.again") is None


HOLD = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend
store = open_backend(OpenContext(root=Path(sys.argv[1])), None)
print(store.ingest(Path(sys.argv[2]), mode=sys.argv[3]).digest, flush=True)
sys.stdin.readline()
"""


@contextmanager
def holder(root, source, mode):
    """Run a process that has taken a file in and not bound it; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root), str(source), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("sha256:")
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("mode", ["copy", "move", "adopt"])
def test_the_reservation_of_a_killed_process_ends(store, root, tmp_path, mode):
    """While the process lives its body stays; killed, it is removed, or set aside where it was the only copy."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * 2_000_000)
    with holder(root, source, mode) as process:
        assert store.collect_garbage().body_count == 0
        process.send_signal(signal.SIGKILL)
        process.wait()
        collected = store.collect_garbage()
    assert source.exists() == (mode == "copy")
    assert (collected.body_count, collected.set_aside_count) == ((1, 0) if mode == "copy" else (0, 1))
    assert bodies(root) == []
    aside = [path.read_bytes() for path in root.glob("quarantine/*/*")]
    assert aside == ([] if mode == "copy" else [b"x" * 2_000_000])
    assert list((root / "reservations").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_does_not_keep_its_parents_reservations(store, open_store, tmp_path):
    """A forked child has reservations of its own, and ends only those."""
    source = tmp_path / "source"
    source.write_bytes(b"parent")
    store.ingest(source)
    child = os.fork()
    if child == 0:
        try:
            source.write_bytes(b"child")
            store.ingest(source)
            store.close()
            os._exit(0)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert open_store().collect_garbage().body_bytes == len(b"child")


def test_damaged_bindings_stop_the_collection(open_store, root, artifact, tmp_path):
    """Where a binding cannot be read its body only looks unbound: nothing is removed unless that is asked for."""
    with open_store() as store:
        (tmp_path / "source").write_bytes(b"mine")
        store.bind(artifact("two", store.ingest(tmp_path / "source")))
    (segment,) = (root / "bindings").glob("*.seg")
    segment.write_bytes(segment.read_bytes().replace(b"two.bin", b"tvo.bin"))
    store = open_store()
    with pytest.raises(IntegrityError) as caught:
        store.collect_garbage()
    assert caught.value.code == "artifact_bindings_damaged"
    assert bodies(root) == [b"mine"]
    assert store.collect_garbage(despite_damage=True).body_count == 1


def test_a_damaged_directory_list_stops_the_collection(store, root, artifact, tmp_path):
    """Where nobody knows what files a directory has, none of them is removed."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"inside")
    content = store.ingest(tmp_path / "tree")
    store.bind(artifact("tree", content))
    manifest = root / "blobs" / content.digest[7:9] / content.digest[7:]
    manifest.chmod(0o600)
    manifest.write_bytes(b"{}")
    with pytest.raises(IntegrityError):
        store.collect_garbage()
    assert b"inside" in bodies(root)


def test_a_store_for_reading_collects_nothing(open_store, store, tmp_path):
    """It counts, and refuses to remove or to let go."""
    (tmp_path / "source").write_bytes(b"x")
    store.ingest(tmp_path / "source")
    store.close()
    reader = open_store(read_only=True)
    assert reader.collect_garbage(dry_run=True).body_count == 1
    for refused in (reader.collect_garbage, lambda: reader.unbind(["artifact:a.b.c"])):
        with pytest.raises(ReadOnlyStoreError):
            refused()


def test_reservations_that_cannot_be_read_stop_the_collection(store, root, tmp_path, monkeypatch):
    """Where nobody can tell what is about to be bound, that is an error of ours and nothing is removed."""
    (tmp_path / "source").write_bytes(b"x")
    store.ingest(tmp_path / "source")

    def refuse(_layout):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("contexta_store_files.collection.read_reservations", refuse)
    for dry_run in (True, False):
        with pytest.raises(StoreAccessError) as caught:
            store.collect_garbage(dry_run=dry_run)
        assert caught.value.code == "artifact_read_failed"
    assert bodies(root) == [b"x"]


def test_nothing_to_collect_in_a_store_that_does_not_exist(store, root):
    """It is not made by asking."""
    assert store.collect_garbage().body_count == 0
    store.unbind(["artifact:a.b.c"])
    assert not root.exists()


def test_other_content_in_one_step(store, keep, artifact, tmp_path):
    """A reference is bound to other content, and every reader sees one of the two."""
    ref = keep("model", b"old")
    (tmp_path / "new").write_bytes(b"new")
    store.rebind(artifact("model", store.ingest(tmp_path / "new")))
    with store.open_body(ref) as body:
        assert body.read() == b"new"
    assert len(store.list_artifacts()) == 1
    assert store.collect_garbage().body_bytes == len(b"old")
    assert list(store.check_integrity()) == []


def test_a_failed_rebinding_leaves_the_old_one(store, keep, artifact, tmp_path, monkeypatch):
    """A write that the system refuses leaves the reference as it was."""
    ref = keep("model", b"old")
    (tmp_path / "new").write_bytes(b"new")
    content = store.ingest(tmp_path / "new")

    def refuse(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "write_all", refuse)
        with pytest.raises(Exception, match="no space is left"):
            store.rebind(artifact("model", content))
    with store.open_body(ref) as body:
        assert body.read() == b"old"
