"""What a metadata store can do beyond the minimum: deletion, migrations, repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import MigrationError, ReadOnlyStoreError
from contexta.spi.entity_counts import SupportsEntityCounts, count_found
from contexta.spi.metadata import EntityQuery
from contexta.spi.migration import SupportsMigrations
from contexta.spi.relation_lookup import SupportsRelationLookup
from contexta.spi.repair import SupportsRepairs
from contexta.testing.contracts.contract import needs
from contexta.testing.contracts.metadata_entities import RUN, MetadataEntities, names_of, put

if TYPE_CHECKING:
    from contexta.testing.contracts.stores import Stores

__all__ = ["MetadataAbilities"]

_REF = "run:demo.r1"
_TIME = "2026-01-31T12:00:00Z"
_PROTOCOLS: dict[str, Any] = {
    "counts": SupportsEntityCounts,
    "migrations": SupportsMigrations,
    "relations": SupportsRelationLookup,
    "repairs": SupportsRepairs,
}


class MetadataAbilities(MetadataEntities, contract=True):
    """Deletion, migrations, repairs."""

    def test_abilities_are_declared(self, stores: Stores) -> None:
        """What the backend says that it can do is what is declared here, and is there."""
        store = stores.open()
        assert frozenset(self.capabilities) == frozenset(store.capabilities)
        for word, protocol in _PROTOCOLS.items():
            assert (word in self.capabilities) == isinstance(store, protocol), word

    # -- deletion -------------------------------------------------------------------------------------------------

    @needs("deletion")
    def test_a_deleted_entity_is_absent(self, stores: Stores) -> None:
        """An entity with ``deleted_at`` is not found, by nobody, in no way; the others are."""
        store, reader = stores.open(), stores.open(read_only=True)
        put(store, _REF, name="r1", started_at=_TIME)
        put(store, "run:demo.r2", name="r2")
        assert store.get(RUN, _REF) is not None
        put(store, _REF, deleted_at=_TIME)
        for each in (store, reader):
            assert each.get(RUN, _REF) is None
            assert ["r2"] == names_of(each)
            assert [] == names_of(each, refs=(_REF,))

    @needs("deletion")
    def test_nothing_brings_a_deleted_entity_back(self, stores: Stores) -> None:
        """Whatever is said of a deleted entity counts no more, and nothing takes the deletion back."""
        store, other = stores.open(), stores.open()
        put(store, _REF, name="r1")
        put(store, _REF, deleted_at=_TIME)
        put(other, _REF, name="again", tags={"a": "1"})
        put(other, _REF, deleted_at=None)
        assert store.get(RUN, _REF) is None
        assert [] == names_of(stores.open())

    @needs("deletion")
    def test_deleted_entities_are_listed_when_asked(self, stores: Stores) -> None:
        """A query for what was deleted finds it and nothing else, with its final fields alone."""
        store = stores.open()
        put(store, _REF, name="r1", tags={"a": "1"})
        put(store, "run:demo.r2", name="r2")
        put(store, _REF, deleted_at=_TIME)
        put(store, _REF, purged_at=_TIME)
        [found] = store.find(EntityQuery(RUN, deleted=True))
        assert _REF == found.ref
        assert {"status": "deleted", "deleted_at": _TIME, "purged_at": _TIME} == dict(found.document)
        assert [] == names_of(store, deleted=True, absent=("purged_at",))

    @needs("deletion")
    def test_a_deleted_run_is_never_claimed_again(self, stores: Stores) -> None:
        """The reference of a deleted run is taken for ever, whether it had been claimed or not."""
        store = stores.open()
        assert store.claim_run(_REF)
        for ref in (_REF, "run:demo.r2"):
            put(store, ref, name="r")
            put(store, ref, deleted_at=_TIME)
            assert store.claim_run(ref) is False
            assert stores.open().claim_run(ref) is False

    # -- counts ---------------------------------------------------------------------------------------------------

    @needs("counts")
    def test_counts_are_those_of_what_is_found(self, stores: Stores) -> None:
        """Entities are counted by texts of their fields; what has no text there counts under None, and a page is none."""
        store = stores.open()
        put(store, "run:demo.r0", name="a", started_at=_TIME)
        put(store, "run:demo.r1", name="a", started_at=_TIME, color="red")
        put(store, "run:demo.r2", name="a", started_at=_TIME, color=3)
        put(store, "run:demo.r3", name="b", started_at=_TIME)
        put(store, "run:demo.none", deleted_at=_TIME)
        names = store.count(EntityQuery(RUN, limit=1, offset=1), ["name"])
        assert {("a",): 3, ("b",): 1} == {values: number for values, number in names.items() if values[0]}
        both = store.count(EntityQuery(RUN, fields={"name": "a"}), ["color", "name"])
        assert {(None, "a"): 2, ("red", "a"): 1} == dict(both)
        for query in (
            EntityQuery(RUN, present=("color",)),
            EntityQuery(RUN, absent=("color",), started_after=_TIME),
            EntityQuery(RUN, refs=("run:demo.r1", "run:demo.r9")),
            EntityQuery(RUN, status="open"),
        ):
            assert dict(count_found(store, query, ["name", "status"])) == dict(
                store.count(query, ["name", "status"])
            )

    # -- migrations -----------------------------------------------------------------------------------------------

    @needs("migrations")
    def test_a_store_of_this_version_needs_no_migration(self, stores: Stores) -> None:
        """A store that was just made has this installation's form, and migrating it changes nothing."""
        store = stores.open()
        before = store.inspect_schema()
        assert before.supported
        assert not before.requires_migration
        put(store, _REF, name="r1")
        after = store.inspect_schema()
        assert (True, after.target_version) == (after.exists, after.current_version)
        assert not store.plan_migration().requires_migration
        result = store.migrate()
        assert (False, ()) == (result.changed, result.applied_steps)
        assert ["r1"] == names_of(store)

    @needs("migrations")
    def test_looking_at_a_store_creates_nothing(self, stores: Stores) -> None:
        """Looking at the form of a store that does not exist says so, and makes none."""
        reader = stores.open(read_only=True)
        assert reader.inspect_schema().exists is False
        assert () == tuple(reader.migration_history())
        assert not stores.root.exists()

    @needs("migrations")
    def test_an_unknown_version_is_no_way(self, stores: Stores) -> None:
        """Migrating to a version that no steps lead to is a MigrationError, and changes nothing."""
        store = stores.open()
        put(store, _REF, name="r1")
        for call in (store.plan_migration, store.migrate):
            with pytest.raises(MigrationError):
                call("987.0")
        assert ["r1"] == names_of(store)

    @needs("migrations")
    def test_a_reader_does_not_migrate(self, stores: Stores) -> None:
        """A store that is open for reading refuses to be migrated."""
        put(stores.open(), _REF, name="r1")
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).migrate()

    # -- repairs --------------------------------------------------------------------------------------------------

    @needs("repairs")
    def test_a_repair_of_a_whole_store_does_nothing(self, stores: Stores) -> None:
        """Without findings there is nothing to do, and a finding of another store is left out."""
        from contexta.spi.integrity import IntegrityFinding

        store = stores.open()
        put(store, _REF, name="r1")
        assert [] == list(store.repair_candidates(store.check_integrity()))
        stranger = IntegrityFinding("code_of_another_store", "error", "it is not mine", "elsewhere")
        assert [] == list(store.repair_candidates([stranger]))
        assert [] == list(store.repair([]))
        assert ["r1"] == names_of(store)

    @needs("repairs")
    def test_repairing_loses_nothing_readable(self, stores: Stores) -> None:
        """After a repair of a damaged store everything that was readable still is, and repairing again is harmless."""
        stores.close(self._damaged(stores))
        store = stores.open()
        candidates = store.repair_candidates(store.check_integrity())
        outcomes = store.repair(candidates)
        assert len(candidates) == len(outcomes)
        assert {outcome.status for outcome in outcomes} <= {"applied", "skipped"}
        assert ["before", "behind"] == sorted(self.written(store))
        store.repair(store.repair_candidates(store.check_integrity()))
        assert ["before", "behind"] == sorted(self.written(stores.open()))
        self.write(stores, store, "later")
        assert ["before", "behind", "later"] == sorted(self.written(store))
