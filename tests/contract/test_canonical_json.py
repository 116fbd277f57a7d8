"""Canonical payloads and JSON, against texts written by hand."""

from __future__ import annotations

import json

import pytest

from contexta.contract import Run, StableRef, StructuredEventPayload, to_json, to_payload
from contexta.errors import SerializationError, ValidationError

ENVELOPE = (
    '{"completeness_marker":"complete","correlation_refs":{},"degradation_marker":"none","extensions":[],'
    '"observed_at":"2024-01-01T00:00:00Z","producer_ref":"sdk.python.local","record_ref":"record:p.r1.x1",'
    '"record_type":"TYPE","recorded_at":"2024-01-01T01:00:00Z","run_ref":"run:p.r1","schema_version":"1.0.0"}'
)
EVENT = (
    '{"attributes":{"k":1},"event_key":"train.start","level":"info","message":"hello",'
    '"origin_marker":"explicit_capture"}'
)
METRIC = (
    '{"aggregation_scope":"step","metric_key":"train.loss","slice_ref":"a_b.c","summary_basis":"raw_observation",'
    '"tags":{"split":"val"},"unit":"nats","value":0.5,"value_type":"float"}'
)
SPAN = (
    '{"attributes":{},"ended_at":"2024-01-01T01:00:00Z","linked_refs":["artifact:p.r1.model"],"span_id":"s1",'
    '"span_kind":"operation","span_name":"fit","started_at":"2024-01-01T00:00:00Z","status":"ok","trace_id":"t1"}'
)
DEGRADED = (
    '{"attributes":{},"category":"capture","issue_key":"capture.gap","origin_marker":"explicit_capture",'
    '"severity":"warning","summary":"gap"}'
)


def record(record_type, payload, envelope=ENVELOPE):
    """Write a record's JSON."""
    return f'{{"envelope":{envelope.replace("TYPE", record_type)},"payload":{payload}}}'


TEXTS = {
    "extension_field_set": (
        '{"fields":{"a_num":1.0,"nested":{"a":null,"b":[1,null,true]},"z_note":"n"},"namespace":"acme.lab",'
        '"readonly_fields":["a_num"]}'
    ),
    "project": (
        '{"created_at":"2024-01-01T00:00:00Z","extensions":[{"fields":{"a_num":1.0,"z_note":"n"},'
        '"namespace":"acme.lab","readonly_fields":["a_num"]}],"name":"P","project_ref":"project:p",'
        '"schema_version":"1.0.0","tags":{"env":"dev"}}'
    ),
    "run": (
        '{"ended_at":"2024-01-01T01:00:00Z","extensions":[],"name":"R","project_ref":"project:p",'
        '"run_ref":"run:p.r1","schema_version":"1.0.0","started_at":"2024-01-01T00:00:00Z","status":"completed"}'
    ),
    "deployment_execution": (
        '{"artifact_ref":"artifact:p.r1.model","deployment_execution_ref":"deployment:p.api",'
        '"deployment_name":"api","environment_snapshot_ref":"environment:p.r1.snap","extensions":[],'
        '"project_ref":"project:p","run_ref":"run:p.r1","schema_version":"1.0.0",'
        '"started_at":"2024-01-01T00:00:00Z","status":"open"}'
    ),
    "stage_execution": (
        '{"extensions":[],"order_index":0,"run_ref":"run:p.r1","schema_version":"1.0.0",'
        '"stage_execution_ref":"stage:p.r1.train","stage_name":"train","started_at":"2024-01-01T00:00:00Z",'
        '"status":"open"}'
    ),
    "batch_execution": (
        '{"batch_execution_ref":"batch:p.r1.train.b0","batch_name":"b0","extensions":[],"run_ref":"run:p.r1",'
        '"schema_version":"1.0.0","stage_execution_ref":"stage:p.r1.train",'
        '"started_at":"2024-01-01T00:00:00Z","status":"open"}'
    ),
    "sample_observation": (
        '{"batch_execution_ref":"batch:p.r1.train.b0","extensions":[],"observed_at":"2024-01-01T00:00:00Z",'
        '"retention_class":"debug","run_ref":"run:p.r1","sample_name":"s0",'
        '"sample_observation_ref":"sample:p.r1.train.b0.s0","schema_version":"1.0.0",'
        '"stage_execution_ref":"stage:p.r1.train"}'
    ),
    "operation_context": (
        '{"extensions":[],"observed_at":"2024-01-01T00:00:00Z","operation_context_ref":"op:p.r1.train.fit",'
        '"operation_name":"fit","run_ref":"run:p.r1","schema_version":"1.0.0",'
        '"stage_execution_ref":"stage:p.r1.train"}'
    ),
    "environment_snapshot": (
        '{"captured_at":"2024-01-01T00:00:00Z","environment_snapshot_ref":"environment:p.r1.snap",'
        '"environment_variables":{"HOME":"/x"},"extensions":[],"packages":{"numpy":"2.0"},"platform":"linux",'
        '"python_version":"3.13.0","run_ref":"run:p.r1","schema_version":"1.0.0"}'
    ),
    "correlation_refs": '{"trace_id":"t1"}',
    "record_envelope": ENVELOPE.replace("TYPE", "event").replace(
        '"schema_version":"1.0.0"', '"schema_version":"1.0.0","stage_execution_ref":"stage:p.r1.train"'
    ),
    "structured_event_payload": EVENT,
    "metric_payload": METRIC,
    "trace_span_payload": SPAN,
    "degraded_payload": DEGRADED,
    "structured_event_record": record("event", EVENT),
    "metric_record": record("metric", METRIC),
    "trace_span_record": record("span", SPAN),
    "degraded_record": record(
        "degraded",
        DEGRADED,
        ENVELOPE.replace('"degradation_marker":"none"', '"degradation_marker":"capture_gap"'),
    ),
    "artifact_manifest": (
        '{"artifact_kind":"checkpoint","artifact_ref":"artifact:p.r1.model","attributes":{"fmt":"pt"},'
        '"created_at":"2024-01-01T00:00:00Z","extensions":[],"hash_value":"sha256:ab","location_ref":"vault://m",'
        '"producer_ref":"sdk.python.local","run_ref":"run:p.r1","schema_version":"1.0.0","size_bytes":3}'
    ),
    "lineage_edge": (
        '{"confidence_marker":"high","evidence_refs":["record:p.r1.x1"],"extensions":[],"origin_marker":"explicit",'
        '"recorded_at":"2024-01-01T00:00:00Z","relation_ref":"relation:e1","relation_type":"generated_from",'
        '"schema_version":"1.0.0","source_ref":"artifact:p.r1.data","target_ref":"artifact:p.r1.model"}'
    ),
    "provenance_record": (
        '{"asserted_at":"2024-01-01T00:00:00Z","assertion_mode":"explicit",'
        '"evidence_bundle_ref":"artifact:p.r1.ev","extensions":[],"formation_context_ref":"op:p.r1.train.fit",'
        '"policy_ref":"my.policy","provenance_ref":"provenance:v1","relation_ref":"relation:e1",'
        '"schema_version":"1.0.0"}'
    ),
}


def test_every_model_has_its_canonical_text(named_model):
    """The JSON of each model is the text written by hand."""
    name, model = named_model
    assert to_json(model) == TEXTS[name]


def test_the_payload_is_what_the_text_says(named_model):
    """The standard library reads the same data from the text as the payload holds."""
    _, model = named_model
    assert json.loads(to_json(model)) == to_payload(model)


def test_a_plain_run_has_no_empty_new_fields(build):
    """Fields that came later appear only where they hold something."""
    run = Run(
        "run:p.r1",
        "project:p",
        "R",
        "open",
        build.start,
        tags={"a": ""},
        metadata={"m": None},
        dataset_ref="s3://bucket/mnist",
        code_revision="abc",
        config_snapshot_ref="artifact:p.r1.config",
        parameters={"lr": 0.1},
    )
    assert to_json(run) == (
        '{"code_revision":"abc","config_snapshot_ref":"artifact:p.r1.config","dataset_ref":"s3://bucket/mnist",'
        '"extensions":[],"metadata":{"m":null},"name":"R","parameters":{"lr":0.1},"project_ref":"project:p",'
        '"run_ref":"run:p.r1","schema_version":"1.0.0","started_at":"2024-01-01T00:00:00Z","status":"open",'
        '"tags":{"a":""}}'
    )


def test_nulls_of_users_stay(build):
    """Nulls in attributes are data, at every depth."""
    payload = StructuredEventPayload("e", "info", "m", attributes={"a": None, "b": {"c": None}, "d": [None]})
    assert to_payload(payload)["attributes"] == {"a": None, "b": {"c": None}, "d": [None]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e22, "1e22"),
        (5e-324, "5e-324"),
        (2**70, "1180591620717411303424"),
        ('é\u2028\x1b"', '"é\u2028\\u001b\\""'),
        (StableRef.run("p", "r"), '"run:p.r"'),
        ({"b": 1, "a": (1, None)}, '{"a":[1,null],"b":1}'),
        ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
        ([], "[]"),
        (range(3), "[0,1,2]"),
        (ValidationError("m", code="c"), '{"code":"c","details":null,"message":"m","retryable":false}'),
    ],
    ids=repr,
)
def test_plain_data_has_canonical_text_too(value, text):
    """Scalars, mappings, sequences and objects with to_dict are encoded, floats shortest and nulls kept."""
    assert to_json(value) == text


def cyclic():
    """Build a list that contains itself."""
    items = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("inf"), "serialization_invalid_float"),
        ({"a": float("nan")}, "serialization_invalid_float"),
        ({1: "x"}, "serialization_invalid_mapping_key"),
        ({1: "x", "b": 2}, "serialization_invalid_mapping_key"),
        (object(), "serialization_unsupported_type"),
        ({"a": {1, 2}}, "serialization_unsupported_type"),
        (b"bytes", "serialization_unsupported_type"),
        (Run, "serialization_unsupported_type"),
        (10**400, "serialization_invalid_integer"),
        (cyclic(), "serialization_too_deep"),
        ("\ud800", "serialization_invalid_text"),
    ],
    ids=[
        "inf",
        "nan",
        "int-key",
        "mixed-keys",
        "object",
        "set",
        "bytes",
        "class",
        "big",
        "cycle",
        "surrogate",
    ],
)
def test_what_json_cannot_hold_is_a_typed_error(value, code):
    """The encoder's errors have codes; no raw exception and no silent null."""
    with pytest.raises(SerializationError) as caught:
        to_json(value)
    assert caught.value.code == code


def test_the_payload_shares_nothing_with_the_model(build):
    """Changing a payload changes no model."""
    payload = build.event(attributes={"a": {"b": [1]}})
    to_payload(payload)["attributes"]["a"]["b"].append(2)
    payload.to_dict()["attributes"]["a"]["b"].append(2)
    assert to_payload(payload)["attributes"] == {"a": {"b": [1]}}
