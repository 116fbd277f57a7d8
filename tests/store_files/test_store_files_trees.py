"""Directories as artifacts: exact, addressed by content, and closed to the outside."""

from __future__ import annotations

import hashlib
import json
import os
import sys

import pytest

from contexta.errors import ArtifactError, IntegrityError
from contexta_store_files.sources import stays_inside
from contexta_store_files.tree import decode_tree


@pytest.fixture
def source(tmp_path):
    """Give a directory with all that one can hold."""
    top = tmp_path / "checkpoint"
    (top / "deep" / "deeper").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "weights.bin").write_bytes(b"w" * 100)
    (top / "deep" / "weights copy.bin").write_bytes(b"w" * 100)
    (top / "deep" / "deeper" / "große.txt").write_text("ß", encoding="utf-8")
    (top / "run.sh").write_bytes(b"#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "deep" / "latest").symlink_to("../weights.bin")
    return top


def test_directory_comes_back_exactly(store, artifact, source, tmp_path):
    """Files, the executable bit, empty directories and links inside come back; equal files are kept once."""
    content = store.ingest(source)
    bound = artifact("checkpoint", content)
    store.bind(bound)
    out = store.export_body(bound.artifact_ref, tmp_path / "out")
    assert content.form == "directory"
    assert content.size_bytes == 100 + 100 + 2 + 10
    names = sorted(str(path.relative_to(source)) for path in source.rglob("*"))
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*")) == names
    assert (out / "deep" / "deeper" / "große.txt").read_text(encoding="utf-8") == "ß"
    assert str((out / "deep" / "latest").readlink()) == "../weights.bin"
    assert os.access(out / "run.sh", os.X_OK)
    assert not (out / "weights.bin").stat().st_mode & 0o111
    assert list(store.check_integrity()) == []
    with pytest.raises(ArtifactError) as caught:
        store.open_body(bound.artifact_ref)
    assert caught.value.code == "artifact_is_directory"


def test_manifest_is_canonical_json(store, tmp_path, root):
    """The digest of a directory is that of a text that anybody can write down."""
    top = tmp_path / "tree"
    (top / "b").mkdir(parents=True)
    (top / "b" / "x").write_bytes(b"1")
    (top / "a").write_bytes(b"22")
    text = json.dumps(
        {
            "entries": [
                {"digest": "sha256:" + hashlib.sha256(b"22").hexdigest(), "path": "a", "size": 2},
                {"digest": "sha256:" + hashlib.sha256(b"1").hexdigest(), "path": "b/x", "size": 1},
            ],
            "format": "contexta.tree",
            "version": 1,
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    assert store.ingest(top).digest == "sha256:" + hashlib.sha256(text).hexdigest()


def test_equal_directories_have_equal_digests(store, source, tmp_path):
    """Where a directory lies and when it was written does not change its digest; a byte does."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(source, copy, symlinks=True)
    assert store.ingest(copy) == store.ingest(source)
    (copy / "empty" / "new").write_bytes(b"")
    assert store.ingest(copy) != store.ingest(source)


@pytest.mark.parametrize(
    "target", ["/etc/hostname", "../outside", "deep/../../outside", "deep/deeper/../../../x"]
)
def test_link_that_leads_out_is_refused(store, source, root, target):
    """A link to the outside is refused by name, is not followed, and leaves nothing in the store."""
    (source / "trap").symlink_to(target)
    with pytest.raises(ArtifactError) as caught:
        store.ingest(source)
    assert caught.value.code == "artifact_link_leads_out"
    assert "trap" in caught.value.message
    assert not [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        ("a", "b", True),
        ("d/a", "../b/c", True),
        ("d/e/a", "../../b", True),
        ("d/a", "../../b", False),
        ("a", "b/../c", False),
        ("a", "..", False),
        ("a", "", False),
    ],
)
def test_going_up_is_allowed_only_at_the_start(path, target, inside):
    """Behind a name that may itself be a link, `..` could lead anywhere, so it is refused there."""
    assert stays_inside(path, target) is inside


def test_move_removes_exactly_what_was_taken_in(store, source):
    """A moved directory is gone; nothing beside it is touched."""
    store.ingest(source, mode="move")
    assert not source.exists()
    assert source.parent.is_dir()


def test_damaged_member_spoils_its_directory_only(store, keep, artifact, source, root, tmp_path):
    """A changed file inside is found by its path; other artifacts stay whole; the export refuses."""
    bound = artifact("checkpoint", store.ingest(source))
    store.bind(bound)
    other = keep("other", b"whole")
    digest = hashlib.sha256("ß".encode()).hexdigest()
    body = root / "blobs" / digest[:2] / digest
    body.chmod(0o600)
    body.write_bytes(b"x")
    finding = store.verify(bound.artifact_ref)
    assert (finding.code, finding.ref) == ("artifact_digest_mismatch", bound.artifact_ref)
    assert "deep/deeper/große.txt" in finding.message
    assert finding.location == f"blobs/{digest[:2]}/{digest}"
    assert store.verify(other) is None
    with pytest.raises(IntegrityError):
        store.export_body(bound.artifact_ref, tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if path.name == "out" or path.name.startswith(".tmp")]


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names themselves")
def test_name_that_is_no_text_is_refused(store, source):
    """A file name whose bytes are no Unicode cannot be recorded, and is said to be so."""
    (source / os.fsdecode(b"\xff\xfe")).write_bytes(b"")
    with pytest.raises(ArtifactError) as caught:
        store.ingest(source)
    assert caught.value.code == "artifact_name_not_unicode"


HASH = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "entries",
    [
        [{"path": "../x", "digest": HASH, "size": 1}],
        [{"path": "/x", "digest": HASH, "size": 1}],
        [{"path": "a//b", "digest": HASH, "size": 1}],
        [{"path": "", "directory": True}],
        [{"path": "x", "digest": "sha256:../../x", "size": 1}],
        [{"path": "x", "digest": HASH, "size": 1}, {"path": "x", "directory": True}],
        [{"path": "x", "link": "y"}, {"path": "x/z", "digest": HASH, "size": 1}],
        [{"path": "x", "link": "../y"}],
        [{"path": "x"}],
        [{"path": "x", "digest": HASH}],
        "none",
    ],
)
def test_hostile_manifest_is_refused(entries):
    """A tree manifest from elsewhere cannot name a place outside of its directory."""
    text = json.dumps({"entries": entries, "format": "contexta.tree", "version": 1}).encode()
    with pytest.raises(IntegrityError) as caught:
        decode_tree(text)
    assert caught.value.code == "artifact_tree_damaged"
