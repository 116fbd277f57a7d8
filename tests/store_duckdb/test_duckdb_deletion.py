"""What was deleted or archived, in the journal and in a generation of the index."""

from __future__ import annotations

import pytest

from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

AT = "2024-01-01T00:00:00Z"


def runs(store, **asked):
    """List the references of the runs that match."""
    return [run.ref for run in store.find(EntityQuery(EntityKind.RUN, order_by="ref", **asked))]


@pytest.fixture(params=["journal", "generation"])
def written(request, open_store, root):
    """Give what opens a store: over the journal alone, or over a generation that covers everything so far."""

    def reopened():
        if request.param == "journal":
            return open_store(index=False)
        open_store(index_threshold_bytes=1).get(EntityKind.RUN, "run:p.none")
        assert list((root / "index").iterdir())
        return open_store(index_threshold_bytes=1)

    return reopened


@pytest.mark.parametrize("kind", EntityKind)
def test_a_deleted_entity_is_absent(kind, open_store, written):
    """An entity of any kind with deleted_at is in no answer, but for a query that asks for what was deleted."""
    store = open_store()
    refs = [f"{kind}:p.r{number}" for number in range(3)]
    store.apply(
        [Mutation(kind, ref, {"name": ref, "run_ref": "run:p.r", "tags": {"a": "1"}}) for ref in refs]
    )
    store.apply([Mutation(kind, refs[1], {"deleted_at": AT})])
    reader = written()
    assert reader.get(kind, refs[1]) is None
    for query in ({}, {"fields": {"run_ref": "run:p.r"}}, {"refs": tuple(refs)}, {"tags": {"a": "1"}}):
        found = reader.find(EntityQuery(kind, order_by="ref", **query))
        assert [each.ref for each in found] == [refs[0], refs[2]]
    (gone,) = reader.find(EntityQuery(kind, order_by="ref", deleted=True))
    assert (gone.ref, gone.document) == (refs[1], {"deleted_at": AT, "status": "deleted"})


def test_nothing_brings_a_deleted_run_back(open_store, written):
    """What a writer says of a deleted run afterwards is not seen, and its reference is never given out again."""
    store, other = open_store(), open_store()
    assert store.claim_run("run:p.r")
    store.apply([Mutation(EntityKind.RUN, "run:p.r", {"name": "r"})])
    assert other.get(EntityKind.RUN, "run:p.r") is not None
    store.apply([Mutation(EntityKind.RUN, "run:p.r", {"deleted_at": AT})])
    other.apply(
        [Mutation(EntityKind.RUN, "run:p.r", {"name": "back", "deleted_at": None, "tags": {"a": "b"}})]
    )
    reader = written()
    for each in (store, other, reader):
        assert each.get(EntityKind.RUN, "run:p.r") is None
    assert not reader.claim_run("run:p.r")


def test_fields_that_are_there_or_not(open_store, written):
    """A query may ask for entities with a field or without it; a word of that name inside a value is no field."""
    store = open_store()
    store.apply([Mutation(EntityKind.RUN, f"run:p.{name}", {"name": name}) for name in "abc"])
    store.apply([Mutation(EntityKind.RUN, "run:p.a", {"archived_at": AT})])
    store.apply(
        [Mutation(EntityKind.RUN, "run:p.b", {"metadata": {"archived_at": "no", "deleted_at": "no"}})]
    )
    reader = written()
    assert runs(reader, absent=("archived_at",)) == ["run:p.b", "run:p.c"]
    assert runs(reader, present=("archived_at",)) == ["run:p.a"]
    assert runs(reader, present=("name", "metadata")) == ["run:p.b"]
    assert runs(reader, absent=("archived_at",), limit=1, offset=1) == ["run:p.c"]
    assert runs(reader) == ["run:p.a", "run:p.b", "run:p.c"]
    store.apply([Mutation(EntityKind.RUN, "run:p.a", {"archived_at": None})])
    assert runs(reader, absent=("archived_at",)) == ["run:p.a", "run:p.b", "run:p.c"]
