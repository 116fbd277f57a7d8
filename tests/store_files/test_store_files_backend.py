"""The artifact store `files`: what is handed in comes out, once, and under one reference for ever."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.errors import (
    ArtifactError,
    ConfigurationError,
    ConflictError,
    LifecycleError,
    NotFoundError,
    ReadOnlyStoreError,
    ValidationError,
)
from contexta.plugins import KINDS
from contexta.spi.artifacts import ArtifactContent, BoundArtifact
from contexta.spi.context import OpenContext
from contexta_store_files import plugin
from contexta_store_files.backend import open_backend

LARGE = bytes(range(256)) * 12_000  # three times the size up to which a source is read in one piece


def digest_of(data):
    """Work out a digest independently."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def files_below(directory):
    """List all files below a directory, relative to it."""
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*") if path.is_file())


@pytest.mark.parametrize("durability", ["fsync", "flush", "interval"])
@pytest.mark.parametrize("data", [b"", b"weights", LARGE], ids=["empty", "small", "large"])
def test_file_comes_back_as_it_was(open_store, artifact, tmp_path, data, durability):
    """A body is what was handed in, under its digest, in every mode and from another opening."""
    source = tmp_path / "model.bin"
    source.write_bytes(data)
    with open_store(durability=durability) as store:
        content = store.ingest(source)
        store.bind(artifact("model", content))
    assert content == ArtifactContent(digest_of(data), len(data), "file")
    assert source.read_bytes() == data
    store = open_store(read_only=True)
    with store.open_body("artifact:demo.first.model") as body:
        assert body.read() == data
    exported = store.export_body("artifact:demo.first.model", tmp_path / "out.bin")
    assert exported.read_bytes() == data
    assert store.verify("artifact:demo.first.model") is None
    assert list(store.check_integrity()) == []


def test_binding_comes_back_as_it_was(store, open_store, keep):
    """Reference, manifest, content and source name are those that were bound, for every reader at once."""
    reader = open_store(read_only=True)
    assert reader.find("artifact:demo.first.model") is None
    ref = keep("model", b"weights")
    for each in (store, reader):
        found = each.find(ref)
        assert found.artifact_ref == ref
        assert found.manifest["run_ref"] == "run:demo.first"
        assert found.content == ArtifactContent(digest_of(b"weights"), 7, "file")
        assert found.source_name == "model.bin"
        assert found.bound_at.endswith("Z")
    found.manifest["run_ref"] = "changed by a caller"
    assert reader.find(ref).manifest["run_ref"] == "run:demo.first"


def test_unicode_names_live_in_the_record_only(store, open_store, tmp_path, root):
    """A reference and a name of any script come back, and none of it becomes a path."""
    source = tmp_path / "模型 ñ 🎉.bin"
    source.write_bytes(b"x")
    ref = "artifact:проект.run.../../../etc/passwd"
    store.bind(BoundArtifact(ref, {"attributes": {"名": "値"}}, store.ingest(source), source.name))
    found = open_store(read_only=True).find(ref)
    assert (found.source_name, found.manifest) == (source.name, {"attributes": {"名": "値"}})
    assert not [path for path in root.rglob("*") if "passwd" in path.name or not path.name.isascii()]


def test_list_is_in_the_order_of_binding_and_by_run(store, keep, artifact):
    """All artifacts, or those of one run, come in the order in which they were bound."""
    keep("b", b"1")
    store.bind(artifact("other", run="run:demo.second"))
    keep("a", b"2")
    assert [bound.artifact_ref for bound in store.list_artifacts()] == [
        "artifact:demo.first.b",
        "artifact:demo.second.other",
        "artifact:demo.first.a",
    ]
    assert [bound.artifact_ref for bound in store.list_artifacts(run_ref="run:demo.first")] == [
        "artifact:demo.first.b",
        "artifact:demo.first.a",
    ]
    assert list(store.list_artifacts(run_ref="run:demo.none")) == []


@pytest.mark.parametrize("data", [b"same", LARGE], ids=["small", "large"])
def test_equal_content_is_kept_once(store, keep, root, data):
    """Two artifacts with the same bytes share one file."""
    keep("one", data)
    keep("two", data)
    assert len(files_below(root / "blobs")) == 1


@pytest.mark.parametrize("data", [b"good", LARGE], ids=["small", "large"])
def test_damaged_body_is_mended_by_the_same_content(store, keep, root, data):
    """Registering the original again brings a damaged body back, also one that kept its size."""
    ref = keep("one", data)
    path = next(path for path in (root / "blobs").rglob("*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(b"evil" + data[4:])
    assert store.verify(ref).code == "artifact_digest_mismatch"
    keep("two", data)
    assert store.verify(ref) is None


@pytest.mark.parametrize("data", [b"good", LARGE], ids=["small", "large"])
def test_moved_content_is_kept_where_the_known_body_is_damaged(store, root, tmp_path, data):
    """A source that is moved in is gone afterwards, so a damaged body with its name must not stand for it."""
    source = tmp_path / "weights.bin"
    source.write_bytes(data)
    content = store.ingest(source)
    path = next(path for path in (root / "blobs").rglob("*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(b"evil" + data[4:])
    assert store.ingest(source, mode="move") == content
    assert not source.exists()
    assert path.read_bytes() == data


def test_binding_again_changes_nothing(store, keep, artifact, root):
    """The same content under the same reference writes no second line, whatever the rest says."""
    ref = keep("model", b"weights")
    before = [path.read_bytes() for path in (root / "bindings").glob("*.open")]
    store.bind(artifact("model", store.find(ref).content, note="second"))
    store.bind(artifact("model"))
    assert [path.read_bytes() for path in (root / "bindings").glob("*.open")] == before


def test_other_content_is_a_conflict_for_every_writer(store, open_store, keep, artifact):
    """A reference that is bound to one body is refused for another, in this opening and in the next."""
    keep("model", b"first")
    other = artifact("model", ArtifactContent(digest_of(b"second"), 6))
    for writer in (store, open_store()):
        with pytest.raises(ConflictError) as caught:
            writer.bind(other)
        assert caught.value.code == "artifact_binding_conflict"
    assert store.find("artifact:demo.first.model").content.digest == digest_of(b"first")


def test_pending_artifact_gets_its_body_later(store, keep, artifact, tmp_path):
    """An artifact that was registered before it existed is listed, has no body, and takes one."""
    ref = artifact("late").artifact_ref
    store.bind(artifact("late"))
    assert store.find(ref).content is None
    assert store.verify(ref) is None
    with pytest.raises(NotFoundError) as caught:
        store.open_body(ref)
    assert caught.value.code == "artifact_body_missing"
    keep("late", b"now")
    assert store.find(ref).content.digest == digest_of(b"now")
    assert len(store.list_artifacts()) == 1


def test_move_removes_the_source_only_after_it_is_kept(store, tmp_path):
    """`move` leaves no source, keeps the body, and takes a link without what it points to."""
    source = tmp_path / "model.bin"
    source.write_bytes(b"weights")
    link = tmp_path / "latest"
    link.symlink_to(source)
    assert store.ingest(link, mode="move").digest == digest_of(b"weights")
    assert source.exists()
    assert not link.is_symlink()
    assert store.ingest(source, mode="move").digest == digest_of(b"weights")
    assert not source.exists()


@pytest.mark.parametrize(
    ("make", "error", "code"),
    [
        (lambda path: None, NotFoundError, "artifact_source_missing"),
        (os.mkfifo, ArtifactError, "artifact_source_unsupported"),
    ],
    ids=["missing", "pipe"],
)
def test_source_of_another_kind_is_refused(store, tmp_path, root, make, error, code):
    """What is no file and no directory is refused with its reason, and nothing is created."""
    make(tmp_path / "source")
    with pytest.raises(error) as caught:
        store.ingest(tmp_path / "source")
    assert caught.value.code == code
    assert not root.exists()


def test_store_does_not_take_itself(store, keep, root):
    """A directory that holds the store, and a body of it, are refused as sources."""
    keep("model", b"x")
    body = next(path for path in (root / "blobs").rglob("*") if path.is_file())
    for source in (root.parent, body):
        with pytest.raises(ArtifactError) as caught:
            store.ingest(source, mode="move")
        assert caught.value.code == "artifact_source_overlaps_store"


def test_unknown_reference_is_said_to_be_unknown(store, tmp_path):
    """What is not bound is None for `find` and an error everywhere else."""
    assert store.find("artifact:demo.first.none") is None
    for ask in (store.open_body, store.verify, lambda ref: store.export_body(ref, tmp_path / "out")):
        with pytest.raises(NotFoundError) as caught:
            ask("artifact:demo.first.none")
        assert caught.value.code == "artifact_not_found"


def test_export_never_overwrites(store, keep, tmp_path):
    """A destination that exists, even as a dangling link, is refused; so is one without a directory."""
    ref = keep("model", b"weights")
    taken = tmp_path / "taken"
    taken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConflictError) as caught:
        store.export_body(ref, taken)
    assert caught.value.code == "artifact_destination_exists"
    with pytest.raises(NotFoundError) as missing:
        store.export_body(ref, tmp_path / "no" / "such")
    assert missing.value.code == "artifact_destination_missing"


def test_invalid_bindings_are_refused(store, artifact):
    """A digest that is none, a blank reference and a manifest that is no JSON are not written."""
    with pytest.raises(ValidationError) as digest:
        store.bind(artifact("x", ArtifactContent("sha256:../../etc", 1)))
    assert digest.value.code == "artifact_invalid_content"
    with pytest.raises(ValidationError) as blank:
        store.bind(BoundArtifact(" ", {}, None))
    assert blank.value.code == "artifact_invalid_ref"
    with pytest.raises(ValidationError):
        store.bind(BoundArtifact("artifact:a.b.c", {"x": float("nan")}, None))
    with pytest.raises(ValidationError) as mode:
        store.ingest(Path("x"), mode="borrow")
    assert mode.value.code == "artifact_invalid_ingest_mode"
    assert list(store.list_artifacts()) == []


def test_everything_belongs_to_its_owner_alone(open_store, artifact, tmp_path, root):
    """Directories are 0700, bodies 0400 and journals 0600, whatever the umask."""
    before = os.umask(0o000)
    try:
        with open_store(durability="fsync") as store:
            (tmp_path / "tree").mkdir()
            (tmp_path / "tree" / "file").write_bytes(b"x")
            store.bind(artifact("tree", store.ingest(tmp_path / "tree")))
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_dir()}
    assert modes | {stat.S_IMODE(root.stat().st_mode)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / "blobs").rglob("*") if path.is_file()} == {
        0o400
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / "bindings").iterdir()} == {0o600}


def test_read_only_store_creates_nothing(open_store, root, artifact, tmp_path):
    """A missing directory reads as empty and stays missing; every write says why it is refused."""
    store = open_store(read_only=True)
    assert list(store.list_artifacts()) == []
    assert store.find("artifact:demo.first.model") is None
    assert list(store.check_integrity()) == []
    (tmp_path / "source").write_bytes(b"x")
    for write in (lambda: store.ingest(tmp_path / "source"), lambda: store.bind(artifact("x"))):
        with pytest.raises(ReadOnlyStoreError) as caught:
            write()
        assert caught.value.code == "artifact_store_read_only"
    assert not root.exists()


def test_opening_creates_nothing(open_store, root):
    """A store that is opened for writing and not written leaves no trace."""
    with open_store() as store:
        assert list(store.list_artifacts()) == []
    assert not root.exists()


def test_closed_store_says_so(open_store):
    """Closing twice is harmless, and a closed store refuses with a clear error."""
    store = open_store()
    store.close()
    store.close()
    with pytest.raises(LifecycleError) as caught:
        store.list_artifacts()
    assert caught.value.code == "artifact_store_closed"


def test_unknown_durability_is_a_configuration_error(root):
    """A word that is no durability is named, with those that are."""
    with pytest.raises(ConfigurationError) as caught:
        open_backend(OpenContext(root=root, durability="later"), None)
    assert caught.value.code == "invalid_durability"


def test_plugin_offers_the_store(root):
    """The descriptor names the store and leads to its factory."""
    assert KINDS["artifact_store"].hook == plugin.contexta_artifact_stores.__name__
    (provider,) = plugin.contexta_artifact_stores()
    assert provider.name == "files"
    with provider.create(OpenContext(root=root)) as store:
        assert list(store.list_artifacts()) == []


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) < 200
)


@settings(max_examples=40)
@given(tree=st.dictionaries(NAMES, st.binary(max_size=40), max_size=6))
def test_any_directory_comes_back_as_it_was(tmp_path_factory, tree):
    """Whatever its names and contents, a directory is exported as it was taken in."""
    place = tmp_path_factory.mktemp("tree")
    source = place / "source"
    source.mkdir()
    for name, data in tree.items():
        (source / name).write_bytes(data)
    with open_backend(OpenContext(root=place / "store", durability="flush"), None) as store:
        content = store.ingest(source)
        store.bind(BoundArtifact("artifact:a.b.c", {}, content))
        exported = store.export_body("artifact:a.b.c", place / "out")
        assert list(store.check_integrity()) == []
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == tree
    assert content.size_bytes == sum(map(len, tree.values()))
