"""Claims of runs, participations, and who lives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import ReadOnlyStoreError
from contexta.spi.metadata import EntityQuery
from contexta.testing.contracts.metadata_entities import RUN, MetadataEntities, put
from contexta.testing.contracts.processes import child, wait_to_be_killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.metadata import MetadataBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["MetadataRuns"]

_REF = "run:demo.r1"


def _take_part(store: MetadataBackend, status: str = "open", *, ordinal: int = 0, **entry: Any) -> None:
    participant = {"attempt": 1, "status": status, "started_at": "2026-01-31T12:00:00Z", **entry}
    put(store, _REF, participants={f"{store.writer}.{ordinal}": participant})


def _status(store: MetadataBackend) -> object:
    entity = store.get(RUN, _REF)
    assert entity is not None
    [found] = store.find(EntityQuery(RUN, status=str(entity.document["status"])))
    assert found.document == entity.document
    return entity.document["status"]


class MetadataRuns(MetadataEntities, contract=True):
    """Who has a run, who takes part in it, and whether they live."""

    def test_a_claim_is_given_once(self, stores: Stores) -> None:
        """A claim is given once: not again to the same opening, another one, or a later one."""
        store = stores.open()
        assert store.claim_run(_REF) is True
        assert store.claim_run(_REF) is False
        assert stores.open().claim_run(_REF) is False
        assert store.claim_run("run:demo.r2") is True
        stores.close(store)
        assert stores.open().claim_run(_REF) is False

    def test_of_concurrent_claims_exactly_one_is_given(self, stores: Stores) -> None:
        """Of processes that claim the same runs at once exactly one gets each."""

        def work(tell: Callable[[object], None]) -> None:
            store = stores.open()
            for number in range(15):
                tell(f"{number} {store.claim_run(f'run:demo.r{number}')}")

        with child(work) as one, child(work) as two, child(work) as three:
            told = one.lines() + two.lines() + three.lines()
        assert sorted(f"{number} True" for number in range(15)) == sorted(
            line for line in told if line.endswith("True")
        )
        assert len(told) == 45

    def test_a_run_that_exists_is_taken(self, stores: Stores) -> None:
        """A run that was written without a claim is taken."""
        store = stores.open()
        put(store, _REF, name="r1")
        assert store.claim_run(_REF) is False
        assert stores.open().claim_run(_REF) is False

    def test_a_reader_claims_nothing(self, stores: Stores) -> None:
        """A store that is open for reading refuses to claim."""
        with pytest.raises(ReadOnlyStoreError):
            stores.open(read_only=True).claim_run(_REF)
        assert stores.open().claim_run(_REF) is True

    def test_the_writer_is_a_new_token(self, stores: Stores) -> None:
        """Every opening is another writer, named by letters and digits, and stays the same while it is open."""
        store, other, reader = stores.open(), stores.open(), stores.open(read_only=True)
        tokens = [store.writer, other.writer, reader.writer]
        assert all(re.fullmatch("[a-z0-9]+", token) for token in tokens)
        assert len(set(tokens)) == 3
        put(store, _REF, name="r1")
        assert tokens == [store.writer, other.writer, reader.writer]

    def test_a_forked_child_is_a_writer_of_its_own(self, stores: Stores) -> None:
        """The child of a fork is another writer than its parent, and what it takes part in ends with it alone."""
        store = stores.open()
        _take_part(store)

        def work(tell: Callable[[object], None]) -> None:
            tell(store.writer)
            _take_part(store, "completed", ended_at="2026-01-31T13:00:00Z")
            tell(len((store.get(RUN, _REF) or {}).document["participants"]))  # type: ignore[union-attr]  # it is there

        with child(work) as other:
            token, count = other.lines()
        assert token != store.writer
        assert "2" == count
        assert "open" == _status(store)

    def test_the_status_is_folded_from_participations(self, stores: Stores) -> None:
        """Status, start and end come from those who take part: the earliest start, the worst end, the latest time."""
        store, other = stores.open(), stores.open()
        _take_part(store, "completed", ended_at="2026-01-31T14:00:00Z")
        _take_part(other, "failed", started_at="2026-01-31T11:00:00Z", ended_at="2026-01-31T13:00:00Z")
        entity = stores.open(read_only=True).get(RUN, _REF)
        assert {
            "status": "failed",
            "started_at": "2026-01-31T11:00:00Z",
            "ended_at": "2026-01-31T14:00:00Z",
        } == {name: value for name, value in entity.document.items() if name != "participants"}
        assert ["failed"] == [
            each.document["status"] for each in store.find(EntityQuery(RUN, status="failed"))
        ]
        assert [] == list(store.find(EntityQuery(RUN, status="completed")))

    def test_a_later_attempt_decides(self, stores: Stores) -> None:
        """The last attempt tells the status, whatever an earlier one came to."""
        store = stores.open()
        _take_part(store, "failed", ended_at="2026-01-31T13:00:00Z")
        _take_part(store, "completed", ordinal=1, attempt=2, ended_at="2026-01-31T15:00:00Z")
        assert "completed" == _status(store)

    def test_a_living_writer_reads_as_open(self, stores: Stores) -> None:
        """What another process that lives takes part in is open, for a reader and a writer."""

        def work(tell: Callable[[object], None]) -> None:
            _take_part(stores.open())
            tell("begun")
            wait_to_be_killed()

        with child(work) as other:
            assert "begun" == other.line()
            assert "open" == _status(stores.open(read_only=True))
            assert "open" == _status(stores.open())

    def test_a_killed_writer_reads_as_interrupted(self, stores: Stores) -> None:
        """What a process that was killed took part in reads as interrupted at once, also where it was read before."""
        reader = stores.open(read_only=True)

        def work(tell: Callable[[object], None]) -> None:
            _take_part(stores.open())
            tell("begun")
            wait_to_be_killed()

        with child(work) as other:
            assert "begun" == other.line()
            assert "open" == _status(reader)
            other.kill()
        assert "interrupted" == _status(reader)
        assert "interrupted" == _status(stores.open())

    def test_who_closed_the_store_lives_no_more(self, stores: Stores) -> None:
        """What an opening took part in and left open reads as interrupted when it was closed."""
        store = stores.open()
        _take_part(store)
        assert "open" == _status(store)
        stores.close(store)
        assert "interrupted" == _status(stores.open())
