"""Lines of the journal: encoding, decoding, and what is refused."""

from __future__ import annotations

import json
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import SerializationError
from contexta.spi.metadata import EntityKind, Mutation
from contexta_store_duckdb.entries import decode_entry, decode_fields, encode_entry

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(fields=st.dictionaries(st.text(max_size=5), JSON, max_size=5), more=st.booleans())
def test_a_mutation_comes_back_as_it_was(fields, more) -> None:
    """Encoding and decoding a mutation gives the same kind, reference, clock and fields, on one line."""
    members = encode_entry("0000000000000001-w", Mutation(EntityKind.RUN, "run:p.r", fields), more=more)
    assert b"\n" not in members
    entry = decode_entry(b'{"n":1,' + members + b',"c":"00000000"}')
    assert (entry.clock, entry.kind, entry.ref, entry.more) == ("0000000000000001-w", "run", "run:p.r", more)
    assert decode_fields(entry) == fields


def test_a_line_is_plain_json_with_the_documented_members() -> None:
    """The line can be read with any JSON parser: h, kind, ref, set, and `more` only where lines follow."""
    members = encode_entry("1-w", Mutation(EntityKind.STAGE, "stage:p.r.s", {"a": 1}))
    assert json.loads(b"{" + members + b"}") == {
        "h": "1-w",
        "kind": "stage",
        "ref": "stage:p.r.s",
        "set": {"a": 1},
    }


def test_frozen_mappings_and_tuples_are_json_too() -> None:
    """Mappings that are no dict, at any depth, and tuples are written as objects and arrays."""
    fields = MappingProxyType({"tags": MappingProxyType({"a": (1, 2)})})
    members = encode_entry("1-w", Mutation(EntityKind.RUN, "run:p.r", fields))
    assert json.loads(b"{" + members + b"}")["set"] == {"tags": {"a": [1, 2]}}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), [1, {"x": float("nan")}]])
def test_a_float_that_is_not_finite_is_refused(value) -> None:
    """NaN would be written as null, which removes a field: it is an error that names the place instead."""
    with pytest.raises(SerializationError) as caught:
        encode_entry("1-w", Mutation(EntityKind.RUN, "run:p.r", {"lr": value, "gone": None}))
    assert caught.value.code == "metadata_not_json"
    assert "run:p.r.lr" in caught.value.message


@pytest.mark.parametrize("value", [object(), {1, object()}, {("a",): 1}, "\ud800", complex(1, 2)])
def test_what_is_no_json_is_refused(value) -> None:
    """A value without a JSON form is an error of the tree, with its cause kept."""
    with pytest.raises(SerializationError) as caught:
        encode_entry("1-w", Mutation(EntityKind.RUN, "run:p.r", {"x": value}))
    assert caught.value.code == "metadata_not_json"
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"h":"1","kind":"run","ref":"r","set":[1]}',
        b'{"h":1,"kind":"run","ref":"r","set":{}}',
    ],
)
def test_a_line_that_is_no_mutation_does_not_decode(line) -> None:
    """Lines of another shape are told by msgspec's own error, which the reader reports as damage."""
    with pytest.raises(msgspec.MsgspecError):
        decode_entry(line)
