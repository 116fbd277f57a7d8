"""The JSON Schemas: fresh, shipped, legal, and of one mind with the models; judged by the public validator."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.contract import (
    CorrelationRefs,
    ExtensionFieldSet,
    Run,
    json_schema,
    serialization,
    to_payload,
    validation,
)
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import model_fields
from contexta.contract.decoding import decode_model
from contexta.contract.fields import is_required
from contexta.contract.schema import SCHEMA_DIALECT, schema_text, write_schemas
from contexta.errors import ContextaError, NotFoundError
from contexta.testing.strategies import json_values, models, strategy_for

VALIDATORS = {name: jsonschema.Draft202012Validator(json_schema(name)) for name in CANONICAL_MODELS}

# What a schema cannot say: where refs lie, in which order times are, what is distinct, and how long a list is together.
BEYOND_SCHEMA = {
    "artifact_ref_prefix_mismatch",
    "context_invalid_time_order",
    "context_ref_prefix_mismatch",
    "extension_duplicate_namespace",
    "extension_invalid_readonly_fields",
    "lineage_self_relation",
    "record_invalid_parent_span",
    "record_invalid_time_order",
    "record_ref_prefix_mismatch",
    "record_trace_mismatch",
}


def says_valid(name, data):
    """Ask the public validator."""
    return VALIDATORS[name].is_valid(data)


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
def test_the_shipped_file_is_fresh(name):
    """The file beside the package is what the models say today."""
    shipped = resources.files("contexta.contract").joinpath("schemas", f"{name}.json")
    assert shipped.read_text(encoding="utf-8") == schema_text(name)


def test_there_is_a_file_for_every_model_and_no_other():
    """The folder holds the schemas of the 22 models."""
    folder = resources.files("contexta.contract").joinpath("schemas")
    assert {entry.name for entry in folder.iterdir()} == {f"{name}.json" for name in CANONICAL_MODELS}
    assert len(CANONICAL_MODELS) == 22


def test_the_files_can_be_written_anew(tmp_path):
    """The module's own command and its function write the same files."""
    subprocess.run([sys.executable, "-m", "contexta.contract.schema", str(tmp_path)], check=True)
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written == {f"{name}.json": schema_text(name) for name in CANONICAL_MODELS}
    assert {path.name for path in write_schemas(tmp_path)} == set(written)


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
def test_each_schema_is_legal_and_complete(name):
    """The public validator accepts the schema; dialect, id, fields and required ones are the model's."""
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = model_fields(CANONICAL_MODELS[name])
    assert schema["$schema"] == SCHEMA_DIALECT
    assert schema["$id"] == f"urn:contexta:contract:1:{name}"
    assert list(schema["properties"]) == [field.name for field in fields]
    assert schema["required"] == [field.name for field in fields if is_required(field)]
    assert json_schema(CANONICAL_MODELS[name]) == schema


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
def test_every_field_is_described_for_people(name):
    """What the class documents about its fields stands in the schema."""
    properties = json_schema(name)["properties"]
    assert all(properties[field].get("description") for field in properties)


def test_vocabularies_and_bounds_are_in_the_schema():
    """A few values worked out by hand."""
    properties = json_schema(Run)["properties"]
    assert properties["status"]["enum"] == ["open", "completed", "failed", "cancelled"]
    assert properties["name"]["maxLength"] == 1024
    assert properties["schema_version"]["default"] == "1.0.0"
    assert properties["parameters"]["maxProperties"] == 10_000
    # run: and two components of 63 characters with a dot between.
    assert properties["run_ref"]["maxLength"] == len("run:") + 63 + 1 + 63


@pytest.mark.parametrize("model", ["nothing", "", 5, dict, type("Mine", (Run,), {})])
def test_strangers_have_no_schema(model):
    """What is no canonical model is a typed error."""
    with pytest.raises(NotFoundError) as caught:
        json_schema(model)
    assert caught.value.code == "schema_unknown_model"


@given(models())
def test_whatever_is_written_is_valid(model):
    """The payload of any model, and its plain data, pass its schema."""
    name = model.contract_name
    assert list(VALIDATORS[name].iter_errors(to_payload(model))) == []
    assert list(VALIDATORS[name].iter_errors(json.loads(json.dumps(model.to_dict())))) == []


def _integral_float(value):
    """Tell whether data holds a float without a fraction, which JSON Schema takes for an integer."""
    if isinstance(value, dict):
        return any(map(_integral_float, value.values()))
    if isinstance(value, list):
        return any(map(_integral_float, value))
    return isinstance(value, float) and value.is_integer()


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
@settings(max_examples=60)
@given(st.data())
def test_what_the_schema_allows_is_read(name, data):
    """Data with one value spoilt that still passes the schema is refused for rules beyond any schema only."""
    model = CANONICAL_MODELS[name]
    payload = to_payload(data.draw(strategy_for(model)))
    place = payload
    while data.draw(st.booleans()) and any(isinstance(value, dict) and value for value in place.values()):
        place = data.draw(
            st.sampled_from([value for value in place.values() if isinstance(value, dict) and value])
        )
    field = data.draw(st.sampled_from(sorted(place))) if place else "unknown"
    others = [value for value in payload.values() if isinstance(value, str)] or [""]
    spoilt = data.draw(json_values() | st.sampled_from(others))
    if data.draw(st.booleans()):
        place[field] = spoilt
    else:
        place.pop(field, None)
    try:
        decode_model(model, payload)
        code = None
    except ContextaError as error:
        code = error.code
    if says_valid(name, payload):
        assert code in {None, *BEYOND_SCHEMA} or _integral_float(spoilt), (code, payload)


# One break of every kind, by field; each must be refused by the schema as it is by the model.
BREAKS = {
    "project_ref": [None, 5, "project", "run:p", "project:P", "project:a.b", "project:a--b", " project:p"],
    "run_ref": [None, "run:p", "run:p.r.x", "run:p_r.x", "project:p"],
    "name": [None, "", " ", " x", "x\x00", "x" * 1025, 5],
    "status": [None, "running", "Open", ""],
    "started_at": [
        None,
        "2024-01-01",
        "2024-01-01T00:00:00+00:00",
        "2024-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        1,
    ],
    "ended_at": ["", "2024-01-01T00:00:00Z", 0],
    "schema_version": [None, "2.0.0", "1", "one", 1],
    "tags": [[], {"a": 1}, {" ": "x"}, {"a": None}, "x"],
    "metadata": [[], {"": 1}, {"a": "\x00"}],
    "parameters": [5, {" a": 1}],
    "config_snapshot_ref": ["run:p.r", "artifact:p.r", 5],
    "extensions": [
        {},
        [5],
        [{}],
        [{"namespace": "x", "fields": {"a": 1}}],
        [{"namespace": "a.b", "fields": {}}],
        [{"namespace": "a.b", "fields": {"A": 1}}],
    ],
    "_extras": [{}],
}


STRIPPED = [" x", {" a": 1}]


@pytest.mark.parametrize("field", sorted(BREAKS))
def test_broken_fields_fail(field):
    """Each break is refused by the schema and by the decoder alike; the whole without it passes both."""
    run = {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        "status": "open",
        "started_at": "2024-01-01T00:00:00Z",
    }
    assert says_valid("run", run)
    for value in BREAKS[field]:
        broken = {**run, field: value}
        assert not says_valid("run", broken), value
        # White space around text is no mistake for our reader, which drops it.
        if value not in STRIPPED:
            assert not validation.validate_run(broken), value


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
def test_missing_fields_fail(name, build):
    """Leaving any required field out fails, and so does another kind of value."""
    payload = to_payload(next(model for model in build.examples.values() if model.contract_name == name))
    assert says_valid(name, payload)
    for field in json_schema(name)["required"]:
        assert not says_valid(name, {key: value for key, value in payload.items() if key != field})
    for value in (None, [], "x", 5, True):
        assert not says_valid(name, value)


def test_rules_between_fields_that_a_schema_can_say(build):
    """Status and end, a batch without its stage, an integer type with a float, and the parts of records."""
    run = to_payload(build.examples["run"])
    assert not says_valid("run", {**run, "status": "open"})
    assert not says_valid("run", {key: value for key, value in run.items() if key != "ended_at"})
    envelope = to_payload(build.envelope("event"))
    assert not says_valid("record_envelope", {**envelope, "batch_execution_ref": "batch:p.r1.s.b"})
    metric = to_payload(build.metric())
    assert not says_valid("metric_payload", {**metric, "value": 1.5, "value_type": "int"})
    record = to_payload(build.examples["metric_record"])
    for change in ({"record_type": "event"}, {"completeness_marker": "absent"}):
        assert not says_valid("metric_record", {**record, "envelope": {**record["envelope"], **change}})
    degraded = to_payload(build.examples["degraded_record"])
    envelope = {key: value for key, value in degraded["envelope"].items() if key != "degradation_marker"}
    assert not says_valid("degraded_record", {**degraded, "envelope": envelope})


def test_fields_of_a_newer_minor_version_pass():
    """A schema is no narrower than the reader: later fields and versions are allowed, at every level."""
    ext = {"namespace": "a.b", "fields": {"a": 1}, "later": [1]}
    run = {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        "status": "open",
        "started_at": "2024-01-01T00:00:00Z",
        "schema_version": "1.9.3",
        "extensions": [ext],
        "later": {"x": None},
    }
    assert says_valid("run", run)
    assert serialization.deserialize_run(run)
    assert says_valid("correlation_refs", {**CorrelationRefs().to_dict(), "later": 1})
    assert says_valid("extension_field_set", ExtensionFieldSet("a.b", {"a": None}).to_dict())
