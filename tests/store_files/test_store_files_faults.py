"""What must survive: killed processes, full disks, changing sources, damaged bodies, several writers at once."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from contexta.errors import ArtifactError, ConflictError, IntegrityError, NotFoundError, StorageFullError
from contexta.log import filesystem
from contexta.spi.artifacts import ArtifactContent
from contexta.spi.context import OpenContext
from contexta_store_files import copying
from contexta_store_files.backend import open_backend

MIB = 1_048_576


def temporaries(root):
    """List the temporary files of a store."""
    return sorted((root / "blobs").glob(".tmp-*"))


def kept_files(root):
    """List the files of a store that hold something: the lock between reserving and collecting never does."""
    return [path for path in root.rglob("*") if path.is_file() and path.name != ".collection.lock"]


def body_of(root, data):
    """Return the file that holds some bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return root / "blobs" / digest[:2] / digest


@contextmanager
def program(text, *arguments):
    """Run a program beside the test; it is ended and reaped whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


INGEST = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend
store = open_backend(OpenContext(root=Path(sys.argv[1])), None)
print("ready", flush=True)
print(store.ingest(Path(sys.argv[2])).digest, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("form", ["file", "directory"])
def test_killed_ingest_leaves_nothing_partial(open_store, root, tmp_path, form):
    """SIGKILL in a 64 MiB ingest: no body appears, and the next ingest removes the remains."""
    source = tmp_path / "source"
    if form == "directory":
        source.mkdir()
    large = source / "large" if form == "directory" else source
    with large.open("wb") as stream:
        for number in range(64):
            stream.write(number.to_bytes(4, "big") * (MIB // 4))
    killed_at_work = False
    with open_store() as store:
        for _ in range(10):
            with program(INGEST, root, source) as process:
                process.stdout.readline()
                deadline = time.monotonic() + 20
                while not killed_at_work and time.monotonic() < deadline and process.poll() is None:
                    killed_at_work = any(path.stat().st_size > MIB for path in _still(temporaries(root)))
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            if temporaries(root):
                break
        assert temporaries(root)
        assert [finding.code for finding in store.check_integrity()] == ["artifact_leftover"] * len(
            temporaries(root)
        )
        (tmp_path / "next").write_bytes(b"next")
        store.ingest(tmp_path / "next")
        assert temporaries(root) == []
        assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == [body_of(root, b"next")]


def _still(paths):
    """Leave out what was renamed or removed since it was listed."""
    return [path for path in paths if path.exists()]


def test_ingest_under_way_is_not_taken_for_a_leftover(open_store, root, tmp_path, monkeypatch):
    """While one process is in the middle of an ingest, another one's sweep leaves its files alone."""
    (tmp_path / "large").write_bytes(b"x" * (3 * MIB))
    (tmp_path / "small").write_bytes(b"y")
    seen = []
    inner = copying.copy_and_hash

    def pause(source, target):
        with program(INGEST, root, tmp_path / "small") as process:
            assert len(process.stdout.readlines()) == 2
            seen.extend(temporaries(root))
        return inner(source, target)

    monkeypatch.setattr("contexta_store_files.keeping.copy_and_hash", pause)
    store = open_store()
    content = store.ingest(tmp_path / "large")
    assert len(seen) == 1
    assert body_of(root, b"x" * (3 * MIB)).stat().st_size == content.size_bytes
    assert temporaries(root) == []


BIND = """
import sys
from pathlib import Path
from contexta.errors import ConflictError
from contexta.spi.artifacts import BoundArtifact
from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend
root, own, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open_backend(OpenContext(root=root, durability="flush"), None) as store:
    source = root.parent / f"source-{own}"
    source.parent.mkdir(parents=True, exist_ok=True)
    print("ready", flush=True)
    sys.stdin.readline()
    won = []
    for number in range(count):
        source.write_text(f"{own} {number}")
        content = store.ingest(source)
        store.bind(BoundArtifact(f"artifact:p.r.{own}-{number}", {"run_ref": "run:p.r"}, content))
        try:
            store.bind(BoundArtifact(f"artifact:p.r.shared-{number}", {"run_ref": "run:p.r"}, content))
            won.append(number)
        except ConflictError:
            pass
print(*won, flush=True)
"""


def test_processes_share_a_store_and_agree(open_store, root):
    """Of processes that bind one reference at the same time exactly one is acknowledged, and everyone sees that one."""
    count = 40
    with program(BIND, root, "a", count) as first, program(BIND, root, "b", count) as second:
        for process in (first, second):
            process.stdout.readline()
        for process in (first, second):
            process.stdin.write("\n")
            process.stdin.flush()
        won = {
            name: set(map(int, process.stdout.readline().split()))
            for name, process in (("a", first), ("b", second))
        }
    assert won["a"] & won["b"] == set()
    assert won["a"] | won["b"] == set(range(count))
    store = open_store(read_only=True)
    assert len(store.list_artifacts(run_ref="run:p.r")) == 3 * count
    for name, numbers in won.items():
        for number in numbers:
            with store.open_body(f"artifact:p.r.shared-{number}") as body:
                assert body.read() == f"{name} {number}".encode()
    assert list(store.check_integrity()) == []


def test_without_the_lock_the_first_binding_by_clock_holds(open_store, root, artifact, monkeypatch):
    """Where no lock can be had, all readers keep the same binding and the check names the other."""

    @contextmanager
    def no_lock(path):
        yield False

    monkeypatch.setattr("contexta_store_files.bindings.exclusive", no_lock)
    contents = [ArtifactContent("sha256:" + digit * 64, 1) for digit in "12"]
    stores = [open_store(), open_store()]
    # Neither looks at the journal between its first look and its line.
    for store in stores:
        monkeypatch.setattr(store._bindings._view, "refresh", lambda: None)
    for store, content in zip(stores, contents, strict=True):
        store.bind(artifact("model", content))
    reader = open_store(read_only=True)
    assert reader.find("artifact:demo.first.model").content == contents[0]
    conflict = next(found for found in reader.check_integrity() if found.code == "artifact_binding_conflict")
    assert conflict.ref == "artifact:demo.first.model"
    assert contents[1].digest in conflict.message


def test_late_loser_of_a_race_is_told(open_store, artifact, monkeypatch):
    """Without the lock, a binding that turns out to be the second is not acknowledged."""
    first, second = open_store(), open_store()

    @contextmanager
    def other_binds_meanwhile(path):
        monkeypatch.undo()
        first.bind(artifact("model", ArtifactContent("sha256:" + "1" * 64, 1)))
        yield False

    monkeypatch.setattr("contexta_store_files.bindings.exclusive", other_binds_meanwhile)
    with pytest.raises(ConflictError):
        second.bind(artifact("model", ArtifactContent("sha256:" + "2" * 64, 1)))


def test_threads_share_one_opening(store, artifact, tmp_path):
    """Threads ingest and bind through one store at once, and nothing is lost."""
    failures = []

    def work(number):
        try:
            source = tmp_path / f"source-{number}"
            for turn in range(10):
                source.write_text(f"{number} {turn}")
                store.bind(artifact(f"a{number}-{turn}", store.ingest(source)))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.list_artifacts()) == 40
    assert list(store.check_integrity()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_store_survives_a_fork(store, keep, artifact, tmp_path):
    """A forked child writes through the same object, and parent and child see each other's bindings."""
    keep("before", b"1")
    (tmp_path / "child").write_bytes(b"2")
    child = os.fork()
    if child == 0:
        try:
            store.bind(artifact("child", store.ingest(tmp_path / "child")))
            os._exit(0 if len(store.list_artifacts()) == 2 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    keep("after", b"3")
    assert [bound.artifact_ref.rsplit(".")[-1] for bound in store.list_artifacts()] == [
        "before",
        "child",
        "after",
    ]


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 4 MiB, where the system allows it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system needs root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("form", ["file", "directory"])
def test_full_disk_leaves_nothing_behind(small_disk, artifact, tmp_path, form):
    """A body that does not fit is a typed error, leaves no byte, and the store goes on with what fits."""
    source = tmp_path / "source"
    if form == "directory":
        source.mkdir()
        for number in range(8):
            (source / f"part-{number}").write_bytes(bytes([number]) * (MIB - 7))
    else:
        source.write_bytes(b"x" * (6 * MIB))
    (tmp_path / "small").write_bytes(b"fits")
    with open_backend(OpenContext(root=small_disk / "artifacts"), None) as store:
        bound = artifact("small", store.ingest(tmp_path / "small"))
        store.bind(bound)
        used = os.statvfs(small_disk).f_bfree
        with pytest.raises(StorageFullError) as caught:
            store.ingest(source, mode="move")
        assert caught.value.retryable
        assert os.statvfs(small_disk).f_bfree == used
        assert source.exists()
        with store.open_body(bound.artifact_ref) as body:
            assert body.read() == b"fits"
        (tmp_path / "other").write_bytes(b"fits too")
        store.bind(artifact("other", store.ingest(tmp_path / "other")))
        assert list(store.check_integrity()) == []


def test_full_disk_at_the_destination_leaves_nothing_there(small_disk, store, keep):
    """An export that does not fit removes what it wrote."""
    ref = keep("large", b"x" * (6 * MIB))
    with pytest.raises(StorageFullError):
        store.export_body(ref, small_disk / "out")
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("function", ["write_all", "sync_file", "replace", "create_file"])
@pytest.mark.parametrize("size", [10, 2 * MIB])
def test_failing_system_call_leaves_nothing(open_store, root, tmp_path, monkeypatch, function, size):
    """One failing call on the way is an error, leaves no file, and the next attempt works."""
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    source = tmp_path / "source"
    source.write_bytes(b"x" * size)
    store = open_store(durability="fsync")

    def refuse(*_arguments):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(filesystem, function, refuse)
        with pytest.raises(Exception, match="Input/output error") as caught:
            store.ingest(source)
    assert caught.value.code == "artifact_write_failed"
    assert kept_files(root) == []
    assert store.ingest(source).size_bytes == size


def test_source_that_keeps_changing_is_refused(open_store, root, tmp_path, monkeypatch):
    """A source that is written during every attempt is an error that says so; the store stays clean."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * (2 * MIB))
    inner = copying.copy_and_hash
    attempts = []

    def write_meanwhile(*descriptors):
        attempts.append(1)
        with source.open("ab") as stream:
            stream.write(b"more")
        return inner(*descriptors)

    monkeypatch.setattr("contexta_store_files.keeping.copy_and_hash", write_meanwhile)
    with pytest.raises(ArtifactError) as caught:
        open_store().ingest(source, mode="move")
    assert caught.value.code == "artifact_source_changed"
    assert caught.value.retryable
    assert len(attempts) == 3
    assert source.exists()
    assert kept_files(root) == []


def test_source_that_changed_once_is_read_again(open_store, tmp_path, root, monkeypatch):
    """One write in the middle costs one more attempt, and what is kept is the whole new content."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * (2 * MIB))
    inner = copying.copy_and_hash
    attempts = []

    def write_once(*descriptors):
        result = inner(*descriptors)
        attempts.append(1)
        if len(attempts) == 1:
            source.write_bytes(b"y" * (2 * MIB + 5))
        return result

    monkeypatch.setattr("contexta_store_files.keeping.copy_and_hash", write_once)
    content = open_store().ingest(source)
    assert content.size_bytes == 2 * MIB + 5
    assert body_of(root, b"y" * (2 * MIB + 5)).read_bytes() == b"y" * (2 * MIB + 5)


def test_directory_that_changes_is_refused(open_store, root, tmp_path, monkeypatch):
    """A file that appears while a directory is read makes the whole ingest an error."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "large").write_bytes(b"x" * (2 * MIB))
    inner = copying.copy_and_hash

    def add_file(*descriptors):
        (source / "new").write_bytes(b"")
        return inner(*descriptors)

    monkeypatch.setattr("contexta_store_files.keeping.copy_and_hash", add_file)
    with pytest.raises(ArtifactError) as caught:
        open_store().ingest(source)
    assert caught.value.code == "artifact_source_changed"
    assert kept_files(root) == []


@pytest.mark.parametrize("missing", ["copy_file_range", "preadv"])
def test_copy_without_the_quick_ways_is_the_same(tmp_path, monkeypatch, missing):
    """Where the kernel cannot copy between files, or no thread can follow, bytes and digest are the same."""
    data = bytes(range(251)) * 40_000
    monkeypatch.delattr(os, missing, raising=False)
    (tmp_path / "source").write_bytes(data)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("w+b") as target:
        assert copying.copy_and_hash(source.fileno(), target.fileno()) == (
            hashlib.sha256(data).hexdigest(),
            len(data),
        )
    assert (tmp_path / "target").read_bytes() == data


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_body_spoils_only_its_artifact(store, keep, root, tmp_path, damage):
    """A changed or missing body is found by `verify`, and lists, finds and other artifacts go on."""
    ref, other = keep("bad", b"some weights"), keep("good", b"other weights")
    body = body_of(root, b"some weights")
    body.chmod(0o600)
    if damage == "remove":
        body.unlink()
    else:
        body.write_bytes(b"Some weights" if damage == "flip" else b"some")
    code = "artifact_body_missing" if damage == "remove" else "artifact_digest_mismatch"
    finding = store.verify(ref)
    assert (finding.code, finding.severity, finding.ref) == (code, "error", ref)
    assert finding.location == body.relative_to(root).as_posix()
    assert list(store.check_integrity()) == [finding]
    assert store.verify(other) is None
    assert store.find(ref).artifact_ref == ref
    assert len(store.list_artifacts()) == 2
    with pytest.raises(NotFoundError if damage == "remove" else IntegrityError) as caught:
        store.export_body(ref, tmp_path / "out")
    assert caught.value.code == code
    assert store.export_body(other, tmp_path / "out").read_bytes() == b"other weights"


def test_damaged_journal_line_spoils_only_its_artifact(open_store, artifact, root):
    """A flipped byte in one binding is reported with its place, and the others stay."""
    with open_store() as store:
        for name in ("one", "two", "three"):
            store.bind(artifact(name))
    (segment,) = (root / "bindings").glob("*.seg")
    segment.write_bytes(segment.read_bytes().replace(b"two.bin", b"tvo.bin"))
    store = open_store(read_only=True)
    assert [bound.source_name for bound in store.list_artifacts()] == ["one.bin", "three.bin"]
    findings = list(store.check_integrity())
    assert "checksum" in {finding.code for finding in findings}
    assert all(finding.location.startswith(f"bindings/{segment.stem}") for finding in findings)


def test_what_belongs_to_nobody_is_reported(store, root, tmp_path):
    """An unbound body and a foreign file are untidy: a warning each, with its place."""
    (tmp_path / "source").write_bytes(b"x")
    store.ingest(tmp_path / "source")
    (root / "blobs" / "notes.txt").write_text("mine")
    findings = {finding.code: finding for finding in store.check_integrity()}
    assert set(findings) == {"artifact_body_unbound", "artifact_unexpected_file"}
    assert {finding.severity for finding in findings.values()} == {"warning"}
    assert findings["artifact_unexpected_file"].location == "blobs/notes.txt"


def test_a_digest_that_was_not_finished_is_never_used(open_store, root, tmp_path, monkeypatch):
    """Whatever ends the thread that hashes beside the copy ends the ingest too: half a digest names nothing."""
    source = tmp_path / "source"
    source.write_bytes(bytes(3_000_000))

    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(os, "preadv", no_memory)
    with pytest.raises(MemoryError):
        open_store().ingest(source)
    assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == []
