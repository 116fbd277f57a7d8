"""Old readers and new data, new readers and old data, and readers of another major version."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract import Run, serialization, to_json, to_payload
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import model_fields
from contexta.contract.decoding import decode_model
from contexta.contract.fields import is_required
from contexta.errors import SchemaVersionError
from contexta.testing.strategies import json_values, models, snake_words

# What came after the first release of each model, from its documentation: data of then lacks it.
SINCE_THE_FIRST = {
    "run": {"tags", "metadata", "dataset_ref", "code_revision", "config_snapshot_ref", "parameters"},
    "metric_payload": {"step"},
}

NEW_FIELDS = st.dictionaries(
    snake_words().map(lambda word: f"later_{word}"), json_values(), min_size=1, max_size=3
)


def objects_of(model, payload):
    """List the objects of a payload that are models, outermost first."""
    found = [payload]
    for field in model_fields(model):
        nested = field.metadata.get("model")
        if nested is not None and isinstance(payload.get(field.name), dict):
            found += objects_of(nested, payload[field.name])
    return [*found, *payload.get("extensions", [])]


@given(models(), st.data(), st.integers(1, 999))
def test_an_old_reader_keeps_what_a_new_writer_added(model, data, minor):
    """Fields of a newer minor version, at every level, survive reading and writing, byte for byte."""
    payload = to_payload(model)
    for place in objects_of(type(model), payload):
        place.update(data.draw(NEW_FIELDS))
        if "schema_version" in place:
            place["schema_version"] = f"1.{minor}.0"
    text = to_json(payload)
    read = decode_model(type(model), text)
    assert to_json(read) == text
    assert to_json(decode_model(type(model), read.to_dict())) == text
    assert decode_model(type(model), text) == read


@given(models())
def test_unknown_fields_make_a_difference(model):
    """Two models that differ in an unknown field are not equal, so neither is lost for the other."""
    read = decode_model(type(model), {**to_payload(model), "later_field": 1})
    assert read != model
    assert to_payload(attrs.evolve(read))["later_field"] == 1


@given(models())
def test_a_new_reader_takes_data_without_the_optional_fields(model):
    """What an older writer did not know is filled with the defaults of today."""
    payload = to_payload(model)
    later = SINCE_THE_FIRST.get(model.contract_name, set())
    old = {name: value for name, value in payload.items() if name not in later}
    read = decode_model(type(model), old)
    defaults = {
        field.name: field.converter(field.default)
        for field in model_fields(type(model))
        if field.name in later
    }
    for name, value in defaults.items():
        assert getattr(read, name) == value
    assert to_payload(read) == {
        **old,
        **{name: value for name, value in to_payload(read).items() if name in later},
    }


def test_later_fields_are_optional():
    """Every field that came later has a default and stands behind the first release's, so old calls mean the same."""
    for name, later in SINCE_THE_FIRST.items():
        fields = model_fields(CANONICAL_MODELS[name])
        assert {field.name for field in fields[-len(later) :]} == later
        assert not any(is_required(field) for field in fields[-len(later) :])


def test_old_data_reads_as_it_was():
    """The text of a run of the first release is read and written unchanged."""
    text = (
        '{"ended_at":"2024-01-01T01:00:00Z","extensions":[],"name":"R","project_ref":"project:p",'
        '"run_ref":"run:p.r1","schema_version":"1.0.0","started_at":"2024-01-01T00:00:00Z","status":"completed"}'
    )
    assert to_json(serialization.deserialize_run(text)) == text


VERSIONED = [
    name
    for name, model in CANONICAL_MODELS.items()
    if "schema_version" in {field.name for field in model_fields(model)}
]


@pytest.mark.parametrize("name", VERSIONED)
@pytest.mark.parametrize(
    ("version", "advice"), [("2.0.0", "upgrade"), ("0.9", "migrate"), ("11.0.0", "upgrade")]
)
def test_another_major_version_is_refused_with_advice(name, version, advice):
    """Whatever else is in the data, the error is about the version and says what to do."""
    with pytest.raises(SchemaVersionError) as caught:
        decode_model(CANONICAL_MODELS[name], {"schema_version": version, "anything": 1})
    assert advice in str(caught.value)
    assert caught.value.details["found"] == version


def test_another_major_version_cannot_be_built():
    """Nothing can be written that could not be read."""
    with pytest.raises(SchemaVersionError):
        Run("run:p.r", "project:p", "R", "open", "2024-01-01T00:00:00Z", schema_version="9.9")


FORMS = {
    "mapping": lambda payload: payload,
    "text": to_json,
    "bytes": lambda payload: to_json(payload).encode(),
    "bytearray": lambda payload: bytearray(to_json(payload).encode()),
    "memoryview": lambda payload: memoryview(to_json(payload).encode()),
    "every other byte of a buffer": lambda payload: memoryview(
        b"".join(bytes([byte, 0]) for byte in to_json(payload).encode())
    )[::2],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_newer_minor_version_is_read_from_every_form(named_model, form):
    """Whatever it is read from, what a newer minor version wrote is written back, and an instance stays itself."""
    name, model = named_model
    payload = {**to_payload(model), "later": {"a": [None]}, "schema_version": "1.8.3"}
    decode = getattr(serialization, f"deserialize_{name}")
    read = decode(FORMS[form](payload))
    assert to_payload(read) == payload
    assert decode(read) is read


@pytest.mark.parametrize("form", FORMS)
def test_a_newer_major_version_is_refused_in_every_form(named_model, form):
    """Whatever it is read from, the next major version is refused, in models without a version of their own too."""
    name, model = named_model
    payload = {**to_payload(model), "schema_version": "2.0.0"}
    with pytest.raises(SchemaVersionError):
        getattr(serialization, f"deserialize_{name}")(FORMS[form](payload))
