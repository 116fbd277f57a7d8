"""The rules of projects, runs and the scopes inside them."""

from __future__ import annotations

import attrs
import pytest

from contexta.contract import (
    BatchExecution,
    DeploymentExecution,
    EnvironmentSnapshot,
    OperationContext,
    Project,
    Run,
    SampleObservation,
    StableRef,
    StageExecution,
)
from contexta.contract.models.context import RUN_STAGE_STATUSES
from contexta.errors import SchemaVersionError, ValidationError

T = "2024-01-01T00:00:00Z"
LATER = "2024-01-01T00:00:00.5Z"


def assert_refused(code, function, *arguments, **keywords):
    """Check that a call raises a ValidationError of a code, and return its details."""
    with pytest.raises(ValidationError) as caught:
        function(*arguments, **keywords)
    assert caught.value.code == code, caught.value
    return caught.value.details or {}


def run(**changes):
    """Build a valid run with changes."""
    values = {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        "status": "open",
        "started_at": T,
    }
    return Run(**{**values, **changes})


def stage(**changes):
    """Build a valid stage with changes."""
    values = {
        "stage_execution_ref": "stage:p.r.s",
        "run_ref": "run:p.r",
        "stage_name": "s",
        "status": "open",
        "started_at": T,
    }
    return StageExecution(**{**values, **changes})


def batch(**changes):
    """Build a valid batch with changes."""
    values = {
        "batch_execution_ref": "batch:p.r.s.b",
        "run_ref": "run:p.r",
        "stage_execution_ref": "stage:p.r.s",
        "batch_name": "b",
        "status": "open",
        "started_at": T,
    }
    return BatchExecution(**{**values, **changes})


def deployment(**changes):
    """Build a valid deployment with changes."""
    values = {
        "deployment_execution_ref": "deployment:p.d",
        "project_ref": "project:p",
        "deployment_name": "d",
        "status": "open",
        "started_at": T,
    }
    return DeploymentExecution(**{**values, **changes})


def sample(**changes):
    """Build a valid sample of a stage with changes."""
    values = {
        "sample_observation_ref": "sample:p.r.s.x",
        "run_ref": "run:p.r",
        "stage_execution_ref": "stage:p.r.s",
        "sample_name": "x",
        "observed_at": T,
    }
    return SampleObservation(**{**values, **changes})


def operation(**changes):
    """Build a valid operation of a stage with changes."""
    values = {
        "operation_context_ref": "op:p.r.s.o",
        "run_ref": "run:p.r",
        "stage_execution_ref": "stage:p.r.s",
        "operation_name": "o",
        "observed_at": T,
    }
    return OperationContext(**{**values, **changes})


def environment(**changes):
    """Build a valid environment snapshot with changes."""
    values = {
        "environment_snapshot_ref": "environment:p.r.e",
        "run_ref": "run:p.r",
        "captured_at": T,
        "python_version": "3.11",
        "platform": "linux",
    }
    return EnvironmentSnapshot(**{**values, **changes})


def test_text_refs_become_refs():
    """A ref given as text is stored as a ref, and the two models are equal."""
    assert run().run_ref.kind == "run"
    assert run() == run(run_ref=StableRef.run("p", "r"))


def test_text_is_stripped_and_composed():
    """White space around a name goes, and names that look the same are the same."""
    project = Project("project:p", "  Cafe\u0301 ", T, description=" d ")
    assert (project.name, project.description) == ("Café", "d")


def test_positional_order_is_the_documented_one():
    """Positional arguments land in the documented fields; later fields come last."""
    names = [field.name for field in attrs.fields(Run) if not field.kw_only]
    assert names == [
        "run_ref",
        "project_ref",
        "name",
        "status",
        "started_at",
        "ended_at",
        "description",
        "schema_version",
        "extensions",
        "tags",
        "metadata",
        "dataset_ref",
        "code_revision",
        "config_snapshot_ref",
        "parameters",
    ]


@pytest.mark.parametrize("name", ["", "  ", None, 5, "a\x00b", "\ud800", "x" * 1025])
def test_a_name_must_be_sound_text(name):
    """Blank, foreign, unencodable and overlong names are refused, naming the field."""
    assert assert_refused("context_invalid_string", run, name=name)["field_name"] == "name"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"run_ref": "project:p"}, "stable_ref_kind_mismatch", "run_ref"),
        ({"run_ref": "run:p"}, "stable_ref_invalid_shape", "run_ref"),
        ({"run_ref": "run p"}, "stable_ref_invalid_text", "run_ref"),
        ({"run_ref": 5}, "context_invalid_ref", "run_ref"),
        ({"project_ref": None}, "context_invalid_ref", "project_ref"),
        ({"run_ref": "run:other.r"}, "context_ref_prefix_mismatch", "run_ref"),
        ({"status": "running"}, "context_invalid_status", "status"),
        ({"started_at": "2024-01-01T00:00:00"}, "context_invalid_timestamp", "started_at"),
        ({"started_at": "2024-01-01T00:00:00+00:00"}, "context_invalid_timestamp", "started_at"),
        ({"started_at": None}, "context_invalid_timestamp", "started_at"),
        ({"description": " "}, "context_invalid_string", "description"),
        ({"extensions": "x"}, "context_invalid_extensions", "extensions"),
        ({"extensions": [5]}, "context_invalid_extensions", "extensions[0]"),
        ({"tags": {"a": 1}}, "context_invalid_mapping", "tags"),
        ({"tags": ["a"]}, "context_invalid_mapping", "tags"),
        ({"metadata": {" ": 1}}, "context_invalid_mapping", "metadata"),
        ({"config_snapshot_ref": "run:p.r"}, "stable_ref_kind_mismatch", "config_snapshot_ref"),
        ({"schema_version": "one"}, "context_invalid_schema_version", "schema_version"),
    ],
    ids=[f"field-{number}" for number in range(18)],
)
def test_every_broken_field_of_a_run_is_named(change, code, field):
    """The first broken rule raises with its code and the field."""
    assert assert_refused(code, run, **change)["field_name"] == field


def test_foreign_versions_cannot_be_built():
    """What could not be read back cannot be written; a newer minor can."""
    assert run(schema_version="1.9.2").schema_version == "1.9.2"
    with pytest.raises(SchemaVersionError):
        run(schema_version="9.9")


@pytest.mark.parametrize("status", RUN_STAGE_STATUSES)
@pytest.mark.parametrize("build", [run, stage, batch, deployment])
def test_only_what_is_open_has_no_end(build, status):
    """Open without end, every other status with one, and nothing else."""
    good, bad = (None, LATER) if status == "open" else (LATER, None)
    assert build(status=status, ended_at=good).status == status
    details = assert_refused("context_invalid_status_transition", build, status=status, ended_at=bad)
    assert details["field_name"] == "ended_at"


@pytest.mark.parametrize("build", [run, stage, batch, deployment])
def test_times_are_compared_as_instants(build):
    """Half a second after a whole second is after it, although its text sorts before."""
    assert build(status="completed", started_at=T, ended_at=LATER).ended_at == "2024-01-01T00:00:00.500000Z"
    assert build(status="completed", started_at=T, ended_at=T).ended_at == T
    assert_refused("context_invalid_time_order", build, status="completed", started_at=LATER, ended_at=T)


@pytest.mark.parametrize("build", [stage, batch, deployment])
@pytest.mark.parametrize(
    "index", [-1, True, 1.5, "0", 10**5000], ids=["negative", "bool", "half", "text", "huge"]
)
def test_an_order_index_is_a_small_whole_number(build, index):
    """Zero is fine; negative, bool, fraction, text and huge numbers are not."""
    assert build(order_index=0).order_index == 0
    assert_refused("context_invalid_order_index", build, order_index=index)


@pytest.mark.parametrize("name", ["Train", "a_b", "a b", "-a", "x" * 64, "é"])
def test_scope_names_are_components(name):
    """The name of a scope is the last component of its ref, so it has that grammar."""
    assert_refused("context_invalid_component", stage, stage_name=name)


@pytest.mark.parametrize(
    ("build", "change"),
    [
        (stage, {"stage_execution_ref": "stage:p.r.other"}),
        (stage, {"run_ref": "run:p.other"}),
        (batch, {"batch_execution_ref": "batch:p.r.s.other"}),
        (batch, {"stage_execution_ref": "stage:p.other.s"}),
        (batch, {"batch_execution_ref": "batch:p.r.other.b"}),
        (sample, {"sample_observation_ref": "sample:p.r.s.b.x"}),
        (sample, {"batch_execution_ref": "batch:p.r.s.b"}),
        (sample, {"batch_execution_ref": "batch:p.r.t.b", "sample_observation_ref": "sample:p.r.t.b.x"}),
        (operation, {"operation_context_ref": "op:p.r.s.b.o"}),
        (operation, {"batch_execution_ref": "batch:p.r.s.b"}),
        (operation, {"stage_execution_ref": "stage:p.q.s", "operation_context_ref": "op:p.q.s.o"}),
        (environment, {"environment_snapshot_ref": "environment:p.r"}),
        (environment, {"environment_snapshot_ref": "environment:p.r.e.f"}),
        (environment, {"environment_snapshot_ref": "environment:p.q.e"}),
        (deployment, {"deployment_execution_ref": "deployment:p.other"}),
        (deployment, {"run_ref": "run:other.r"}),
        (deployment, {"artifact_ref": "artifact:other.r.a"}),
        (deployment, {"environment_snapshot_ref": "environment:other.r.e"}),
        (deployment, {"run_ref": "run:p.r", "environment_snapshot_ref": "environment:p.q.e"}),
    ],
    ids=[f"scope-{number}" for number in range(19)],
)
def test_refs_must_lie_under_what_they_belong_to(build, change):
    """A ref that names another owner is refused, and the error names a field."""
    assert assert_refused("context_ref_prefix_mismatch", build, **change)["field_name"].endswith("_ref")


@pytest.mark.parametrize("build", [sample, operation])
def test_samples_and_operations_may_belong_to_a_batch(build):
    """With a batch given, the ref has the batch's value and the name."""
    kind, name = ("sample", "x") if build is sample else ("op", "o")
    field = "sample_observation_ref" if build is sample else "operation_context_ref"
    model = build(**{"batch_execution_ref": "batch:p.r.s.b", field: f"{kind}:p.r.s.b.{name}"})
    assert getattr(model, field).components[-2:] == ("b", name)


def test_an_ordinary_environment_can_be_taken():
    """Empty variables are facts, and values keep their white space."""
    snapshot = environment(environment_variables={" LC_ALL ": "", "PS1": "$ "}, packages={"numpy": "2.0"})
    assert snapshot.environment_variables == {"LC_ALL": "", "PS1": "$ "}
    assert list(environment(packages={"b": "1", "a": "2"}).packages) == ["a", "b"]


def test_keys_that_collide_after_stripping_are_refused():
    """Nothing is lost silently."""
    assert_refused("context_invalid_mapping", run, tags={"a": "1", " a ": "2"})
    assert_refused("context_invalid_mapping", run, metadata={"a": "1", " a ": "2"})


def test_string_mappings_have_limits():
    """Ten thousand keys are the end, and values must be storable."""
    assert len(run(tags={str(number): "" for number in range(10_000)}).tags) == 10_000
    assert_refused("context_invalid_mapping", run, tags={str(number): "" for number in range(10_001)})
    assert_refused("context_invalid_mapping", run, tags={"a": "\ud800"})


def test_parameters_may_be_many():
    """Flattened configurations of ten thousand leaves fit; other mappings end at one thousand keys."""
    many = {f"k{number}": number for number in range(10_000)}
    assert run(parameters=many).parameters["k9999"] == 9_999
    assert_refused("extension_invalid_value", run, metadata=many)
