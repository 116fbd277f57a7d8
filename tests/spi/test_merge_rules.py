"""The written merge rules, for every kind of entity and every kind of field: any order, any repetition, one answer.

The expected document is worked out by an oracle of this file that replays the patches in the order of their clocks,
one plain rule for each kind of field, and knows nothing of states.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.log.liveness import Liveness
from contexta.spi.merge import document_of, keeping_nulls, merge_patch, merge_rule
from contexta.spi.metadata import EntityKind
from contexta.spi.participation import fold_participations

#: Every field that is written for a kind, with the rule that docs/metadata.md states for it.
COMMON = {"schema_version": "last", "extensions": "last", "extras": "last", "deleted_at": "final"}
LIFECYCLE = {"status": "last", "started_at": "last", "ended_at": "last", "participants": "keys"}
OWNED = {"run_ref": "last", "stage_ref": "last", "batch_ref": "last", "name": "last", "metadata": "keys"}
RULES = {
    EntityKind.PROJECT: {"name": "last", "created_at": "first", "description": "last", "tags": "keys"},
    EntityKind.RUN: {
        **LIFECYCLE,
        "name": "last",
        "created_at": "first",
        "project_ref": "last",
        "tags": "keys",
        "metadata": "keys",
        "parameters": "keys",
        "annotations": "keys",
        "archived_at": "last",
        "purged_at": "final",
        "dataset_ref": "last",
    },
    EntityKind.DEPLOYMENT: {**LIFECYCLE, **OWNED, "order_index": "first", "artifact_ref": "last"},
    EntityKind.STAGE: {**LIFECYCLE, **OWNED, "order_index": "first"},
    EntityKind.BATCH: {**LIFECYCLE, **OWNED, "order_index": "first"},
    EntityKind.SAMPLE: {**LIFECYCLE, **OWNED, "observed_at": "last", "retention_class": "last"},
    EntityKind.OPERATION: {**LIFECYCLE, **OWNED},
    EntityKind.ENVIRONMENT: {"run_ref": "last", "packages": "last", "captured_at": "last", "code": "last"},
    EntityKind.RELATION: {"relation_type": "last", "source_ref": "last", "target_ref": "last"},
    EntityKind.PROVENANCE: {"relation_ref": "last", "assertion_mode": "last", "asserted_at": "last"},
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from(["", "a", "b"]),
    st.lists(st.integers(0, 1), max_size=1),
)
MAPS = st.one_of(st.none(), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
OF_RULE = {"last": VALUES, "first": VALUES, "keys": MAPS, "final": st.sampled_from([None, "t1", "t2"])}


def patches_of(kind, *, deletes):
    """Draw what several writers wrote of one entity: patches under clocks of their own."""
    rules = {**COMMON, **RULES[kind]}
    fields = st.fixed_dictionaries(
        {}, optional={name: OF_RULE[rule] for name, rule in rules.items() if deletes or rule != "final"}
    )
    return st.lists(fields, max_size=7).map(
        lambda drawn: [(f"{place:016d}-w{place % 3}", each) for place, each in enumerate(drawn)]
    )


def merged(patches):
    """Merge patches in the order given."""
    state = {}
    for clock, fields in patches:
        merge_patch(state, clock, fields)
    return state


def replayed(patches):
    """Work out the document by replaying the patches in the order of their clocks."""
    plain, maps, final = {}, {}, {}
    for _, fields in sorted(patches):
        for name, value in fields.items():
            rule = merge_rule(name)
            if rule == "final":
                if value is not None:
                    final.setdefault(name, value)
            elif rule == "first":
                plain.setdefault(name, value)
            elif rule == "last":
                plain[name] = value
            elif value is None:
                maps.pop(name, None)
            else:
                maps.setdefault(name, {}).update(value)
    if "deleted_at" in final:
        return {**final, "status": "deleted"}
    kept = {
        name: {key: value for key, value in entries.items() if value is not None}
        for name, entries in maps.items()
    }
    document = {**plain, **final, **{name: entries for name, entries in kept.items() if entries}}
    return {name: value for name, value in document.items() if value is not None}


@pytest.mark.parametrize("kind", EntityKind)
def test_the_rule_of_every_field_is_the_written_one(kind):
    """Each field of each kind is merged by the rule that is written down for it."""
    fields = {**COMMON, **RULES[kind]}
    assert {name: merge_rule(name) for name in fields} == fields


@pytest.mark.parametrize("kind", EntityKind)
@settings(max_examples=25)
@given(data=st.data())
def test_merging_commutes_and_may_be_repeated(kind, data):
    """Patches read in any order, some of them again, merge to what replaying them by clock gives."""
    patches = data.draw(patches_of(kind, deletes=data.draw(st.booleans())))
    again = data.draw(st.lists(st.sampled_from(patches), max_size=4)) if patches else []
    state = merged([*data.draw(st.permutations(patches)), *again])
    assert document_of(state) == replayed(patches)
    assert state == merged(patches)
    assert not any(merge_patch(state, clock, fields) for clock, fields in patches)


@pytest.mark.parametrize("kind", EntityKind)
@settings(max_examples=25)
@given(data=st.data())
def test_merging_associates(kind, data):
    """Journals may be read one after the other or in turns: how patches are grouped makes no difference."""
    patches = data.draw(patches_of(kind, deletes=data.draw(st.booleans())))
    journals = [[each for each in patches if each[0].endswith(f"w{writer}")] for writer in range(3)]
    one_by_one = merged(each for journal in data.draw(st.permutations(journals)) for each in journal)
    cut = data.draw(st.integers(0, len(patches)))
    in_two_parts = merged(patches[cut:])
    for clock, fields in patches[:cut]:
        merge_patch(in_two_parts, clock, fields)
    assert one_by_one == in_two_parts == merged(patches)


@given(data=st.data())
def test_a_deletion_is_for_ever(data):
    """Whatever is written before or after a deletion, by any writer, the entity stays deleted."""
    patches = data.draw(patches_of(EntityKind.RUN, deletes=True))
    place = data.draw(st.integers(0, len(patches)))
    clock = f"{place:016d}-a"
    document = document_of(merged([*patches, (clock, {"deleted_at": "t3"})]))
    assert document["status"] == "deleted"
    assert document.keys() <= {"status", "deleted_at", "purged_at"}


def test_a_removed_key_and_a_removed_map():
    """A key that is removed and a map that is removed come back only with what is written later."""
    tagged = ("1", {"tags": {"a": "1", "b": "1"}})
    without_a = ("2", {"tags": {"a": None}})
    cleared = ("3", {"tags": None})
    tagged_again = ("4", {"tags": {"b": "4"}})
    assert document_of(merged([without_a, tagged])) == {"tags": {"b": "1"}}
    assert document_of(merged([cleared, without_a, tagged])) == {}
    assert document_of(merged([tagged_again, cleared, without_a, tagged])) == {"tags": {"b": "4"}}


def test_nulls_that_are_kept():
    """A parameter that is null is a value; None alone removes the key."""
    kept = ("1", {"parameters": keeping_nulls({"depth": None, "rate": 0.1})})
    assert document_of(merged([kept])) == {"parameters": {"depth": None, "rate": 0.1}}
    assert document_of(merged([("2", {"parameters": {"depth": None}}), kept])) == {
        "parameters": {"rate": 0.1}
    }


GRAVITY = ["completed", "cancelled", "interrupted", "failed"]


@st.composite
def shared_runs(draw):
    """Draw a run that several processes take part in: the patches of each, and which of them are dead."""
    patches, dead, truth = [], set(), []
    for number in range(draw(st.integers(1, 4))):
        writer, attempt = f"w{number}", draw(st.integers(1, 2))
        opened = {"attempt": attempt, "status": "open", "started_at": f"2024-01-01T00:00:0{number}Z"}
        patches.append((f"{number:04d}-{writer}", {"participants": {f"{writer}.0": opened}}))
        status = draw(st.sampled_from(["open", "completed", "cancelled", "failed"]))
        if status != "open":
            closed = {**opened, "status": status, "ended_at": f"2024-01-01T00:01:0{number}Z"}
            patches.append((f"{number + 100:04d}-{writer}", {"participants": {f"{writer}.0": closed}}))
        elif draw(st.booleans()):
            dead.add(writer)
            status = "interrupted"
        truth.append((attempt, status, number))
    return patches, dead, truth


@given(shared_runs(), st.randoms())
def test_status_is_folded_alike_by_every_reader(shared, random):
    """Whatever order the participants' words arrive in, status and end are those of the last attempt's worst."""
    patches, dead, truth = shared
    shuffled = [*patches, *patches[::2]]
    random.shuffle(shuffled)
    folded = fold_participations(
        document_of(merged(shuffled)), lambda writer: Liveness.DEAD if writer in dead else Liveness.ALIVE
    )
    last = max(attempt for attempt, _, _ in truth)
    statuses = [status for attempt, status, _ in truth if attempt == last]
    expected = "open" if "open" in statuses else max(statuses, key=GRAVITY.index)
    ends = [
        f"2024-01-01T00:01:0{number}Z"
        for attempt, status, number in truth
        if attempt == last and status in {"completed", "cancelled", "failed"}
    ]
    assert folded["status"] == expected
    assert folded["started_at"] == "2024-01-01T00:00:00Z"
    assert folded.get("ended_at") == (max(ends) if ends and expected != "open" else None)
