"""Ingesting on a file system whose files can share their blocks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend

BODY = b"".join(
    hashlib.sha256(b"%d" % i).digest() for i in range(262_144)
)  # 8 MiB that no file system compresses


@pytest.fixture
def btrfs(tmp_path):
    """Mount a small file system that can share blocks, where the tests run as root and may."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mkfs.btrfs") is None:
        pytest.skip("a file system that shares blocks needs Linux, root and btrfs-progs")
    image, place = tmp_path / "image", tmp_path / "btrfs"
    with image.open("wb") as file:
        file.truncate(128 * 1024 * 1024)
    place.mkdir()
    subprocess.run(["mkfs.btrfs", "--quiet", image], check=True, capture_output=True)
    done = subprocess.run(["mount", "-o", "loop", image, place], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount a btrfs: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def exclusive_bytes(*paths):
    """Return how many bytes belong to these files alone, as the file system itself counts."""
    done = subprocess.run(
        ["btrfs", "filesystem", "du", "--raw", *paths], check=True, capture_output=True, text=True
    )
    return [int(line.split()[1]) for line in done.stdout.splitlines()[1:]]


def test_a_copy_shares_the_blocks_of_its_source(btrfs):
    """What is copied within such a file system takes no space of its own, and has the digest of its bytes."""
    source = btrfs / "model.bin"
    source.write_bytes(BODY)
    with open_backend(OpenContext(root=btrfs / "artifacts", durability="fsync"), None) as store:
        content = store.ingest(source)
    (kept,) = (path for path in (btrfs / "artifacts").rglob("*") if path.stat().st_size == len(BODY))
    assert exclusive_bytes(source, kept) == [0, 0]
    assert content.digest == f"sha256:{hashlib.sha256(BODY).hexdigest()}"


def test_a_source_that_is_changed_later_leaves_the_artifact_as_it_was(btrfs, artifact):
    """Shared blocks are parted when the source is written: the store keeps what it hashed."""
    source = btrfs / "model.bin"
    source.write_bytes(BODY)
    with open_backend(OpenContext(root=btrfs / "artifacts", durability="fsync"), None) as store:
        bound = artifact("model", store.ingest(source))
        store.bind(bound)
        with source.open("r+b") as file:
            file.write(b"changed")
        with store.open_body(bound.artifact_ref) as body:
            assert body.read() == BODY
