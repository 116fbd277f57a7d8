"""What an artifact store can do beyond the minimum: staged ingest, unbinding, garbage, repairs, adoption."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import IntegrityError, LifecycleError, NotFoundError, ReadOnlyStoreError
from contexta.spi.artifacts import (
    SupportsArtifactRepairs,
    SupportsGarbageCollection,
    SupportsStagedIngest,
    SupportsUnbinding,
)
from contexta.testing.contracts.artifact_bodies import ArtifactBodies, bind, put_file, ref_of
from contexta.testing.contracts.contract import needs

if TYPE_CHECKING:
    from contexta.testing.contracts.stores import Stores

__all__ = ["ArtifactAbilities"]

_PROTOCOLS: dict[str, Any] = {
    "unbinding": SupportsUnbinding,
    "garbage_collection": SupportsGarbageCollection,
    "staged_ingest": SupportsStagedIngest,
    "repairs": SupportsArtifactRepairs,
}


class ArtifactAbilities(ArtifactBodies, contract=True):
    """Staged ingest, unbinding, garbage, repairs, adoption."""

    def test_abilities_are_declared(self, stores: Stores) -> None:
        """What the backend can do is what is declared here."""
        store = stores.open()
        assert ("adopt" in self.capabilities) == ("adopt" in store.capabilities)
        for word, protocol in _PROTOCOLS.items():
            assert (word in self.capabilities) == isinstance(store, protocol), word

    @needs("staged_ingest")
    def test_a_body_can_come_in_pieces(self, stores: Stores) -> None:
        """What is written piece by piece and committed is a body like any other."""
        store = stores.open()
        staged = store.begin_ingest()
        assert [3, 0, 4] == [staged.write(piece) for piece in (b"wei", b"", b"ghts")]
        digest = f"sha256:{sha256(b'weights').hexdigest()}"
        content = staged.commit(expected_digest=digest, expected_size_bytes=7)
        assert (digest, 7) == (content.digest, content.size_bytes)
        assert content == put_file(stores, store, "model", b"weights")
        with pytest.raises(LifecycleError):
            staged.write(b"more")
        staged.abort()

    @needs("staged_ingest")
    @pytest.mark.parametrize(
        "expected", [{"expected_digest": f"sha256:{'0' * 64}"}, {"expected_size_bytes": 8}], ids=str
    )
    def test_a_body_that_is_not_what_was_expected_is_refused(
        self, stores: Stores, expected: dict[str, Any]
    ) -> None:
        """Another digest or size than expected is an IntegrityError, and nothing is kept."""
        store = stores.open()
        staged = store.begin_ingest()
        staged.write(b"weights")
        with pytest.raises(IntegrityError):
            staged.commit(**expected)
        assert [] == list(store.check_integrity())

    @needs("staged_ingest")
    def test_an_aborted_body_leaves_nothing(self, stores: Stores) -> None:
        """What is aborted is gone, and aborting again is harmless."""
        store = stores.open()
        staged = store.begin_ingest()
        staged.write(b"weights")
        staged.abort()
        staged.abort()
        assert [] == list(store.check_integrity())
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).begin_ingest()

    @needs("unbinding")
    def test_what_is_unbound_is_found_no_more(self, stores: Stores) -> None:
        """After letting go of an artifact nobody finds it; its reference may be bound again, to other content."""
        store, reader = stores.open(), stores.open(read_only=True)
        put_file(stores, store, "model", b"weights")
        put_file(stores, store, "other", b"other")
        store.unbind([ref_of("model"), ref_of("none")])
        for each in (store, reader, stores.open()):
            assert each.find(ref_of("model")) is None
            assert [ref_of("other")] == [artifact.artifact_ref for artifact in each.list_artifacts()]
            with pytest.raises(NotFoundError):
                each.open_body(ref_of("model"))
        content = put_file(stores, store, "model", b"new")
        assert content == reader.find(ref_of("model")).content
        with pytest.raises(ReadOnlyStoreError):
            reader.unbind([ref_of("other")])

    @needs("unbinding")
    def test_the_bytes_of_artifacts_are_those_that_nobody_else_uses(self, stores: Stores) -> None:
        """A body that is bound elsewhere as well counts nothing; one that several asked ones share counts once."""
        store = stores.open()
        for name, data in (
            ("a", b"own"),
            ("b", b"shared"),
            ("c", b"shared"),
            ("d", b"elsewhere"),
            ("e", b"elsewhere"),
        ):
            put_file(stores, store, name, data)
        sizes = store.artifact_bytes([ref_of(name) for name in "abcdx"])
        assert {"a": 3, "b": 6, "c": 0, "d": 0, "x": 0} == {
            ref.rpartition(".")[2]: size for ref, size in sizes.items()
        }

    @needs("garbage_collection")
    def test_collecting_garbage_removes_what_nothing_is_bound_to(self, stores: Stores) -> None:
        """A body without a binding is counted, and removed when asked; bound ones stay."""
        store = stores.open()
        source = stores.given / "source"
        source.write_bytes(b"unbound")
        store.ingest(source)
        put_file(stores, store, "model", b"weights")
        stores.close(store)
        store = stores.open()
        counted = store.collect_garbage(dry_run=True)
        assert (1, 7, True) == (counted.body_count, counted.body_bytes, counted.dry_run)
        collected = store.collect_garbage()
        assert (1, 7, False) == (collected.body_count, collected.body_bytes, collected.dry_run)
        assert 0 == store.collect_garbage().body_count
        assert ["b'weights'"] == [repr(self._read(store, "model"))]
        assert [] == list(store.check_integrity())
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).collect_garbage()

    def _read(self, store: Any, name: str) -> bytes:
        with store.open_body(ref_of(name)) as stream:
            data: bytes = stream.read()
        return data

    @needs("repairs")
    def test_a_repair_of_a_whole_store_does_nothing(self, stores: Stores) -> None:
        """Where nothing is damaged there is nothing to do, and the doing of nothing is harmless."""
        store = stores.open()
        put_file(stores, store, "model", b"weights")
        assert [] == list(store.plan_repairs())
        assert [] == list(store.apply_repairs([]))

    @needs("repairs")
    def test_repairing_isolates_the_damage(self, stores: Stores) -> None:
        """After a repair what was readable still is, and the damaged artifact is known and has no body."""
        store = stores.open()
        needle = b"needle-in-the-body"
        put_file(stores, store, "model", needle)
        put_file(stores, store, "whole", b"whole")
        stores.close(store)
        self.damage(stores.root, needle)
        store = stores.open()
        done = store.apply_repairs(store.plan_repairs())
        assert any(ref_of("model") in step.artifact_refs for step in done)
        assert b"whole" == self._read(store, "whole")
        with pytest.raises(NotFoundError):
            store.open_body(ref_of("model"))
        store.apply_repairs(store.plan_repairs())
        assert store.find(ref_of("model")) is not None

    @needs("adopt")
    def test_an_adopted_source_becomes_the_body(self, stores: Stores) -> None:
        """A source that is adopted is gone from where it was, and is the body."""
        store, source = stores.open(), stores.given / "source"
        source.write_bytes(b"weights")
        content = store.ingest(source, mode="adopt")
        bind(store, "model", content)
        assert not source.exists()
        assert b"weights" == self._read(store, "model")
