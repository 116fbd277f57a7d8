"""Decoding: from mappings, text, bytes and instances; unknown fields, versions and errors."""

from __future__ import annotations

import attrs
import pytest

from contexta.contract import (
    Project,
    Run,
    StableRef,
    StructuredEventPayload,
    serialization,
    to_json,
    to_payload,
)
from contexta.contract.serialization import (
    deserialize_extension_field_set,
    deserialize_metric_payload,
    deserialize_metric_record,
    deserialize_project,
    deserialize_run,
    deserialize_stable_ref,
    deserialize_structured_event_payload,
    deserialize_trace_span_payload,
)
from contexta.errors import (
    ConflictError,
    NotFoundError,
    SchemaVersionError,
    SerializationError,
    ValidationError,
)

T = "2024-01-01T00:00:00Z"
RUN = Run("run:p.r", "project:p", "R", "open", T)


def decoder(name):
    """Return the decoder of a model."""
    return getattr(serialization, f"deserialize_{name}")


def test_every_model_reads_back_from_text_bytes_and_data(named_model):
    """Text, bytes, payload and to_dict of a model all give an equal model."""
    name, model = named_model
    text = to_json(model)
    for data in (text, text.encode(), bytearray(text.encode()), to_payload(model), model.to_dict()):
        assert decoder(name)(data) == model


def test_an_instance_is_returned_as_it_is(named_model):
    """Decoding an instance is no work and no copy."""
    name, model = named_model
    assert decoder(name)(model) is model


def test_a_root_span_reads_back(build):
    """A span without parent loses nothing on the way."""
    span = build.span(parent_span_id=None)
    assert deserialize_trace_span_payload(to_json(span)) == span


def test_nulls_read_back():
    """Attributes and extension fields of null survive."""
    payload = StructuredEventPayload("e", "info", "m", attributes={"a": None, "b": {"c": None}})
    assert deserialize_structured_event_payload(to_json(payload)) == payload
    extension = deserialize_extension_field_set({"namespace": "acme.lab", "fields": {"a": None}})
    assert deserialize_extension_field_set(to_json(extension)) == extension


def test_unknown_fields_are_kept_and_written_back(named_model):
    """What a newer minor version wrote survives reading and writing by this one."""
    name, model = named_model
    data = {**to_payload(model), "zz_new": {"a": [1, None]}}
    decoded = decoder(name)(data)
    assert to_payload(decoded) == data
    assert decoded.to_dict()["zz_new"] == {"a": [1, None]}
    assert decoded != model
    assert decoder(name)(to_json(decoded)) == decoded


def test_unknown_fields_survive_a_change():
    """A changed copy keeps what it does not know."""
    decoded = deserialize_run({**RUN.to_dict(), "schema_version": "1.7.0", "owner": "x"})
    changed = attrs.evolve(decoded, name="Z")
    assert (changed.to_dict()["owner"], changed.schema_version) == ("x", "1.7.0")


@pytest.mark.parametrize("version", ["2.0.0", "2.0", "10.0.0", "0.9.0"])
def test_another_major_version_is_refused_first(version):
    """The version is judged before anything else, since the other fields may mean anything."""
    with pytest.raises(SchemaVersionError) as caught:
        deserialize_run({"schema_version": version, "shape": "unknown"})
    assert caught.value.details["found"] == version


def test_another_major_version_inside_a_record_is_refused(build):
    """The envelope's version counts for the record."""
    data = build.examples["metric_record"].to_dict()
    data["envelope"]["schema_version"] = "3.0.0"
    with pytest.raises(SchemaVersionError, match=r"\$\.envelope\.schema_version"):
        deserialize_metric_record(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "deserialize_blank_input"),
        (b" \n", "deserialize_blank_input"),
        ("hello", "deserialize_invalid_shape"),
        ('"run:p.r"', "deserialize_invalid_shape"),
        ("[]", "deserialize_invalid_shape"),
        (None, "deserialize_invalid_shape"),
        (5, "deserialize_invalid_shape"),
        (Project("project:p", "P", T), "deserialize_invalid_shape"),
        ({1: 2}, "deserialize_invalid_shape"),
        ('{"a":1', "deserialize_invalid_json"),
        ('{"a":NaN}', "deserialize_invalid_json"),
        ('{"a":1e999}', "deserialize_invalid_json"),
        ('{"a":' + "1" * 5000 + "}", "deserialize_invalid_json"),
        ('{"a":' * 100_000, "deserialize_invalid_json"),
        ('{"a":"\\ud800"}', "deserialize_invalid_json"),
        ('{"a":"\ud800"}', "deserialize_invalid_json"),
        (b'{"a":"\xff"}', "deserialize_invalid_json"),
        ({}, "deserialize_invalid_payload"),
        ({"_extras": {}, **RUN.to_dict()}, "deserialize_unknown_field"),
        ({**RUN.to_dict(), "extensions": "[1"}, "deserialize_invalid_json"),
        ({**RUN.to_dict(), "extensions": {"a": 1}}, "deserialize_invalid_shape"),
        ({**RUN.to_dict(), "extensions": [5]}, "deserialize_invalid_shape"),
    ],
    ids=[f"shape-{number}" for number in range(22)],
)
def test_broken_shapes_are_serialization_errors(data, code):
    """Whatever is no run's shape is a SerializationError with its code."""
    with pytest.raises(SerializationError) as caught:
        deserialize_run(data)
    assert caught.value.code == code


def test_missing_fields_are_named():
    """The error lists every missing field, also those behind an optional one."""
    with pytest.raises(SerializationError) as caught:
        deserialize_trace_span_payload({"span_id": "s", "trace_id": "t", "status": "ok"})
    assert caught.value.details["missing_fields"] == ["span_name", "started_at", "ended_at", "span_kind"]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"run_ref": "zz"}, "stable_ref_invalid_text", "$.run_ref"),
        ({"status": "running"}, "context_invalid_status", "$.status"),
        ({"started_at": 5}, "context_invalid_timestamp", "$.started_at"),
        ({"schema_version": None}, "context_invalid_string", "$.schema_version"),
        ({"schema_version": "new"}, "context_invalid_schema_version", "$.schema_version"),
        ({"metadata": {"a": [{"b": float("inf")}]}}, "extension_invalid_value", "$.metadata.a[0].b"),
        ({"new": float("nan")}, "extension_invalid_value", "$._extras.new"),
        (
            {"extensions": [{"namespace": "x", "fields": {"a": 1}}]},
            "extension_invalid_namespace",
            "$.extensions[0].namespace",
        ),
        (
            {"extensions": [{"namespace": "a.b", "fields": {"a": 1}}] * 2},
            "extension_duplicate_namespace",
            "$.extensions",
        ),
    ],
    ids=[f"rule-{number}" for number in range(9)],
)
def test_broken_rules_are_validation_errors_with_a_path(change, code, path):
    """One kind of mistake has one type of error, and it says where in the data it is."""
    with pytest.raises(ValidationError) as caught:
        deserialize_run({**RUN.to_dict(), **change})
    assert caught.value.code == code
    assert caught.value.details["path"] == path
    assert not isinstance(caught.value, ConflictError)


def test_paths_lead_through_nested_models(build):
    """A fault inside an envelope is located from the record's root."""
    data = build.examples["metric_record"].to_dict()
    data["envelope"]["run_ref"] = "run:q"
    with pytest.raises(ValidationError) as caught:
        deserialize_metric_record(data)
    assert caught.value.details["path"] == "$.envelope.run_ref"


def test_nested_parts_may_be_text_themselves(build):
    """An envelope or payload that was stored as JSON text is read."""
    record = build.examples["metric_record"]
    data = {"envelope": to_json(record.envelope), "payload": to_json(record.payload)}
    assert deserialize_metric_record(data) == record


def test_null_means_absent_for_optional_fields():
    """Explicit nulls for optional fields, tags and extensions are accepted."""
    data = {**RUN.to_dict(), "ended_at": None, "tags": None, "extensions": None}
    assert deserialize_run(data) == RUN


def test_numbers_keep_their_type():
    """An int stays an int and a float a float through JSON."""
    for value in (1, 1.0, 2**64 - 1, -(2**63), 1e22):
        data = f'{{"metric_key":"m","value":{value!r},"value_type":"number"}}'
        decoded = deserialize_metric_payload(data)
        assert (decoded.value, type(decoded.value)) == (value, type(value))


class Registry:
    """A registry that knows one namespace."""

    def normalize_extensions(self, extensions, *, target_model):
        """Refuse strangers, and make every field read-only."""
        for extension in extensions:
            if extension.namespace != "acme.lab":
                raise NotFoundError("unknown", code="extension_registry_missing_namespace")
        assert target_model == "project"
        return tuple(extension.with_additional_readonly_fields(extension.fields) for extension in extensions)


def test_without_a_registry_extensions_pass_through():
    """No registry means no judgement, so what was written can be read."""
    data = {"project_ref": "project:p", "name": "P", "created_at": T}
    data["extensions"] = [{"namespace": "any.body", "fields": {"a": 1}}]
    assert deserialize_project(data).extensions[0].fields == {"a": 1}


def test_a_registry_resolves_extensions():
    """With a registry, its answer is taken and its refusal is an error with a path."""
    data = {"project_ref": "project:p", "name": "P", "created_at": T}
    data["extensions"] = [{"namespace": "acme.lab", "fields": {"a": 1}}]
    assert deserialize_project(data, registry=Registry()).extensions[0].readonly_fields == ("a",)
    data["extensions"][0]["namespace"] = "other.lab"
    with pytest.raises(ValidationError) as caught:
        deserialize_project(data, registry=Registry())
    assert caught.value.code == "extension_registry_missing_namespace"


@pytest.mark.parametrize(
    "data",
    ["run:p.r", '"run:p.r"', b'"run:p.r"', {"kind": "run", "value": "p.r"}, StableRef.run("p", "r")],
    ids=["text", "json", "bytes", "parts", "ref"],
)
def test_refs_decode_from_all_their_forms(data):
    """Text, JSON text, bytes, kind and value, or a ref."""
    assert deserialize_stable_ref(data) == "run:p.r"


@pytest.mark.parametrize("data", [None, 5, [], {"kind": "run"}, '["run:p.r"]', b"[1]"], ids=repr)
def test_refs_of_another_shape_are_refused(data):
    """What is no ref's shape is a SerializationError."""
    with pytest.raises(SerializationError) as caught:
        deserialize_stable_ref(data)
    assert caught.value.code == "deserialize_invalid_shape"


def test_broken_refs_are_validation_errors():
    """A ref that breaks its grammar is a broken rule, here as everywhere."""
    with pytest.raises(ValidationError) as caught:
        deserialize_stable_ref("zz")
    assert caught.value.code == "stable_ref_invalid_text"
