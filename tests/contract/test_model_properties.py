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

from contexta.contract import StableRef, serialization, to_json, to_payload
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import ContractModel, model_fields
from contexta.errors import ContextaError
from contexta.testing.strategies import json_values, models

MODELS = models()
JSON = json_values()
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
    name = data.draw(st.sampled_from(sorted(model.to_dict())))
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


def test_every_model_is_read_by_one_function():
    """The canonical models and the classes that the decoders give are the same."""
    assert DECODERS.keys() == {"StableRef", *(model.__name__ for model in CANONICAL_MODELS.values())}
