"""A store that is open for reading, and one that is closed."""

from __future__ import annotations

import pytest

from contexta.errors import LifecycleError, ReadOnlyStoreError, SerializationError, StoreAccessError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

RUN = EntityKind.RUN


def test_a_missing_directory_reads_as_empty_and_stays_missing(root, open_store) -> None:
    """Reading creates nothing at all."""
    store = open_store(read_only=True, index_threshold_bytes=1)
    assert store.get(RUN, "run:p.r") is None
    assert store.find(EntityQuery(RUN)) == []
    assert store.check_integrity() == []
    assert store.writer.isalnum()
    store.close()
    assert not root.exists()


def test_reading_a_filled_store_changes_no_file(root, open_store) -> None:
    """A reader below the threshold or above it leaves the directory as it was."""
    writer = open_store()
    writer.apply([Mutation(RUN, "run:p.r", {"name": "r"})])
    writer.close()
    before = {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}
    reader = open_store(read_only=True, index_threshold_bytes=1)
    assert reader.get(RUN, "run:p.r").document == {"name": "r"}
    reader.check_integrity()
    reader.close()
    assert {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))} == before


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.apply([Mutation(RUN, "run:p.r", {"name": "r"})]),
        lambda store: store.claim_run("run:p.r"),
    ],
    ids=["apply", "claim_run"],
)
def test_a_write_to_a_reader_is_refused(root, open_store, write) -> None:
    """The error has the store's code and creates nothing."""
    with pytest.raises(ReadOnlyStoreError) as caught:
        write(open_store(read_only=True))
    assert caught.value.code == "metadata_store_read_only"
    assert not root.exists()


def test_opening_for_writing_creates_nothing_before_the_first_write(root, open_store) -> None:
    """A store that is only asked leaves no trace; neither does a call without mutations."""
    store = open_store()
    store.find(EntityQuery(RUN))
    store.apply([])
    store.close()
    assert not root.exists()


def test_a_closed_store_says_so(open_store) -> None:
    """Every method of a closed store raises the same error; closing twice is harmless."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.r", {"name": "r"})])
    store.close()
    store.close()
    calls = [
        lambda: store.get(RUN, "run:p.r"),
        lambda: store.find(EntityQuery(RUN)),
        lambda: store.apply([]),
        lambda: store.claim_run("run:p.r"),
        store.check_integrity,
    ]
    for call in calls:
        with pytest.raises(LifecycleError) as caught:
            call()
        assert caught.value.code == "metadata_store_closed"


def test_a_call_with_one_bad_mutation_applies_none(open_store) -> None:
    """All mutations are encoded before the first is written."""
    store = open_store()
    good = Mutation(RUN, "run:p.a", {"name": "a"})
    with pytest.raises(SerializationError):
        store.apply([good, Mutation(RUN, "run:p.b", {"x": float("nan")})])
    assert store.find(EntityQuery(RUN)) == []
    store.apply([good])
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a"]


def test_a_root_that_is_a_file_is_an_error_of_the_tree(root, open_store) -> None:
    """Neither reading nor writing lets a bare OSError through."""
    root.write_text("in the way")
    store = open_store()
    assert store.find(EntityQuery(RUN)) == []
    with pytest.raises(StoreAccessError):
        store.apply([Mutation(EntityKind.PROJECT, "project:p", {"name": "p"})])
    with pytest.raises(StoreAccessError):
        store.claim_run("run:p.r")


@pytest.mark.parametrize("durability", ["fsync", "flush", "interval"])
def test_every_durability_keeps_what_was_applied(open_store, durability) -> None:
    """A single mutation and a batch come back in each mode, from another backend."""
    store = open_store(durability=durability)
    store.apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    store.apply([Mutation(RUN, "run:p.b", {"name": "b"}), Mutation(RUN, "run:p.c", {"name": "c"})])
    names = [
        entity.document["name"]
        for entity in open_store(read_only=True).find(EntityQuery(RUN, order_by="name"))
    ]
    assert names == ["a", "b", "c"]
