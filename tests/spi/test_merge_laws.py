"""The merge rule: whatever order patches arrive in, every reader arrives at the same document."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.spi.merge import document_of, merge_patch

VALUES = st.one_of(
    st.none(), st.integers(0, 3), st.text("ab", max_size=2), st.lists(st.integers(0, 1), max_size=2)
)
MAPS = st.one_of(st.none(), st.integers(0, 1), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": VALUES,
        "created_at": st.sampled_from(["t1", "t2", "t3"]),
        "tags": MAPS,
        "participants": MAPS,
        "other": VALUES,
        "metadata": MAPS,
        "order_index": st.integers(0, 2),
        "deleted_at": st.sampled_from([None, "t1", "t2"]),
        "purged_at": st.sampled_from(["t1", "t2"]),
    },
)


@st.composite
def patches(draw):
    """Draw patches, each with a clock of its own."""
    fields = draw(st.lists(FIELDS, min_size=1, max_size=6))
    clocks = draw(st.permutations([f"c{number}" for number in range(len(fields))]))
    return list(zip(clocks, fields, strict=True))


def merged(patches):
    """Merge patches in their order."""
    state = {}
    for clock, fields in patches:
        merge_patch(state, clock, fields)
    return state


@given(patches(), st.randoms())
def test_order_does_not_matter(given_patches, random):
    """Any order of any patches, some of them twice, gives the same document and state."""
    shuffled = given_patches + given_patches[: len(given_patches) // 2]
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(given_patches)
    assert document_of(merged(shuffled)) == document_of(merged(given_patches))


@given(patches())
def test_a_second_time_changes_nothing(given_patches):
    """Merging a patch again says that nothing changed."""
    state = merged(given_patches)
    assert not any(merge_patch(state, clock, fields) for clock, fields in given_patches)


@given(patches())
def test_the_state_is_json(given_patches):
    """A backend may store the state as JSON and go on with what it read."""
    state = merged(given_patches)
    assert document_of(json.loads(json.dumps(state))) == document_of(state)


def test_the_later_clock_wins_each_field():
    """Two writers of different fields both get their way; of one field the later does."""
    state = merged([("c2", {"a": 2, "b": 2}), ("c1", {"a": 1, "c": 1})])
    assert document_of(state) == {"a": 2, "b": 2, "c": 1}


def test_the_first_writer_says_when_it_was_created():
    """The creation time is the earliest writer's, in whatever order the two are read."""
    state = merged([("c2", {"created_at": "later"}), ("c1", {"created_at": "earlier"})])
    assert document_of(state) == {"created_at": "earlier"}


def test_maps_are_merged_by_key():
    """Two processes tag one run, and both tags stay."""
    state = merged([("c1", {"tags": {"a": "1", "b": "1"}}), ("c2", {"tags": {"b": "2", "c": "2"}})])
    assert document_of(state) == {"tags": {"a": "1", "b": "2", "c": "2"}}


def test_none_removes_a_field_and_a_key():
    """None removes what was set before it, and a later value comes back."""
    state = merged([("c1", {"a": 1, "tags": {"x": "1", "y": "1"}}), ("c2", {"a": None, "tags": {"x": None}})])
    assert document_of(state) == {"tags": {"y": "1"}}
    merge_patch(state, "c3", {"a": 3})
    assert document_of(state)["a"] == 3


def test_none_removes_a_whole_map():
    """None for a map removes the keys that were set before it and no later one."""
    state = merged([("c1", {"tags": {"x": "1"}}), ("c3", {"tags": {"y": "3"}}), ("c2", {"tags": None})])
    assert document_of(state) == {"tags": {"y": "3"}}


@pytest.mark.parametrize("value", ["text", 3, [1], True])
def test_a_map_that_is_none_does_not_spoil_the_others(value):
    """A faulty writer that gives something else for a map changes nothing."""
    state = merged([("c1", {"tags": {"x": "1"}}), ("c2", {"tags": value})])
    assert document_of(state) == {"tags": {"x": "1"}}


def test_other_mappings_are_replaced_whole():
    """A field that is no map field is replaced, whatever it holds."""
    state = merged([("c1", {"code": {"a": 1, "b": 1}}), ("c2", {"code": {"a": 2}})])
    assert document_of(state) == {"code": {"a": 2}}
