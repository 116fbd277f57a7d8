"""Stable refs: grammar, shape, and behaving as their own text."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract.refs import (
    CORE_STABLE_REF_COMPONENT_COUNTS,
    CORE_STABLE_REF_KINDS,
    StableRef,
    validate_core_stable_ref,
    validate_stable_ref_field,
    validate_stable_ref_kind,
)
from contexta.errors import ValidationError

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
COMPONENTS = st.lists(WORDS, min_size=1, max_size=3).map("-".join)
KINDS = st.builds("{}{}".format, st.sampled_from("abcxyz"), st.text("abcxyz019_", max_size=10))
REFS = st.builds(
    lambda kind, parts: StableRef(kind, ".".join(parts)), KINDS, st.lists(COMPONENTS, min_size=1, max_size=5)
)


def code_of(function, *arguments, **keywords):
    """Return the code of the ValidationError that a call raises."""
    with pytest.raises(ValidationError) as caught:
        function(*arguments, **keywords)
    return caught.value.code


@given(REFS)
def test_a_ref_reads_back_from_its_text(ref):
    """Parsing the text of any ref gives an equal ref with the same parts."""
    again = StableRef.parse(ref.text)
    assert again == ref
    assert (again.kind, again.value) == (ref.kind, ref.value)


@given(REFS, REFS)
def test_a_ref_equals_orders_and_hashes_like_its_text(left, right):
    """Refs and texts are one kind of key."""
    assert left == left.text
    assert left.text == left
    assert hash(left) == hash(left.text)
    assert (left < right) == (left.text < right.text)
    assert {left: 1}[left.text] == 1


def test_a_ref_has_kind_value_text_and_components():
    """The parts of a ref are what they were given as."""
    ref = StableRef("run", "vision.resnet-50")
    assert ref.kind == "run"
    assert ref.value == "vision.resnet-50"
    assert ref.text == "run:vision.resnet-50"
    assert type(ref.text) is str
    assert str(ref) == "run:vision.resnet-50"
    assert ref.components == ("vision", "resnet-50")
    assert ref.to_dict() == {"kind": "run", "value": "vision.resnet-50"}


def test_parse_returns_a_ref_as_it_is():
    """A ref passes through parse untouched."""
    ref = StableRef.project("p")
    assert StableRef.parse(ref) is ref


@pytest.mark.parametrize("name", ["kind", "value", "text", "other"])
def test_a_ref_cannot_be_changed(name):
    """Assignment and deletion are refused."""
    ref = StableRef.project("p")
    with pytest.raises(AttributeError):
        setattr(ref, name, "x")
    with pytest.raises(AttributeError):
        delattr(ref, name)


def test_a_ref_pickles_copies_and_serialises():
    """Refs cross process borders, and JSON takes them as text."""
    ref = StableRef.run("p", "r")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(ref, protocol))
        assert (type(again), again.kind, again) == (StableRef, "run", ref)
    assert copy.copy(ref) is ref
    assert copy.deepcopy([ref])[0] is ref
    assert json.dumps(ref) == '"run:p.r"'
    assert repr(ref) == "StableRef(kind='run', value='p.r')"


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (StableRef.project("p"), "project:p"),
        (StableRef.run("p", "r"), "run:p.r"),
        (StableRef.deployment("p", "d"), "deployment:p.d"),
        (StableRef.stage("p", "r", "s"), "stage:p.r.s"),
        (StableRef.batch("p", "r", "s", "b"), "batch:p.r.s.b"),
        (StableRef.sample("p", "r", "s", "x"), "sample:p.r.s.x"),
        (StableRef.sample("p", "r", "s", "x", batch="b"), "sample:p.r.s.b.x"),
        (StableRef.op("p", "r", "s", "o"), "op:p.r.s.o"),
        (StableRef.op("p", "r", "s", "o", batch="b"), "op:p.r.s.b.o"),
        (StableRef.record("p", "r", "x"), "record:p.r.x"),
        (StableRef.artifact("p", "r", "a"), "artifact:p.r.a"),
        (StableRef.environment("p", "r", "e"), "environment:p.r.e"),
        (StableRef.relation("e1"), "relation:e1"),
        (StableRef.provenance("v1"), "provenance:v1"),
    ],
)
def test_builders_lay_components_from_the_project_down(built, text):
    """Each builder gives the documented layout, which also passes the shape check."""
    assert built == text
    assert validate_core_stable_ref(built) is built


def test_a_builder_refuses_a_component_with_a_dot():
    """A dotted argument would shift the components behind it, so it is refused."""
    assert code_of(StableRef.run, "a.b", "c") == "stable_ref_invalid_value"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("project", "stable_ref_invalid_text"),
        ("a:b:c", "stable_ref_invalid_text"),
        ("", "stable_ref_invalid_text"),
        (12, "stable_ref_invalid_text"),
        (None, "stable_ref_invalid_text"),
        (b"a:b", "stable_ref_invalid_text"),
        (":p", "stable_ref_invalid_kind"),
        ("Run:p.r", "stable_ref_invalid_kind"),
        ("1run:p.r", "stable_ref_invalid_kind"),
        (" run:p.r", "stable_ref_invalid_kind"),
        ("run\n:p.r", "stable_ref_invalid_kind"),
        ("run:", "stable_ref_invalid_value"),
        ("run: ", "stable_ref_invalid_value"),
        ("run:p.r ", "stable_ref_invalid_value"),
        ("run:p.r\n", "stable_ref_invalid_value"),
        ("run:p r", "stable_ref_invalid_value"),
        ("run:p_r", "stable_ref_invalid_value"),
        ("run:p/r", "stable_ref_invalid_value"),
        ("run:p..r", "stable_ref_invalid_value"),
        ("run:.r", "stable_ref_invalid_value"),
        ("run:p.", "stable_ref_invalid_value"),
        ("run:p--r", "stable_ref_invalid_value"),
        ("run:-p", "stable_ref_invalid_value"),
        ("run:P", "stable_ref_invalid_value"),
        ("run:é", "stable_ref_invalid_value"),
        ("run:٣", "stable_ref_invalid_value"),
        ("run:" + "a" * 64, "stable_ref_invalid_value"),
    ],
)
def test_broken_refs_are_refused_with_their_code(raw, code):
    """Nothing is stripped or corrected, and the code says which part is wrong."""
    assert code_of(StableRef.parse, raw) == code


@pytest.mark.parametrize(("kind", "value"), [(None, "p"), ("run", None), (1, "p"), ("run", 1)])
def test_parts_that_are_no_text_are_refused(kind, value):
    """The constructor takes text only."""
    assert code_of(StableRef, kind, value) in {"stable_ref_invalid_kind", "stable_ref_invalid_value"}


def test_the_limits_are_63_a_component_and_255_in_all():
    """A component of 63 and a text of 255 characters pass; one more does not."""
    assert StableRef("run", "a" * 63).value == "a" * 63
    # "k:" and four components of 63, 63, 63 and 61 with three dots are 255 characters.
    parts = ["a" * 63, "b" * 63, "c" * 63]
    fits = StableRef("k", ".".join([*parts, "d" * 61]))
    assert len(fits.text) == 255
    assert code_of(StableRef, "k", ".".join([*parts, "d" * 62])) == "stable_ref_too_long"


def test_kinds_may_hold_underscores():
    """A kind is a lower_snake word, unlike a component."""
    assert StableRef("my_kind", "x").kind == "my_kind"


def test_core_kinds_have_documented_counts():
    """The published counts are those of the layout."""
    assert CORE_STABLE_REF_COMPONENT_COUNTS == {
        "project": 1,
        "run": 2,
        "deployment": 2,
        "stage": 3,
        "batch": 4,
        "sample": 4,
        "op": 4,
        "record": 3,
        "artifact": 3,
    }
    assert tuple(CORE_STABLE_REF_COMPONENT_COUNTS) == CORE_STABLE_REF_KINDS


@pytest.mark.parametrize(
    "text", ["project:p.q", "run:p", "stage:p.r", "batch:p.r.s", "op:p.r.s", "op:p.r.s.b.o.x"]
)
def test_a_core_ref_of_another_shape_is_refused(text):
    """Core kinds have a fixed number of components."""
    assert code_of(validate_core_stable_ref, StableRef.parse(text)) == "stable_ref_invalid_shape"


def test_other_kinds_have_no_shape():
    """A kind of somebody else's may have any number of components, and comes back as the same object."""
    ref = StableRef("custom", "a.b.c.d.e.f")
    assert validate_core_stable_ref(ref) is ref


def test_the_kind_check_takes_one_kind_or_several():
    """One expected kind or a sequence of them; the same object comes back."""
    ref = StableRef.run("p", "r")
    assert validate_stable_ref_kind(ref, "run") is ref
    assert validate_stable_ref_kind(ref, ("stage", "run")) is ref
    assert code_of(validate_stable_ref_kind, ref, "stage", field_name="x_ref") == "stable_ref_kind_mismatch"


def test_the_field_check_knows_which_kind_belongs_into_a_field():
    """A field takes its own kind; a subject may be of any core kind; other fields are unknown."""
    ref = StableRef.run("p", "r")
    assert validate_stable_ref_field(ref, "run_ref") is ref
    assert validate_stable_ref_field(ref, "subject_ref") is ref
    assert code_of(validate_stable_ref_field, ref, "project_ref") == "stable_ref_kind_mismatch"
    assert code_of(validate_stable_ref_field, ref, "nonsense") == "stable_ref_unknown_field"


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: StableRef.parse("project"), "one ':'"),
        (lambda: StableRef("", "p"), "blank"),
        (lambda: StableRef("run", ""), "blank"),
        (lambda: validate_core_stable_ref(StableRef("project", "a.b")), "expects 1"),
        (lambda: validate_stable_ref_kind(StableRef.project("p"), "run"), "mismatch"),
        (lambda: validate_stable_ref_field(StableRef.project("p"), "nonsense"), "Unknown"),
    ],
    ids=["colon", "kind", "value", "count", "other-kind", "field"],
)
def test_messages_keep_the_fragments_that_programs_look_for(call, fragment):
    """Fragments that earlier users matched stay in the texts."""
    with pytest.raises(ValidationError, match=fragment):
        call()


def test_padding_is_not_called_blank():
    """A padded kind is told from a blank one."""
    with pytest.raises(ValidationError) as caught:
        StableRef(" run", "p.r")
    assert "blank" not in str(caught.value)
