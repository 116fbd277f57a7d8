"""What a record store can do beyond the minimum, but for its quick paths: compaction, deletion, repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import ReadOnlyStoreError
from contexta.spi.following import SupportsFollowing
from contexta.spi.outlines import SupportsOutlines
from contexta.spi.pushdown import SupportsPushdown
from contexta.spi.records import (
    ScanFilter,
    SupportsCompaction,
    SupportsDeletion,
    SupportsSeries,
    SupportsSummaries,
)
from contexta.spi.repair import SupportsRepairs
from contexta.testing.contracts.contract import needs
from contexta.testing.contracts.processes import child
from contexta.testing.contracts.record_lines import RecordLines, at, ids, metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.testing.contracts.stores import Stores

__all__ = ["RecordAbilities"]

_PROTOCOLS: dict[str, Any] = {
    "series": SupportsSeries,
    "summaries": SupportsSummaries,
    "pushdown": SupportsPushdown,
    "outlines": SupportsOutlines,
    "following": SupportsFollowing,
    "compaction": SupportsCompaction,
    "deletion": SupportsDeletion,
    "repairs": SupportsRepairs,
}
_GONE = "run:demo.gone"


class RecordAbilities(RecordLines, contract=True):
    """Compaction, deletion, repairs."""

    def test_abilities_are_declared(self, stores: Stores) -> None:
        """What the backend says that it can do is what is declared here, and is there."""
        store = stores.open()
        told = frozenset(store.capabilities)
        assert told <= frozenset(self.capabilities)
        for word, protocol in _PROTOCOLS.items():
            assert (word in self.capabilities) == isinstance(store, protocol), word

    # -- compaction -----------------------------------------------------------------------------------------------

    @needs("compaction")
    def test_compaction_loses_doubles_and_reorders_nothing(self, stores: Stores) -> None:
        """After a compaction every reader sees the same records in the same order, and goes on."""
        before = []
        for number in range(5):
            store = stores.open()
            store.append([metric(f"m{number}x{place}", 1.0, time=at(-number)) for place in range(7)])
            stores.close(store)
        store, reader = stores.open(), stores.open(read_only=True)
        before = ids(store)
        assert before == ids(reader)
        assert store.compact().performed
        assert before == ids(store) == ids(reader) == ids(stores.open(read_only=True))
        store.append([metric("later", 1.0)])
        store.compact()
        assert sorted([*before, "later"]) == sorted(ids(reader))
        assert [] == list(store.check_integrity())

    @needs("compaction")
    def test_compaction_beside_a_writer_loses_nothing(self, stores: Stores) -> None:
        """While another process appends, compacting again and again loses nothing of either."""
        store = stores.open()
        self.write(stores, store, "first")

        def work(tell: Callable[[object], None]) -> None:
            other = stores.open()
            for number in range(60):
                self.write(stores, other, f"n{number}")
            other.close()
            tell("done")

        with child(work) as other:
            for _ in range(5):
                store.compact()
            assert ["done"] == other.lines()
        store.compact()
        assert sorted(["first", *(f"n{number}" for number in range(60))]) == sorted(ids(store))

    @needs("compaction")
    def test_a_reader_does_not_compact(self, stores: Stores) -> None:
        """A store that is open for reading refuses to be compacted."""
        self.write(stores, stores.open(), "first")
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).compact()

    # -- deletion -------------------------------------------------------------------------------------------------

    def _with_two_runs(self, stores: Stores) -> Any:
        store = stores.open()
        store.append([metric(f"g{number}", 1.0, run=_GONE) for number in range(20)])
        store.append([metric("kept", 2.0)])
        return store

    @needs("deletion")
    def test_a_deleted_run_is_gone_for_every_reader(self, stores: Stores) -> None:
        """The records of a deleted run are gone at once, for everybody and for good; those of others are not."""
        store = self._with_two_runs(stores)
        reader = stores.open(read_only=True)
        assert 21 == len(ids(reader))
        assert frozenset() == store.deleted_runs()
        store.delete_runs([_GONE])
        for each in (store, reader, stores.open(read_only=True)):
            assert ["kept"] == ids(each)
            assert [] == ids(each, ScanFilter(run_ref=_GONE))
            assert frozenset({_GONE}) == each.deleted_runs()
            if "summaries" in self.capabilities:
                assert ["run:demo.r1"] == [summary.run for summary in each.summaries()]
                assert [] == list(each.summaries(runs=[_GONE])) == list(each.points(_GONE, "loss"))
                assert {} == dict(each.counts(_GONE))

    @needs("deletion")
    def test_what_is_appended_to_a_deleted_run_is_deleted_as_well(self, stores: Stores) -> None:
        """What a writer that knows nothing of it appends to a deleted run is not seen."""
        other = stores.open()
        other.append([metric("early", 1.0, run=_GONE)])
        store = self._with_two_runs(stores)
        store.delete_runs([_GONE])
        other.append([metric("late", 1.0, run=_GONE)])
        if "compaction" in self.capabilities:
            store.compact()
        assert ["kept"] == ids(store) == ids(stores.open(read_only=True))

    @needs("deletion")
    def test_the_size_of_a_run_is_told(self, stores: Stores) -> None:
        """A run's size is more with more records, and nothing for one without any or one that is deleted."""
        store = self._with_two_runs(stores)
        sizes = store.run_bytes([_GONE, "run:demo.r1", "run:demo.none"])
        assert sizes[_GONE] > sizes["run:demo.r1"] > sizes["run:demo.none"] == 0
        assert store.delete_runs([_GONE]) > 0
        assert {_GONE: 0} == dict(store.run_bytes([_GONE]))

    @needs("deletion")
    def test_deleting_again_does_nothing(self, stores: Stores) -> None:
        """A run that is deleted already, or has no records, is deleted without an error and frees nothing."""
        store = self._with_two_runs(stores)
        store.delete_runs([_GONE])
        assert 0 == store.delete_runs([_GONE, "run:demo.none"])
        assert 0 == store.delete_runs([])
        assert frozenset({_GONE, "run:demo.none"}) == store.deleted_runs()
        assert ["kept"] == ids(store)

    @needs("deletion")
    def test_a_reader_deletes_nothing(self, stores: Stores) -> None:
        """A store that is open for reading refuses to delete."""
        self._with_two_runs(stores)
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).delete_runs([_GONE])
        assert 21 == len(ids(stores.open()))

    # -- repairs --------------------------------------------------------------------------------------------------

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
