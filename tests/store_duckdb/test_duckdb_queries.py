"""What `find` returns, against a plain reading of the query."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

RUN = EntityKind.RUN


def plainly(documents, query):
    """Answer a query by looking at everything, in the words of the SPI."""
    found = []
    for ref, document in documents.items():
        started = document.get("started_at")
        if query.refs is not None and ref not in query.refs:
            continue
        if any(document.get(name) != value for name, value in query.fields.items()):
            continue
        if any(document.get("tags", {}).get(key) != value for key, value in query.tags.items()):
            continue
        if query.status is not None and document.get("status") != query.status:
            continue
        if query.started_after is not None and (
            not started or instant(started) < instant(query.started_after)
        ):
            continue
        if query.started_before is not None and (
            not started or instant(started) > instant(query.started_before)
        ):
            continue
        found.append(ref)

    def key(ref):
        if query.order_by == "ref":
            return ref
        value = documents[ref].get(query.order_by)
        return instant(value) if value is not None and query.order_by.endswith("_at") else value

    def number(ref):
        return [ord(character) for character in ref]

    found.sort(key=number)
    if query.order_by == "ref":
        found = found[::-1] if query.descending else found
    else:
        having = sorted((ref for ref in found if key(ref) is not None), key=key, reverse=query.descending)
        found = having + [ref for ref in found if key(ref) is None]
    return found[query.offset :][: query.limit]


def visible(document):
    """Leave out a map without keys: merging is by key, so nothing was set."""
    return {name: value for name, value in document.items() if value != {}}


# Times of different text length, so that comparing text instead of instants shows.
TIMES = [
    "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00.500000Z",
    "2024-01-01T00:00:00.000001Z",
    "2023-12-31T23:59:59Z",
]
DOCUMENTS = st.dictionaries(
    st.integers(0, 20).map(lambda n: f"run:p.r{n}"),
    st.fixed_dictionaries(
        {"project_ref": st.sampled_from(["project:p", "project:q"])},
        optional={
            "name": st.sampled_from(["a", "b", "B"]),
            "started_at": st.sampled_from(TIMES),
            "ended_at": st.sampled_from(TIMES),
            "status": st.sampled_from(["completed", "failed"]),
            "order_index": st.integers(0, 2),
            "tags": st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
        },
    ),
    max_size=8,
)
QUERIES = st.builds(
    EntityQuery,
    st.just(RUN),
    refs=st.none()
    | st.lists(st.integers(0, 20).map(lambda n: f"run:p.r{n}"), max_size=4, unique=True).map(tuple),
    fields=st.dictionaries(
        st.sampled_from(["project_ref", "name", "status"]), st.sampled_from(["project:p", "a"]), max_size=2
    ),
    tags=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
    status=st.none() | st.sampled_from(["completed", "failed"]),
    started_after=st.none() | st.sampled_from(TIMES),
    started_before=st.none() | st.sampled_from(TIMES),
    order_by=st.sampled_from(["started_at", "ended_at", "name", "order_index", "ref"]),
    descending=st.booleans(),
    limit=st.none() | st.integers(0, 5),
    offset=st.integers(0, 3),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(documents=DOCUMENTS, queries=st.lists(QUERIES, min_size=1, max_size=8))
def test_find_answers_like_a_plain_look_at_everything(tmp_path_factory, documents, queries) -> None:
    """Filters, order and paging agree with an independent reading, from the journal and from a generation."""
    from contexta.spi.context import OpenContext
    from contexta_store_duckdb.backend import open_backend
    from contexta_store_duckdb.options import DuckDBOptions

    context = OpenContext(tmp_path_factory.mktemp("queries") / "metadata", durability="flush")
    with open_backend(context, DuckDBOptions(index_threshold_bytes=1)) as writer:
        writer.apply([Mutation(RUN, ref, document) for ref, document in documents.items()])
        for query in queries:
            assert [entity.ref for entity in writer.find(query)] == plainly(documents, query)
        with open_backend(context) as reader:
            for query in queries:
                found = reader.find(query)
                assert [entity.ref for entity in found] == plainly(documents, query)
                assert all(entity.document == visible(documents[entity.ref]) for entity in found)


def test_patches_of_one_entity_are_merged_field_by_field(open_store) -> None:
    """Later fields win, maps are merged by key, None removes."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.r", {"name": "a", "description": "d", "tags": {"x": "1", "y": "2"}})])
    store.apply([Mutation(RUN, "run:p.r", {"name": "b", "description": None, "tags": {"y": None, "z": "3"}})])
    assert store.get(RUN, "run:p.r").document == {"name": "b", "tags": {"x": "1", "z": "3"}}


def test_links_follow_changes(open_store) -> None:
    """An entity that moves to another run is found there and no longer where it was."""
    store = open_store()
    stage = EntityKind.STAGE
    store.apply([Mutation(stage, "stage:p.r.s", {"run_ref": "run:p.r"})])
    assert len(store.find(EntityQuery(stage, fields={"run_ref": "run:p.r"}))) == 1
    store.apply([Mutation(stage, "stage:p.r.s", {"run_ref": "run:p.q"})])
    assert store.find(EntityQuery(stage, fields={"run_ref": "run:p.r"})) == []
    assert [entity.ref for entity in store.find(EntityQuery(stage, fields={"run_ref": "run:p.q"}))] == [
        "stage:p.r.s"
    ]


def test_an_answer_is_the_callers_own(open_store) -> None:
    """Changing a returned document, or a map in it, changes no later answer."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.r", {"name": "a", "tags": {"x": "1"}, "list": [1]})])
    document = store.get(RUN, "run:p.r").document
    document["tags"]["x"] = "2"
    document["list"].append(2)
    document["name"] = "b"
    assert store.get(RUN, "run:p.r").document == {"name": "a", "tags": {"x": "1"}, "list": [1]}


def test_many_lines_over_many_segments_are_all_read(open_store) -> None:
    """Segments of a few lines each, rotated and sealed, merge to the last value of each field."""
    store = open_store(segment=700)
    order = list(range(200))
    random.Random(7).shuffle(order)
    for n in order:
        store.apply([Mutation(RUN, f"run:p.r{n % 20}", {"last": n, f"f{n}": n})])
    reader = open_store(read_only=True)
    for n in range(20):
        document = reader.get(RUN, f"run:p.r{n}").document
        mine = [value for value in order if value % 20 == n]
        assert document == {"last": mine[-1]} | {f"f{value}": value for value in mine}


@pytest.mark.parametrize(
    "query",
    [EntityQuery(RUN, order_by="colour"), EntityQuery(RUN, limit=-1), EntityQuery(RUN, offset=-1)],
)
def test_a_query_that_means_nothing_is_refused(open_store, query) -> None:
    """An unknown order and negative bounds are errors, not guesses."""
    with pytest.raises(ValidationError) as caught:
        open_store().find(query)
    assert caught.value.code == "metadata_query_invalid"


def test_a_bound_that_is_no_time_is_refused(open_store) -> None:
    """The error names the bound."""
    with pytest.raises(ValidationError, match="started_after"):
        open_store().find(EntityQuery(RUN, started_after="yesterday"))


def test_times_that_cannot_be_read_sort_last(open_store) -> None:
    """A document with a broken time is listed, behind those with a time, and in no range."""
    store = open_store()
    store.apply(
        [
            Mutation(RUN, "run:p.a", {"started_at": "nonsense"}),
            Mutation(RUN, "run:p.b", {"started_at": TIMES[0]}),
        ]
    )
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.b", "run:p.a"]
    assert [entity.ref for entity in store.find(EntityQuery(RUN, started_after=TIMES[3]))] == ["run:p.b"]
