"""JSON values inside models: what is accepted, how it is frozen, and the bounds."""

from __future__ import annotations

import copy
import enum
import pickle
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import freeze_json, freeze_json_mapping, thaw_json
from contexta.errors import ValidationError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def assert_refused(value, **keywords):
    """Return the error of freezing a value."""
    with pytest.raises(ValidationError) as caught:
        freeze_json(value, path="attributes", **keywords)
    assert caught.value.code == "extension_invalid_value"
    return caught.value


@given(JSON)
def test_freezing_loses_nothing(value):
    """Thawing gives equal plain data, and freezing again changes nothing."""
    frozen = freeze_json(value, path="a")
    assert thaw_json(frozen) == value
    assert freeze_json(frozen, path="a") == frozen


@given(JSON)
def test_frozen_values_hash_copy_and_pickle(value):
    """Frozen content can be a key and can cross a process border."""
    frozen = freeze_json({"v": value}, path="a")
    assert hash(frozen) == hash(freeze_json({"v": value}, path="a"))
    assert pickle.loads(pickle.dumps(frozen)) == frozen
    assert copy.deepcopy(frozen) is frozen
    assert copy.copy(frozen) is frozen


def test_later_changes_do_not_reach_a_frozen_value():
    """The content is copied at every depth, sorted by key."""
    inner = [1]
    source = {"b": inner, "a": {"z": inner, "y": 1}}
    frozen = freeze_json(source, path="a")
    inner.append(2)
    source["c"] = 3
    assert thaw_json(frozen) == {"a": {"y": 1, "z": [1]}, "b": [1]}
    assert list(frozen) == ["a", "b"]
    assert list(frozen["a"]) == ["y", "z"]


class Colour(enum.StrEnum):
    """An enum with text values."""

    RED = "red"


class Level(enum.IntEnum):
    """An enum with numbers."""

    LOW = 1


def test_subclasses_of_scalars_become_the_scalars():
    """Enums and other subclasses are stored as the plain values that they are."""
    frozen = freeze_json([Colour.RED, Level.LOW, OrderedDict(a=1), range(2)], path="a")
    assert frozen == ("red", 1, {"a": 1}, (0, 1))
    assert [type(item) for item in frozen[:2]] == [str, int]


def test_numpy_scalars_become_python_numbers():
    """NumPy's scalars are accepted without importing NumPy here; arrays are not JSON."""
    numpy = pytest.importorskip("numpy")
    frozen = freeze_json([numpy.float32(0.5), numpy.int64(2), numpy.bool_(True), numpy.str_("x")], path="a")
    assert frozen == (0.5, 2, True, "x")
    assert [type(item) for item in frozen] == [float, int, bool, str]
    assert_refused({"a": numpy.zeros(2)})
    assert_refused(numpy.datetime64("2024-01-01"))
    assert_refused(numpy.float64("nan"))


@pytest.mark.parametrize(
    "value",
    [
        {1},
        b"x",
        bytearray(b"x"),
        datetime.now(UTC),
        Path(),
        Decimal(1),
        float("nan"),
        float("-inf"),
        1j,
        object(),
        int,
    ],
    ids=lambda value: type(value).__name__ + str(value)[:4].strip("<"),
)
def test_what_is_not_json_is_refused(value):
    """Each is a typed error with the exact place."""
    error = assert_refused({"a": {"b": [0, value]}})
    assert error.details["path"] == "attributes.a.b[1]"
    assert error.details["field_name"] == "attributes"


@pytest.mark.parametrize("value", ["\ud800", "a\x00", {"\ud800": 1}, {1: 2}, {1: 2, "a": 3}, {None: 1}])
def test_broken_text_and_keys_are_refused(value):
    """Lone surrogates, NUL and keys that are no text are typed errors."""
    assert_refused({"a": value})


def nested(depth):
    """Build lists inside each other."""
    value = 0
    for _ in range(depth):
        value = [value]
    return value


def test_the_bounds_are_exact():
    """What is stated as the limit passes, one more does not."""
    freeze_json(nested(64), path="a")
    assert_refused(nested(65))
    freeze_json({str(number): 0 for number in range(1_000)}, path="a")
    assert_refused({str(number): 0 for number in range(1_001)})
    freeze_json([0] * 99_999, path="a")
    assert_refused([0] * 100_000)
    assert_refused(range(10**12))
    freeze_json([2**64 - 1, -(2**63)], path="a")
    assert_refused(2**64)
    assert_refused(-(2**63) - 1)
    assert_refused(10**5000)
    freeze_json("x" * 1_048_576, path="a")
    assert_refused("x" * 1_048_577)
    freeze_json({"k" * 1_024: 0}, path="a")
    assert_refused({"k" * 1_025: 0})


def test_cycles_and_expanding_graphs_end():
    """A value that contains itself, or that is small only because its parts are shared, is a typed error."""
    cycle = {}
    cycle["self"] = cycle
    assert_refused(cycle)
    bomb = [0]
    for _ in range(40):
        bomb = [bomb] * 10
    assert_refused(bomb)


def test_top_level_keys_are_stripped_and_distinct():
    """Attribute names lose white space; blank and colliding ones are refused; nested keys stay."""
    assert freeze_json_mapping({" a ": {" b ": 1}}, field_name="attributes") == {"a": {" b ": 1}}
    for broken in ({" ": 1}, {"a": 1, "a ": 2}, {1: 2}, [1], "x"):
        with pytest.raises(ValidationError) as caught:
            freeze_json_mapping(broken, field_name="attributes")
        assert caught.value.code == "record_invalid_mapping"
    assert freeze_json_mapping(None, field_name="attributes") is EMPTY_MAPPING


def test_a_frozen_mapping_is_a_mapping_that_cannot_change():
    """It equals any mapping of its items and refuses assignment."""
    mapping = FrozenMapping({"a": 1})
    assert mapping == {"a": 1}
    assert {"a": 1} == mapping
    assert mapping != {"a": 2}
    assert mapping != 5
    assert ("a" in mapping, len(mapping), dict(mapping), repr(mapping)) == (True, 1, {"a": 1}, "{'a': 1}")
    with pytest.raises(TypeError):
        mapping["b"] = 2
    with pytest.raises(AttributeError):
        mapping._items = {}
    with pytest.raises(AttributeError):
        del mapping._items
    with pytest.raises(TypeError):
        hash(FrozenMapping({"a": []}))
