"""`kill -9` in the middle of putting 64 MB, and a full disk under it: nothing partial, nothing left, the retry works."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time

import pytest

from contexta.config import ArtifactStoreConfig
from contexta.contract import ArtifactManifest
from contexta.errors import StorageFullError
from contexta.store.artifacts import ArtifactStore

SIZE = 64 * 1_048_576

PUTTING = """
from contexta.config import ArtifactStoreConfig
from contexta.contract import ArtifactManifest
from contexta.store.artifacts import ArtifactStore
store = ArtifactStore(ArtifactStoreConfig(root_path=sys.argv[1]))
manifest = ArtifactManifest(artifact_ref="artifact:p.r.large", artifact_kind="model", created_at="2024-01-01T00:00:00Z",
    producer_ref="sdk.python.local", run_ref="run:p.r", location_ref="path:x")
say("begin")
store.put_artifact(manifest, sys.argv[2], mode=sys.argv[3])
say("done")
time.sleep(60)
"""


def manifest(name):
    """Build a manifest."""
    return ArtifactManifest(
        artifact_ref=f"artifact:p.r.{name}",
        artifact_kind="model",
        created_at="2024-01-01T00:00:00Z",
        producer_ref="sdk.python.local",
        run_ref="run:p.r",
        location_ref="path:x",
    )


def stored_bytes(root):
    """Count the bytes below a directory."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Make a file of 64 MB."""
    path = tmp_path_factory.mktemp("large") / "large"
    block = random.Random(0).randbytes(1_048_576)
    with path.open("wb") as file:
        for number in range(SIZE // len(block)):
            file.write(number.to_bytes(8, "big") + block[8:])
    return path


TRIALS = [pytest.param(seed, marks=[] if seed < 2 else pytest.mark.campaign) for seed in range(20)]


@pytest.mark.parametrize("mode", ["copy", "move", "adopt"])
@pytest.mark.parametrize("seed", TRIALS)
def test_killed_while_putting(start, large, tmp_path, seed, mode):
    """Killed at a random moment, there is the whole artifact or none; leftovers go with the next put; the content is somewhere."""
    source = tmp_path / "source"
    source.write_bytes(large.read_bytes())
    root = tmp_path / "store"
    process = start(PUTTING, source, mode, where=root)
    assert process.stdout.readline() == "begin\n"
    time.sleep(random.Random(seed).uniform(0, 0.25))
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    with ArtifactStore(ArtifactStoreConfig(root_path=root)) as store:
        found = store.list_refs()
        assert found or rest == ""
        if found:
            assert store.verify_artifact("artifact:p.r.large").verified
        (tmp_path / "small").write_bytes(b"small")
        store.put_artifact(manifest("small"), tmp_path / "small")
        assert list((root / "blobs").glob(".tmp-*")) == []
        store.collect_garbage()
        if not found and not source.exists():
            (kept,) = root.glob("quarantine/*/*")
            assert kept.read_bytes() == large.read_bytes()
            kept.chmod(0o600)
            kept.rename(source)
        if source.exists():
            store.put_artifact(manifest("large"), source, mode=mode)
        assert store.verify_all().ok
        assert stored_bytes(root / "blobs") == SIZE + len(b"small")
        assert store.check_integrity().ok or found


ROUNDS = [pytest.param(number, marks=[] if number < 2 else pytest.mark.campaign) for number in range(10)]


@pytest.mark.parametrize("turn", ROUNDS)
@pytest.mark.parametrize("what", ["put", "move", "stream", "tree", "export", "import"])
def test_on_a_full_disk(small_disk, tmp_path, turn, what):
    """A put, an export or an import that does not fit: a typed error, not a byte left, nothing listed, and the retry works."""
    data = random.Random(turn).randbytes(1_500_000 + turn * 10_000)
    source = tmp_path / "source"
    source.write_bytes(data)
    (tmp_path / "tree").mkdir()
    for number in range(3):
        (tmp_path / "tree" / str(number)).write_bytes(data[number * 400_000 :][:450_000])
    root = small_disk / "store"
    origin = tmp_path / "origin"
    with ArtifactStore(ArtifactStoreConfig(root_path=origin)) as store:
        store.put_artifact(manifest("large"), source)
        package = store.export_artifact("artifact:p.r.large", export_root=tmp_path).package_path
        with ArtifactStore(ArtifactStoreConfig(root_path=root)) as full:
            (tmp_path / "small").write_bytes(b"small")
            full.put_artifact(manifest("small"), tmp_path / "small")
            act = action(what, full, store, tmp_path, small_disk, package)
            ballast = small_disk / "ballast"
            space = os.statvfs(small_disk)
            ballast.write_bytes(bytes(space.f_bavail * space.f_frsize - 700_000 - 4_096 * turn))
            free = os.statvfs(small_disk).f_bfree
            with pytest.raises(StorageFullError) as caught:
                act()
            assert caught.value.retryable
            assert os.statvfs(small_disk).f_bfree == free
            assert full.list_refs() == ["artifact:p.r.small"]
            assert full.read_artifact_bytes("artifact:p.r.small") == b"small"
            assert source.exists()
            assert full.check_integrity().ok
            ballast.unlink()
            act()
            assert full.verify_all().ok
            if what not in {"export", "tree"}:
                body = full.read_artifact_bytes("artifact:p.r.large")
                assert hashlib.sha256(body).digest() == hashlib.sha256(data).digest()


def action(what, full, store, tmp_path, small_disk, package):
    """Return what is tried on the full disk."""

    def stream():
        with (tmp_path / "source").open("rb") as file:
            full.put_artifact_from_stream(manifest("large"), file, source_name="stream")

    return {
        "put": lambda: full.put_artifact(manifest("large"), tmp_path / "source"),
        "move": lambda: full.put_artifact(manifest("large"), tmp_path / "source", mode="move"),
        "stream": stream,
        "tree": lambda: full.put_artifact(manifest("tree"), tmp_path / "tree"),
        "export": lambda: store.export_artifact(
            "artifact:p.r.large", export_root=small_disk / "out", archive="tar"
        ),
        "import": lambda: full.import_export_package(package),
    }[what]
