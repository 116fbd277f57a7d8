"""Properties of models: round trip, identity by content, and behaviour as values."""

from __future__ import annotations

import copy
import json
import pickle
import sys

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract import (
    DegradedPayload,
    EnvironmentSnapshot,
    ExtensionFieldSet,
    LineageEdge,
    MetricPayload,
    Project,
    Run,
    StableRef,
    StructuredEventPayload,
    TraceSpanPayload,
    serialization,
    text_from_ns,
    to_json,
    to_payload,
    vocabularies,
)
from contexta.contract.contract_model import ContractModel, model_fields
from contexta.errors import ContextaError

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXT = st.text(CHARACTERS, min_size=1, max_size=30).filter(lambda text: text.strip())
COMPONENT = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
KEY = st.lists(st.text("abcXYZ019_/@%-", min_size=1, max_size=8), min_size=1, max_size=4).map(".".join)
TOKEN = st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,6}\Z", fullmatch=True), min_size=1, max_size=4).map(
    ".".join
)
SNAKE = st.from_regex(r"[a-z][a-z0-9_]{0,10}\Z", fullmatch=True)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | st.text(CHARACTERS, max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(SNAKE, JSON, max_size=4)
STRINGS = st.dictionaries(SNAKE, st.text(CHARACTERS, max_size=10), max_size=4)
INSTANT = st.integers(-62_135_596_800 * 10**9, 253_402_300_799 * 10**9)
TIME = INSTANT.map(text_from_ns)
REF = st.builds(StableRef.artifact, COMPONENT, COMPONENT, COMPONENT)
EXTENSIONS = st.lists(
    st.builds(
        ExtensionFieldSet, TOKEN.map(lambda _: "a.b"), st.dictionaries(SNAKE, JSON, min_size=1, max_size=3)
    ),
    max_size=1,
)


def optional(strategy):
    """Give the strategy's values or None."""
    return st.none() | strategy


def words(name):
    """Give the words of a vocabulary."""
    return st.sampled_from(getattr(vocabularies, name))


@st.composite
def runs(draw):
    """Build any valid run."""
    first, second = sorted([draw(INSTANT), draw(INSTANT)])
    project, name = draw(COMPONENT), draw(COMPONENT)
    status = draw(words("RUN_STAGE_STATUSES"))
    return Run(
        StableRef.run(project, name),
        f"project:{project}",
        draw(TEXT),
        status,
        text_from_ns(first),
        None if status == "open" else text_from_ns(second),
        draw(optional(TEXT)),
        extensions=draw(EXTENSIONS),
        tags=draw(STRINGS),
        metadata=draw(ATTRIBUTES),
        dataset_ref=draw(optional(TEXT)),
        code_revision=draw(optional(TEXT)),
        parameters=draw(ATTRIBUTES),
    )


@st.composite
def spans(draw):
    """Build any valid span."""
    first, second = sorted([draw(INSTANT), draw(INSTANT)])
    return TraceSpanPayload(
        "own",
        draw(TEXT),
        draw(optional(TEXT.map(lambda text: f"p{text}"))),
        span_name=draw(TEXT),
        started_at=text_from_ns(first),
        ended_at=text_from_ns(second),
        status=draw(words("TRACE_SPAN_STATUSES")),
        span_kind=draw(words("TRACE_SPAN_KINDS")),
        attributes=draw(ATTRIBUTES),
        linked_refs=draw(st.lists(REF, max_size=3)),
    )


MODELS = st.one_of(
    runs(),
    spans(),
    st.builds(
        Project,
        COMPONENT.map(StableRef.project),
        TEXT,
        TIME,
        optional(TEXT),
        STRINGS,
        extensions=EXTENSIONS,
    ),
    st.builds(
        EnvironmentSnapshot,
        st.just("environment:p.r.e"),
        st.just("run:p.r"),
        TIME,
        TEXT,
        TEXT,
        STRINGS,
        STRINGS,
    ),
    st.builds(
        StructuredEventPayload,
        KEY,
        words("EVENT_LEVELS"),
        TEXT,
        optional(REF),
        ATTRIBUTES,
        words("ORIGIN_MARKERS"),
    ),
    st.builds(
        MetricPayload,
        KEY,
        NUMBER,
        st.just("number"),
        optional(TEXT),
        words("METRIC_AGGREGATION_SCOPES"),
        optional(REF),
        optional(TOKEN),
        STRINGS,
        optional(SNAKE),
        step=optional(st.integers(-(2**63), 2**63 - 1)),
    ),
    st.builds(
        DegradedPayload,
        TOKEN,
        words("DEGRADED_CATEGORIES"),
        words("DEGRADED_SEVERITIES"),
        TEXT,
        attributes=ATTRIBUTES,
    ),
    st.builds(
        LineageEdge,
        COMPONENT.map(StableRef.relation),
        words("RELATION_TYPES"),
        st.just("run:p.r"),
        REF,
        TIME,
        words("LINEAGE_ORIGIN_MARKERS"),
        words("CONFIDENCE_MARKERS"),
        evidence_refs=st.lists(REF, max_size=3),
    ),
)
DECODERS = {
    getattr(serialization, name).__annotations__["return"]: getattr(serialization, name)
    for name in serialization.__all__
    if name.startswith("deserialize_")
}


def decode(model, data):
    """Decode data as a model of the same class."""
    return DECODERS[type(model).__name__](data)


@given(MODELS)
def test_any_model_reads_back_from_its_text(model):
    """Text is read back as an equal model whose text is the same, byte for byte."""
    text = to_json(model)
    again = decode(model, text)
    assert again == model
    assert to_json(again) == text
    assert decode(model, model.to_dict()) == model


@given(MODELS)
def test_the_text_is_canonical_json(model):
    """The standard library reads the text and finds its keys sorted and no white space between."""
    text = to_json(model)
    pairs = []
    json.loads(text, object_pairs_hook=lambda items: pairs.append([key for key, _ in items]) or dict(items))
    assert all(keys == sorted(keys) for keys in pairs)
    assert json.loads(text) == to_payload(model)


@given(MODELS)
def test_any_model_is_a_value(model):
    """Equal models hash alike, and copies of all kinds are equal."""
    again = decode(model, to_json(model))
    assert hash(again) == hash(model)
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.copy(model) == model
    assert copy.deepcopy(model) == model
    assert attrs.evolve(model) == model


def outcome(decoder, data):
    """Return what decoding gives, a model or a typed error; anything else fails the test."""
    try:
        return decoder(data)
    except ContextaError as error:
        return error


@given(JSON)
def test_decoding_anything_gives_a_model_or_a_typed_error(data):
    """Whatever the data, only errors of the product's own tree come out, each with a code."""
    for decoder in DECODERS.values():
        for form in (data, json.dumps(data)):
            result = outcome(decoder, form)
            assert isinstance(result, (ContractModel, StableRef)) or result.code


@given(MODELS, st.data())
def test_a_model_with_one_field_spoilt_is_a_model_or_a_typed_error(model, data):
    """One field replaced by anything, or left out, never leads to a raw exception."""
    payload = to_payload(model)
    name = data.draw(st.sampled_from(sorted(payload)))
    payload[name] = data.draw(
        JSON | st.binary(max_size=3) | st.sampled_from([object(), float("nan"), "\ud800"])
    )
    result = outcome(DECODERS[type(model).__name__], payload)
    assert isinstance(result, ContractModel) or result.details
    del payload[name]
    assert outcome(DECODERS[type(model).__name__], payload) is not None


def test_every_model_is_a_frozen_value(named_model):
    """Each example pickles, copies, hashes, evolves, and refuses assignment."""
    _, model = named_model
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model
    assert attrs.evolve(model) == model
    assert hash(model) == hash(copy.copy(model))
    name = model_fields(type(model))[0].name
    with pytest.raises(AttributeError):
        setattr(model, name, None)
    assert not hasattr(model, "__dict__")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace came with Python 3.13")
def test_every_model_can_be_replaced(named_model):
    """The standard library's copy.replace makes a checked copy."""
    _, model = named_model
    assert copy.replace(model) == model


def test_evolving_checks_again(build):
    """A changed copy passes through the same rules."""
    run = build.examples["run"]
    assert attrs.evolve(run, name="New").name == "New"
    with pytest.raises(ContextaError):
        attrs.evolve(run, status="open")


def test_to_dict_lists_every_field_in_order(named_model):
    """The plain data has every declared field, None included, as fresh JSON data."""
    _, model = named_model
    data = model.to_dict()
    assert list(data) == [field.name for field in model_fields(type(model))]
    json.dumps(data)


def test_models_have_distinct_names(named_model):
    """Each model has a name for registries and schemas."""
    _, model = named_model
    assert model.contract_name != ContractModel.contract_name
