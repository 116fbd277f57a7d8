"""The contract of artifact stores."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.errors import ArtifactError, ConflictError, NotFoundError, ReadOnlyStoreError
from contexta.spi.artifacts import ArtifactContent, BoundArtifact
from contexta.testing.contracts.artifact_abilities import ArtifactAbilities
from contexta.testing.contracts.artifact_bodies import bind, bound, put_file, ref_of

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.testing.contracts.stores import Stores

__all__ = ["ArtifactStoreContract"]


def _tree(root: Path) -> dict[str, object]:
    """Return what a directory holds: bytes of files, targets of links, None for directories."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = os.fspath(path.readlink())
        else:
            found[name] = None if path.is_dir() else path.read_bytes()
    return found


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


class ArtifactStoreContract(ArtifactAbilities, contract=True):
    """What an artifact store promises (``contexta.spi.artifacts.ArtifactBackend``).

    ::

        class TestMyStore(ArtifactStoreContract):
            def open_store(self, context):
                return my_store.open_backend(context)
    """

    abilities: ClassVar[dict[str, str]] = {
        "adopt": "ingest(mode='adopt'): the source itself becomes the body",
        "unbinding": "contexta.spi.artifacts.SupportsUnbinding",
        "garbage_collection": "contexta.spi.artifacts.SupportsGarbageCollection",
        "staged_ingest": "contexta.spi.artifacts.SupportsStagedIngest",
        "repairs": "contexta.spi.artifacts.SupportsArtifactRepairs",
    }

    # -- bodies ---------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("data", [b"", b"x", b"\x00\xff\r\n" * 100_000], ids=["empty", "small", "large"])
    def test_a_body_is_what_was_taken_in(self, stores: Stores, data: bytes) -> None:
        """A body comes back byte for byte, read or exported, by every opening."""
        store = stores.open()
        content = put_file(stores, store, "model", data)
        assert (len(data), "file") == (content.size_bytes, content.form)
        for reader in (store, stores.open(read_only=True)):
            with reader.open_body(ref_of("model")) as stream:
                assert data == stream.read()
        destination = stores.given / "out"
        assert destination == store.export_body(ref_of("model"), destination)
        assert data == destination.read_bytes()

    def test_the_digest_is_that_of_the_bytes(self, stores: Stores) -> None:
        """The digest of a file is the SHA-256 of its bytes."""
        content = put_file(stores, stores.open(), "model", b"weights")
        assert ArtifactContent(f"sha256:{sha256(b'weights').hexdigest()}", 7, "file") == content

    def test_equal_content_is_kept_once(self, stores: Stores) -> None:
        """The same bytes under another reference take no second place."""
        store, data = stores.open(), os.urandom(300_000)
        first = put_file(stores, store, "one", data)
        size = _size(stores.root)
        assert first == put_file(stores, store, "two", data)
        assert _size(stores.root) - size < 100_000

    def test_copying_leaves_the_source(self, stores: Stores) -> None:
        """Copying leaves the source as it is, and what becomes of it later does not matter."""
        store, source = stores.open(), stores.given / "source"
        source.write_bytes(b"weights")
        bind(store, "model", store.ingest(source))
        assert b"weights" == source.read_bytes()
        source.write_bytes(b"other")
        with store.open_body(ref_of("model")) as stream:
            assert b"weights" == stream.read()

    def test_moving_removes_the_source(self, stores: Stores) -> None:
        """Moving removes the source, a file or a directory, and the body is there."""
        store, source, folder = stores.open(), stores.given / "source", stores.given / "folder"
        source.write_bytes(b"weights")
        folder.mkdir()
        (folder / "part").write_bytes(b"part")
        bind(store, "model", store.ingest(source, mode="move"))
        bind(store, "folder", store.ingest(folder, mode="move"))
        assert [] == list(stores.given.iterdir())
        with store.open_body(ref_of("model")) as stream:
            assert b"weights" == stream.read()

    def test_a_missing_source_is_refused(self, stores: Stores) -> None:
        """A source that does not exist is a NotFoundError."""
        with pytest.raises(NotFoundError):
            stores.open().ingest(stores.given / "none")

    def test_a_directory_comes_back_as_it_was(self, stores: Stores) -> None:
        """A directory with empty ones, links and equal files is exported as it was; equal ones have one digest."""
        source = stores.given / "source"
        (source / "deep" / "er").mkdir(parents=True)
        (source / "empty").mkdir()
        (source / "deep" / "a.bin").write_bytes(b"same")
        (source / "deep" / "er" / "b ü.bin").write_bytes(b"same")
        (source / "link").symlink_to("deep/a.bin")
        store = stores.open()
        content = store.ingest(source)
        assert "directory" == content.form
        assert content == store.ingest(source)
        bind(store, "folder", content)
        store.export_body(ref_of("folder"), stores.given / "out")
        assert _tree(source) == _tree(stores.given / "out")
        assert store.verify(ref_of("folder")) is None

    def test_a_directory_has_no_single_body(self, stores: Stores) -> None:
        """Opening the body of a directory is an ArtifactError."""
        store, source = stores.open(), stores.given / "source"
        source.mkdir()
        (source / "a").write_bytes(b"a")
        bind(store, "folder", store.ingest(source))
        with pytest.raises(ArtifactError):
            store.open_body(ref_of("folder"))

    def test_an_export_writes_over_nothing(self, stores: Stores) -> None:
        """A destination that exists is a ConflictError, and stays as it is."""
        store = stores.open()
        put_file(stores, store, "model", b"weights")
        file, folder = stores.given / "file", stores.given / "folder"
        file.write_bytes(b"mine")
        folder.mkdir()
        for destination in (file, folder):
            with pytest.raises(ConflictError):
                store.export_body(ref_of("model"), destination)
        assert b"mine" == file.read_bytes()
        assert [] == list(folder.iterdir())

    def test_what_has_no_body_is_not_found(self, stores: Stores) -> None:
        """Opening or exporting what is unknown, or still pending, is a NotFoundError."""
        store = stores.open()
        bind(store, "pending", None)
        for name in ("none", "pending"):
            with pytest.raises(NotFoundError):
                store.open_body(ref_of(name))
            with pytest.raises(NotFoundError):
                store.export_body(ref_of(name), stores.given / "out")
        assert [] == list(stores.given.iterdir())

    # -- bindings -------------------------------------------------------------------------------------------------

    def test_a_manifest_is_kept_as_it_is(self, stores: Stores) -> None:
        """Manifest, content, source's name and time of a binding come back as they were given."""
        store = stores.open()
        content = put_file(stores, store, "body", b"weights")
        artifact = BoundArtifact(
            ref_of("model"),
            {
                "artifact_ref": ref_of("model"),
                "run_ref": "run:demo.r1",
                "attributes": {"ü": [1, 0.1 + 0.2, None, {"deep": True}]},
                "later_field": "kept",
            },
            content,
            source_name="weights ü.bin",
            bound_at="2026-01-31T12:00:00Z",
        )
        store.bind(artifact)
        for reader in (store, stores.open(read_only=True)):
            assert bound(artifact) == bound(reader.find(ref_of("model")))

    def test_who_is_unknown_is_none(self, stores: Stores) -> None:
        """An artifact that nobody bound is None, before and after there is a store."""
        store = stores.open()
        assert store.find(ref_of("model")) is None
        put_file(stores, store, "model", b"weights")
        assert store.find(ref_of("other")) is None

    def test_binding_again_changes_nothing(self, stores: Stores) -> None:
        """Binding the same artifact to the same content again is no error, and changes nothing."""
        store = stores.open()
        content = put_file(stores, store, "model", b"weights")
        before = bound(store.find(ref_of("model")))
        bind(store, "model", content)
        bind(stores.open(), "model", content)
        assert before == bound(store.find(ref_of("model")))
        assert 1 == len(store.list_artifacts())

    def test_a_bound_reference_never_changes(self, stores: Stores) -> None:
        """Other content under a bound reference is a ConflictError, for every opening, and the first one stays."""
        store, other = stores.open(), stores.open()
        content = put_file(stores, store, "model", b"weights")
        for each in (store, other):
            with pytest.raises(ConflictError):
                put_file(stores, each, "model", b"other")
        assert content == store.find(ref_of("model")).content
        with store.open_body(ref_of("model")) as stream:
            assert b"weights" == stream.read()

    def test_a_pending_artifact_gets_its_body_later(self, stores: Stores) -> None:
        """What was bound before its body existed has none until it is bound with it."""
        store = stores.open()
        bind(store, "model", None)
        assert store.find(ref_of("model")).content is None
        assert store.verify(ref_of("model")) is None
        content = put_file(stores, store, "model", b"weights")
        assert content == stores.open().find(ref_of("model")).content
        assert 1 == len(store.list_artifacts())

    def test_artifacts_are_listed_in_the_order_of_binding(self, stores: Stores) -> None:
        """All artifacts, or those of one run, in the order in which they were bound."""
        store = stores.open()
        for name, run in (("c", "run:demo.r1"), ("a", "run:demo.r2"), ("b", "run:demo.r1")):
            put_file(stores, store, name, name.encode(), run=run)
        for reader in (store, stores.open(read_only=True)):
            assert [ref_of(name) for name in "cab"] == [each.artifact_ref for each in reader.list_artifacts()]
            found = reader.list_artifacts(run_ref="run:demo.r1")
            assert [ref_of(name) for name in "cb"] == [each.artifact_ref for each in found]
            assert [] == list(reader.list_artifacts(run_ref="run:demo.none"))

    # -- damage ---------------------------------------------------------------------------------------------------

    def test_a_damaged_body_is_found(self, stores: Stores) -> None:
        """A body that was changed behind the store's back fails its verification and the check; the others do not."""
        store, needle = stores.open(), b"0123456789" + os.urandom(8).hex().encode()
        put_file(stores, store, "model", needle + b"weights" * 100)
        put_file(stores, store, "whole", b"whole")
        assert store.verify(ref_of("model")) is None
        if not self.damage(stores.root, needle):
            pytest.fail("no file below the root holds the bytes that were taken in: override damage()")
        for each in (store, stores.open(read_only=True)):
            assert "error" == each.verify(ref_of("model")).severity
            assert each.verify(ref_of("whole")) is None
            found = [finding for finding in each.check_integrity() if finding.severity == "error"]
            assert {ref_of("model")} == {finding.ref for finding in found}
            with each.open_body(ref_of("whole")) as stream:
                assert b"whole" == stream.read()

    def test_verifying_what_is_unknown_is_an_error(self, stores: Stores) -> None:
        """An artifact that nobody bound cannot be verified: NotFoundError."""
        with pytest.raises(NotFoundError):
            stores.open().verify(ref_of("none"))

    def test_a_reader_takes_nothing_in(self, stores: Stores) -> None:
        """A store that is open for reading takes in no body and binds nothing."""
        content: Any = put_file(stores, stores.open(), "model", b"weights")
        reader, source = stores.open(read_only=True), stores.given / "source"
        source.write_bytes(b"other")
        with pytest.raises(ReadOnlyStoreError):
            reader.ingest(source)
        with pytest.raises(ReadOnlyStoreError):
            bind(reader, "other", content)
