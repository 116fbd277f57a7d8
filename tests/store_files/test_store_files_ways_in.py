"""Further ways in: adopted files, streams, directories file by file."""

from __future__ import annotations

import hashlib
import os

import pytest

from contexta.errors import (
    ArtifactError,
    IntegrityError,
    LifecycleError,
    NotFoundError,
    StorageFullError,
    ValidationError,
)
from contexta.log import filesystem
from contexta.spi.artifacts import TreeMember

LARGE = b"weights!" * 200_000


def digest_of(data):
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def body_of(root, data):
    """Return the file that holds some bytes."""
    name = digest_of(data).removeprefix("sha256:")
    return root / "blobs" / name[:2] / name


def test_an_adopted_file_is_the_body_itself(store, root, tmp_path):
    """The same inode goes into the store without a copy, nobody may write it, and the source is gone."""
    source = tmp_path / "source"
    source.write_bytes(LARGE)
    inode = source.stat().st_ino
    content = store.ingest(source, mode="adopt")
    assert (content.digest, content.size_bytes) == (digest_of(LARGE), len(LARGE))
    found = body_of(root, LARGE).stat()
    assert (found.st_ino, found.st_mode & 0o777, found.st_nlink) == (inode, 0o400, 1)
    assert not source.exists()
    assert list((root / "blobs").glob(".tmp-*")) == []


def test_adopted_files_of_a_directory(store, root, artifact, tmp_path):
    """Large files of a directory are adopted, small ones moved, and the directory is gone."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "large").write_bytes(LARGE)
    (source / "small").write_bytes(b"small")
    (source / "large").chmod(0o755)
    inode = (source / "large").stat().st_ino
    store.bind(artifact("tree", store.ingest(source, mode="adopt")))
    assert body_of(root, LARGE).stat().st_ino == inode
    assert not source.exists()
    out = store.export_body("artifact:demo.first.tree", tmp_path / "out")
    assert (out / "large").read_bytes() == LARGE
    assert os.access(out / "large", os.X_OK)


def test_a_file_with_a_second_name_is_moved(store, root, tmp_path):
    """Whoever has another name of the file could still write it, so it is copied; the other name stays."""
    source, other = tmp_path / "source", tmp_path / "other"
    source.write_bytes(LARGE)
    os.link(source, other)
    store.ingest(source, mode="adopt")
    assert body_of(root, LARGE).stat().st_ino != other.stat().st_ino
    assert (source.exists(), other.stat().st_nlink, other.stat().st_mode & 0o200) == (False, 1, 0o200)


def test_a_failed_adoption_gives_the_file_back(store, root, tmp_path, monkeypatch):
    """Where the body cannot be published the source is there as it was, and can be written."""
    source = tmp_path / "source"
    source.write_bytes(LARGE)
    source.chmod(0o640)

    def refuse(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "replace", refuse)
        with pytest.raises(StorageFullError):
            store.ingest(source, mode="adopt")
    assert (source.stat().st_mode & 0o777, source.stat().st_nlink) == (0o640, 1)
    assert source.read_bytes() == LARGE
    assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == []


def test_an_adopted_duplicate_is_removed(store, tmp_path):
    """A source whose content is in the store already goes, and the body stays one."""
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(LARGE)
        store.ingest(tmp_path / name, mode="adopt")
        assert not (tmp_path / name).exists()


def test_a_stream_becomes_a_body(store, artifact, root):
    """What is written piece by piece is one body, which does not exist before the commit."""
    ingest = store.begin_ingest()
    assert [ingest.write(LARGE[:5]), ingest.write(b""), ingest.write(LARGE[5:])] == [5, 0, len(LARGE) - 5]
    assert not body_of(root, LARGE).exists()
    content = ingest.commit(expected_digest=digest_of(LARGE), expected_size_bytes=len(LARGE))
    store.bind(artifact("model", content))
    with store.open_body("artifact:demo.first.model") as body:
        assert body.read() == LARGE
    for ended in (lambda: ingest.write(b"x"), ingest.commit):
        with pytest.raises(LifecycleError) as caught:
            ended()
        assert caught.value.code == "artifact_ingest_ended"
    ingest.abort()


@pytest.mark.parametrize("expected", [{"expected_digest": "sha256:" + "0" * 64}, {"expected_size_bytes": 4}])
def test_a_stream_that_is_not_what_was_promised(store, root, expected):
    """It is refused and nothing is kept."""
    ingest = store.begin_ingest()
    ingest.write(b"abc")
    with pytest.raises(IntegrityError) as caught:
        ingest.commit(**expected)
    assert caught.value.code == "artifact_not_as_expected"
    assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == []


def test_an_aborted_stream_leaves_nothing(store, root):
    """Aborting removes what was written; a sweep leaves a stream under way alone."""
    one, two = store.begin_ingest(), store.begin_ingest()
    one.write(b"abc")
    assert store.collect_garbage().leftover_count == 0
    one.abort()
    assert len(list((root / "blobs").iterdir())) == 1
    two.write(b"abc")
    assert two.commit().digest == digest_of(b"abc")


def test_a_stream_on_a_full_disk(store, root, monkeypatch):
    """The write that does not fit aborts the ingest and leaves no byte."""
    ingest = store.begin_ingest()
    ingest.write(b"abc")

    def refuse(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "write_all", refuse)
        with pytest.raises(StorageFullError):
            ingest.write(b"def")
    assert list((root / "blobs").iterdir()) == []
    with pytest.raises(LifecycleError):
        ingest.commit()


def members_of(store):
    """Keep two files and return a directory of them, with a link and an empty directory."""
    kept = []
    for data in (b"one", b"two"):
        ingest = store.begin_ingest()
        ingest.write(data)
        kept.append(ingest.commit())
    return [
        TreeMember("a/one", kept[0].digest, 3, executable=True),
        TreeMember("a/two", kept[1].digest, 3),
        TreeMember("empty"),
        TreeMember("link", link="a/one"),
    ]


def test_a_directory_file_by_file(store, artifact, tmp_path):
    """What is put together is what is listed, read file by file and written out."""
    members = members_of(store)
    content = store.ingest_tree(reversed(members))
    assert (content.form, content.size_bytes) == ("directory", 6)
    bound = artifact("tree", content)
    store.bind(bound)
    assert store.tree_members(bound.artifact_ref) == members
    with store.open_member(bound.artifact_ref, "a/two") as body:
        assert body.read() == b"two"
    out = store.export_body(bound.artifact_ref, tmp_path / "out")
    assert (out / "link").read_bytes() == b"one"
    assert (out / "empty").is_dir()
    assert store.ingest(out) == content


@pytest.mark.parametrize("path", ["a/three", "link", "empty", "../x", ""])
def test_a_file_that_is_not_inside(store, artifact, path):
    """Only files have bytes; any other path is not found."""
    store.bind(artifact("tree", store.ingest_tree(members_of(store))))
    with pytest.raises(NotFoundError) as caught:
        store.open_member("artifact:demo.first.tree", path)
    assert caught.value.code == "artifact_member_not_found"


@pytest.mark.parametrize(
    "wrong",
    [
        TreeMember("../out"),
        TreeMember("/etc"),
        TreeMember("a/one"),
        TreeMember("a/one/below"),
        TreeMember("l", link="../out"),
        TreeMember("l", link="/etc/passwd"),
        TreeMember("d", digest="sha256:../../x"),
        TreeMember("\ud800"),
    ],
    ids=repr,
)
def test_what_cannot_be_a_directory_is_refused(store, root, wrong):
    """A path or link that leads out, or contradicts another, is refused before anything is written."""
    members = members_of(store)
    before = sorted((root / "blobs").rglob("*"))
    with pytest.raises(ValidationError) as caught:
        store.ingest_tree([*members, wrong])
    assert caught.value.code == "artifact_invalid_tree"
    assert sorted((root / "blobs").rglob("*")) == before


def test_a_directory_of_a_file_that_is_not_there(store):
    """A digest that the store does not hold is refused."""
    with pytest.raises(NotFoundError) as caught:
        store.ingest_tree([TreeMember("a", digest_of(b"never"), 5)])
    assert caught.value.code == "artifact_body_missing"


def test_where_a_body_lies(store, keep, artifact, tmp_path):
    """A file's body can be read where it lies; a directory has no single file."""
    ref = keep("model", b"weights")
    assert store.body_path(ref).read_bytes() == b"weights"
    store.bind(artifact("tree", store.ingest_tree([])))
    with pytest.raises(ArtifactError):
        store.body_path("artifact:demo.first.tree")
    with pytest.raises(ArtifactError) as caught:
        store.tree_members(ref)
    assert caught.value.code == "artifact_is_file"
    store.body_path(ref).chmod(0o600)
    store.body_path(ref).unlink()
    with pytest.raises(NotFoundError):
        store.body_path(ref)
