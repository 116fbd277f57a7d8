"""The merge rule that the store builds on: any order, any repetition, one document."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from contexta.spi.merge import FIRST_FIELDS, MAP_FIELDS, document_of, merge_patch

VALUES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)
FIELDS = st.dictionaries(st.sampled_from(["name", "status", "created_at"]), VALUES, max_size=3)
MAPS = st.dictionaries(
    st.sampled_from(["tags", "parameters"]),
    st.none() | st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    max_size=2,
)
PATCHES = st.lists(st.tuples(FIELDS, MAPS), max_size=8).map(
    lambda pairs: [(f"{n:016d}-w", {**fields, **maps}) for n, (fields, maps) in enumerate(pairs)]
)


def merged(patches):
    """Merge the patches in the order given."""
    state = {}
    for clock, fields in patches:
        merge_patch(state, clock, fields)
    return document_of(state)


def replayed(patches):
    """Apply the patches in the order of their clocks, the plain way: the independent answer."""
    plain, maps = {}, {}
    for _, fields in sorted(patches, key=lambda patch: patch[0]):
        for name, value in fields.items():
            if name in MAP_FIELDS and value is None:
                maps.pop(name, None)
            elif name in FIRST_FIELDS:
                plain.setdefault(name, value)
            elif name in MAP_FIELDS:
                maps.setdefault(name, {}).update(value)
            else:
                plain[name] = value
    document = {name: value for name, value in plain.items() if value is not None}
    for name, entries in maps.items():
        kept = {key: value for key, value in entries.items() if value is not None}
        if kept:
            document[name] = kept
    return document


@given(patches=PATCHES, data=st.data())
def test_merging_does_not_depend_on_order_or_repetition(patches, data) -> None:
    """A shuffled journal with lines read twice merges to what replaying it by clock gives."""
    shuffled = data.draw(st.permutations(patches))
    again = data.draw(st.lists(st.sampled_from(patches), max_size=5)) if patches else []
    assert merged(chain(shuffled, again)) == replayed(patches)


@given(patches=PATCHES)
def test_merging_twice_reports_no_change(patches) -> None:
    """The second merge of the same patches changes nothing and says so."""
    state = {}
    for clock, fields in patches:
        merge_patch(state, clock, fields)
    assert not any(merge_patch(state, clock, fields) for clock, fields in patches)
