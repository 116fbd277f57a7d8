"""Full validation: all problems of an object or a raw mapping, each at its place, and never an exception."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta import contract
from contexta.contract import (
    ExtensionFieldSet,
    ExtensionRegistry,
    ExtensionRegistryEntry,
    Project,
    Run,
    StableRef,
    serialization,
    to_payload,
    validation,
)
from contexta.errors import ContextaError
from contexta.testing.strategies import json_values, strategy_for

T = "2024-01-01T00:00:00Z"
BEFORE = "2023-12-31T23:59:59.5Z"

# Each validator with the decoder and the class of the same model; extension sets are asked for with a target.
MODELS = {
    name.removeprefix("validate_"): (
        getattr(validation, name),
        getattr(serialization, name.replace("validate", "deserialize")),
    )
    for name in validation.__all__
    if name.startswith("validate_") and name != "validate_extension_field_set"
}


def found(report):
    """Return codes and paths of a report's errors."""
    return [(issue.code, issue.path) for issue in report.errors]


def force(model, **changes):
    """Change a frozen model behind its back."""
    changed = copy.copy(model)
    for name, value in changes.items():
        object.__setattr__(changed, name, value)
    return changed


def run(**changes):
    """Build the raw mapping of a valid run, with changes."""
    values = {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        "status": "open",
        "started_at": T,
    }
    return {**values, **changes}


def metric(envelope=None, **payload):
    """Build the raw mapping of a valid metric record, with changes."""
    outer = {
        "record_ref": "record:p.r.x",
        "record_type": "metric",
        "recorded_at": T,
        "observed_at": T,
        "producer_ref": "sdk.python",
        "run_ref": "run:p.r",
    }
    inner = {"metric_key": "loss", "value": 1.5, "value_type": "float", "unit": "nats"}
    return {"envelope": {**outer, **(envelope or {})}, "payload": {**inner, **payload}}


def test_every_model_has_a_validator():
    """The models of the page and the three others of earlier versions, 17 in all."""
    assert len(MODELS) == 16
    assert set(MODELS) < {
        name.removeprefix("deserialize_") for name in serialization.__all__ if name.startswith("deserialize_")
    }


@pytest.mark.parametrize("name", sorted(MODELS))
def test_valid_models_and_their_data_are_valid(name, build):
    """An example passes as instance, as plain data and as payload."""
    validate, _ = MODELS[name]
    model = build.examples[name]
    for form in (model, model.to_dict(), to_payload(model)):
        assert found(validate(form)) == []


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("value", [None, 5, "{}", b"[]", [], object(), StableRef.run("p", "r"), Run])
def test_anything_else_is_one_error_at_the_root(name, value):
    """What is neither an instance nor a mapping is of an invalid type, and nothing is raised."""
    validate, _ = MODELS[name]
    assert found(validate(value)) == [("validation.invalid_type", "$")]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_an_instance_of_another_model_is_of_an_invalid_type(name, build):
    """Models are not taken for each other."""
    validate, _ = MODELS[name]
    other = build.examples["run" if name != "run" else "project"]
    assert found(validate(other)) == [("validation.invalid_type", "$")]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_missing_field_is_listed(name):
    """An empty mapping lacks all required fields, and each is named."""
    validate, decode = MODELS[name]
    report = validate({})
    with pytest.raises(ContextaError) as caught:
        decode({})
    assert sorted(path for _, path in found(report)) == sorted(
        f"$.{field}" for field in caught.value.details["missing_fields"]
    )
    assert {code for code, _ in found(report)} == {"context_missing_field"}


def test_all_problems_of_an_object_are_listed():
    """A model that was changed behind its back has every broken field named, not the first."""
    broken = force(Run("run:p.r", "project:p", "R", "open", T), name="", status="zz", ended_at="x")
    assert found(validation.validate_run(broken)) == [
        ("context_invalid_string", "$.name"),
        ("context_invalid_status", "$.status"),
        ("context_invalid_timestamp", "$.ended_at"),
    ]


def test_all_problems_of_a_mapping_are_listed():
    """Fields, items inside fields, and rules between the fields that are valid by themselves."""
    data = run(
        project_ref="project:q",
        status="completed",
        tags={"a": 1, " ": "x", "b": 2},
        metadata={"x": {"y": [1, float("nan"), {"z": object()}]}},
        extensions=[{"namespace": "x", "fields": {}}, {"namespace": "a.b", "fields": {"N": 1}}],
        schema_version="1",
    )
    assert sorted(found(validation.validate_run(data))) == sorted(
        [
            ("context_ref_prefix_mismatch", "$.run_ref"),
            ("context_invalid_status_transition", "$.ended_at"),
            ("context_invalid_mapping", "$.tags.a"),
            ("context_invalid_mapping", "$.tags"),
            ("context_invalid_mapping", "$.tags.b"),
            ("extension_invalid_value", "$.metadata.x.y[1]"),
            ("extension_invalid_value", "$.metadata.x.y[2].z"),
            ("extension_invalid_namespace", "$.extensions[0].namespace"),
            ("extension_empty_fields", "$.extensions[0].fields"),
            ("extension_invalid_field_key", "$.extensions[1].fields"),
            ("context_invalid_schema_version", "$.schema_version"),
        ]
    )


def test_paths_lead_into_the_parts_of_a_record():
    """Problems of envelope, payload and between both carry the whole path."""
    data = metric(
        {"run_ref": "zz", "record_type": "event", "recorded_at": BEFORE},
        value_type="int",
        subject_ref="run:p",
    )
    assert sorted(found(validation.validate_metric_record(data))) == sorted(
        [
            ("stable_ref_invalid_text", "$.envelope.run_ref"),
            ("record_invalid_time_order", "$.envelope.recorded_at"),
            ("stable_ref_invalid_shape", "$.payload.subject_ref"),
            ("record_invalid_metric_value", "$.payload.value"),
            ("record_type_mismatch", "$.envelope.record_type"),
        ]
    )


def test_every_scope_of_an_envelope_is_checked():
    """Three refs without their stage are three problems; and each ref under the wrong one is named."""
    inner = {
        "batch_execution_ref": "batch:p.r.s.b",
        "sample_observation_ref": "sample:p.r.s.x",
        "operation_context_ref": "op:p.r.s.o",
    }
    envelope = metric(inner)["envelope"]
    assert found(validation.validate_record_envelope(envelope)) == [
        ("record_missing_stage_context", f"$.{name}") for name in inner
    ]
    envelope |= {"stage_execution_ref": "stage:p.other.s", "deployment_execution_ref": "deployment:q.d"}
    assert found(validation.validate_record_envelope(envelope)) == [
        ("record_ref_prefix_mismatch", "$.deployment_execution_ref"),
        ("record_ref_prefix_mismatch", "$.stage_execution_ref"),
        *(("record_ref_prefix_mismatch", f"$.{name}") for name in inner),
    ]


@pytest.mark.parametrize(
    ("field", "value", "issue"),
    [
        ("envelope", None, ("record_invalid_envelope", "$.envelope")),
        ("payload", 5, ("record_invalid_payload", "$.payload")),
        ("payload", "[1", ("deserialize_invalid_json", "$.payload")),
        ("envelope", "", ("deserialize_blank_input", "$.envelope")),
    ],
)
def test_parts_of_the_wrong_kind_are_one_problem(field, value, issue):
    """A part that is no object is named once, with the path of the part."""
    assert found(validation.validate_metric_record({**metric(), field: value})) == [issue]


def test_parts_of_an_instance_must_be_instances(build):
    """A record whose payload was replaced by a dict is reported, not raised."""
    broken = force(build.examples["metric_record"], payload={"metric_key": "m"})
    assert found(validation.validate_metric_record(broken)) == [("record_invalid_payload", "$.payload")]


def test_the_same_namespace_twice_is_reported():
    """Duplicate extensions of an object and of a mapping are problems, not exceptions."""
    ext = ExtensionFieldSet("a.b", {"a": 1})
    project = force(Project("project:p", "P", T), extensions=(ext, ext))
    issue = ("extension_duplicate_namespace", "$.extensions[1].namespace")
    assert found(validation.validate_project(project)) == [issue]
    assert found(validation.validate_project(project.to_dict())) == [issue]


@pytest.mark.parametrize("value", ["x", 5, {}, [5], [None]])
def test_extensions_of_the_wrong_kind_are_reported(value):
    """Neither the list nor its items can be anything else."""
    project = {"project_ref": "project:p", "name": "P", "created_at": T, "extensions": value}
    report = validation.validate_project(project)
    assert report.errors
    assert all(issue.path.startswith("$.extensions") for issue in report)


def test_another_major_version_is_a_mismatch():
    """The version is named, besides what else is wrong by the rules of this version."""
    project = force(Project("project:p", "P", T), schema_version="0.9.0", name="")
    assert found(validation.validate_project(project)) == [
        ("context_invalid_string", "$.name"),
        ("schema.version_mismatch", "$.schema_version"),
    ]


def test_a_version_counts_wherever_it_stands():
    """Data of another major version is no data of ours, also where this version has no field for that."""
    report = validation.validate_metric_record(metric(schema_version="2.0.0"))
    assert found(report) == [("schema.version_mismatch", "$.payload.schema_version")]
    assert found(validation.validate_metric_record({**metric(), "schema_version": "x"})) == [
        ("context_invalid_schema_version", "$.schema_version")
    ]


def test_unknown_fields_are_a_likely_mistake():
    """A field that this version does not have gives a warning, unless a newer minor version wrote it."""
    report = validation.validate_run(run(owner="x"))
    assert report.valid
    assert [(issue.code, issue.path) for issue in report.warnings] == [("schema.unknown_field", "$.owner")]
    assert validation.validate_run(run(owner="x", schema_version="1.7.0")).issues == ()
    newer = metric({"schema_version": "1.1.0", "zone": 1}, quantile=0.5)
    assert validation.validate_metric_record(newer).issues == ()
    kept = serialization.deserialize_run(run(owner="x"))
    assert [issue.code for issue in validation.validate_run(kept)] == ["schema.unknown_field"]


def test_unknown_fields_must_be_json_all_the_same():
    """What cannot be kept is an error; the reserved name too."""
    report = validation.validate_run(run(owner={"a": float("inf")}, _extras={}, schema_version="1.9"))
    assert found(report) == [
        ("deserialize_unknown_field", "$._extras"),
        ("extension_invalid_value", "$.owner.a"),
    ]


WARNINGS = {
    "metric_record": [("metric.unit_missing", "$.payload.unit")],
    "artifact_manifest": [
        ("artifact.hash_value_missing", "$.hash_value"),
        ("artifact.size_bytes_missing", "$.size_bytes"),
    ],
    "lineage_edge": [
        ("lineage.evidence_refs_missing", "$.evidence_refs"),
        ("lineage.low_confidence_without_provenance", "$.confidence_marker"),
    ],
    "provenance_record": [
        ("provenance.policy_ref_missing", "$.policy_ref"),
        ("provenance.evidence_bundle_ref_missing", "$.evidence_bundle_ref"),
    ],
}


@pytest.mark.parametrize("name", sorted(WARNINGS))
def test_what_is_legal_but_thin_is_a_warning(name, build):
    """The fields that the documentation names give warnings where they are missing, and none where they are not."""
    validate, _ = MODELS[name]
    data = to_payload(build.examples[name])
    assert validate(data).issues == ()
    for _, path in WARNINGS[name]:
        *parents, field = path.removeprefix("$.").split(".")
        (data[parents[0]] if parents else data).pop(field)
    if name == "lineage_edge":
        data["confidence_marker"] = "low"
    report = validate(data)
    assert report.valid
    assert [(issue.code, issue.path) for issue in report] == WARNINGS[name]


def test_a_broken_field_gives_no_warning_besides():
    """A unit that is not text is an error, not a missing unit."""
    report = validation.validate_metric_record(metric(unit=5))
    assert [(issue.code, issue.path) for issue in report] == [("context_invalid_string", "$.payload.unit")]


ENTRY = ExtensionRegistryEntry("acme.lab", "private", "acme", "active", ("run",), field_specs={"n": "int"})
REGISTRY = ExtensionRegistry((ENTRY,))


def test_without_a_registry_extensions_pass():
    """Nobody registered means nobody judges; the set itself must be well-formed."""
    data = run(extensions=[{"namespace": "any.body", "fields": {"a": 1}}])
    assert validation.validate_run(data).issues == ()
    assert found(validation.validate_run(data, registry=ExtensionRegistry())) == [
        ("extension.namespace_unregistered", "$.extensions[0].namespace")
    ]


def test_with_a_registry_every_extension_is_judged():
    """Each set's problems are listed under its place."""
    data = run(
        extensions=[
            {"namespace": "acme.lab", "fields": {"n": "text", "m": 1}},
            {"namespace": "other.lab", "fields": {"a": 1}},
        ]
    )
    assert found(validation.validate_run(data, registry=REGISTRY)) == [
        ("extension.field_unregistered", "$.extensions[0].fields.m"),
        ("extension.field_type_mismatch", "$.extensions[0].fields.n"),
        ("extension.namespace_unregistered", "$.extensions[1].namespace"),
    ]


def test_an_extension_set_is_validated_for_its_target():
    """Target, registry, type, namespace and fields of a single set."""
    ext = ExtensionFieldSet("acme.lab", {"n": 1})

    def check(value, target, registry=None):
        return found(validation.validate_extension_field_set(value, target_model=target, registry=registry))

    assert check(ext, "run") == []
    assert check(ext, "run", REGISTRY) == []
    assert check(ext.to_dict(), "run", REGISTRY) == []
    assert check(ext, "project", REGISTRY) == [("extension.target_model_mismatch", "$.namespace")]
    assert check(ext, "nothing", REGISTRY) == [("extension.invalid_target_model", "$")]
    assert check(ext, ["run"]) == [("extension.invalid_target_model", "$")]
    assert check(ext, "run", "no registry") == [("extension.invalid_registry", "$")]
    assert check(5, "run") == [("extension.invalid_type", "$")]
    assert check(force(ext, namespace="x", fields={}), "run", REGISTRY) == [
        ("extension_invalid_namespace", "$.namespace"),
        ("extension_empty_fields", "$.fields"),
    ]


def test_something_that_is_no_registry_is_an_issue():
    """The mistake of the caller is reported like everything else."""
    assert found(validation.validate_run(run(), registry=5)) == [("extension.invalid_registry", "$")]


class Hostile(Mapping):
    """A mapping that raises whatever is asked of it."""

    def __getitem__(self, key):
        raise RuntimeError(key)

    def __iter__(self):
        raise RuntimeError

    def __len__(self):
        raise RuntimeError

    def get(self, key, default=None):
        raise RuntimeError(key)


class Unspeakable:
    """A value that cannot even be shown."""

    def __repr__(self):
        raise RuntimeError


def cyclic():
    """Build a mapping that contains itself twice."""
    data = {}
    data["a"] = data["b"] = data
    return data


def test_hostile_objects_are_reported():
    """Objects that raise on reading, cannot be shown, or contain themselves end as issues."""
    assert found(validation.validate_run(Hostile())) == [("validation.invalid_model", "$")]
    assert found(validation.validate_run(run(tags=Hostile()))) == [("validation.invalid_model", "$")]
    assert found(validation.validate_run(run(name=Unspeakable()))) == [("context_invalid_string", "$.name")]
    assert not validation.validate_run(run(metadata=cyclic())).valid
    assert not validation.validate_run(run(metadata={"a": range(10**12)})).valid
    assert not validation.validate_run(run(owner=cyclic())).valid
    assert not validation.validate_run(object.__new__(Run)).valid


def test_a_report_is_bounded():
    """Thousands of problems are cut at the stated number, and the report says so."""
    report = validation.validate_run(run(tags={f"k{number}": number for number in range(5_000)}))
    assert len(report) == 1_001
    assert report.issues[-1].code == "validation.too_many_issues"


@pytest.mark.parametrize("name", sorted(MODELS))
@settings(max_examples=40)
@given(st.data())
def test_validation_and_decoding_agree(name, data):
    """Data is valid exactly where it decodes: one field spoilt, at the top or inside, or none."""
    validate, decode = MODELS[name]
    model = data.draw(strategy_for(getattr(contract, decode.__annotations__["return"])))
    payload = to_payload(model)
    place = payload
    inner = sorted(key for key, value in payload.items() if key in {"envelope", "payload"} and value)
    if inner and data.draw(st.booleans()):
        place = payload[data.draw(st.sampled_from(inner))]
    field = data.draw(st.sampled_from([*sorted(place), "unknown", "schema_version"]))
    if data.draw(st.booleans()):
        place[field] = data.draw(json_values() | st.sampled_from([object(), float("nan"), "\ud800", b"{}"]))
    else:
        place.pop(field, None)
    report = validate(payload)
    try:
        decode(payload)
        decodes = True
    except ContextaError:
        decodes = False
    assert report.valid == decodes


@given(json_values())
def test_whatever_is_validated_gives_a_report(value):
    """Any JSON value, for every model."""
    for validate, _ in MODELS.values():
        assert not validate(value)


def test_values_are_not_changed_by_validation():
    """The mapping of the caller is read, never written."""
    data = run(tags={" a ": "x"}, metadata={"x": [1]})
    before = copy.deepcopy(data)
    validation.validate_run(data)
    assert data == before
