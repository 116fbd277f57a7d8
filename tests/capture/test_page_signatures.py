"""The signatures of the capture surface: names, order, defaults and kinds, against a table written by hand."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass

import pytest

from contexta import Contexta
from contexta.capture import (
    ArtifactRegistrationEmission,
    BatchCaptureResult,
    CaptureResult,
    Delivery,
    EventEmission,
    InMemorySink,
    MetricEmission,
    PayloadFamily,
    SpanEmission,
    StdoutSink,
)
from contexta.results import OperationResult
from contexta.runtime import RuntimeSession
from contexta.runtime.scopes import (
    BatchScope,
    DeploymentScope,
    OperationScope,
    RunScope,
    SampleScope,
    StageScope,
)

# Written as a call would be: parameters behind the star are keyword-only, and `!` marks one without a default.
CAPTURING = {
    "event": "key! * message! level='info' attributes=None tags=None",
    "emit_events": "emissions!",
    "metric": "key! value! * unit=None aggregation_scope='step' tags=None summary_basis='raw_observation' step=None",
    "emit_metrics": "emissions!",
    "span": "name! * started_at=None ended_at=None status='ok' span_kind='operation' attributes=None"
    " linked_refs=None parent_span_id=None",
    "emit_spans": "emissions!",
    "register_artifact": "artifact_kind! path! * artifact_ref=None attributes=None compute_hash=True"
    " allow_missing=False",
    "register_artifacts": "emissions!",
}
RUN = "name! * run_id=None tags=None metadata=None code_revision=None config_snapshot=None dataset_ref=None"
DEPLOYMENT = (
    "name! * deployment_ref=None run_ref=None artifact_ref=None environment_snapshot_ref=None metadata=None"
)
OPEN = "* workspace='.contexta' profile=None config=None sinks=None plugins=()"
SCOPE = {**CAPTURING, "close": "* status='completed'", "bind": "function!"}
OPERATION = "name! * operation_ref=None metadata=None"
SAMPLE = "name! * sample_ref=None retention_class=None redaction_profile=None metadata=None"
METHODS = {
    Contexta: {
        **CAPTURING,
        "__init__": OPEN,
        "open": OPEN,
        "run": RUN,
        "deployment": DEPLOYMENT,
        "params": "parameters=None / **named",
        "current_run": "",
        "current_stage": "",
        "current_operation": "",
        "current_sample": "",
        "current_deployment": "",
        "close": "",
    },
    RuntimeSession: {"start_run": RUN, "start_deployment": DEPLOYMENT},
    RunScope: {
        **SCOPE,
        "stage": "name! * stage_ref=None metadata=None",
        "params": "parameters=None / **named",
    },
    StageScope: {
        **SCOPE,
        "operation": OPERATION,
        "batch": "name! * batch_ref=None metadata=None",
        "sample": SAMPLE,
    },
    BatchScope: {**SCOPE, "operation": OPERATION, "sample": SAMPLE},
    OperationScope: SCOPE,
    SampleScope: SCOPE,
    DeploymentScope: SCOPE,
    InMemorySink: {"__init__": "* name='memory' supported_families=None", "capture": "* family! payload!"},
    StdoutSink: {
        "__init__": "* name='stdout' stream='stdout' supported_families=None indent=None",
        "capture": "* family! payload!",
    },
    CaptureResult: {
        "success": "family! * payload=None deliveries=() warnings=() messages=() metadata=None applied=True",
        "to_dict": "",
    },
    BatchCaptureResult: {
        "from_results": "family! results! * messages=() metadata=None",
        "aggregate": "family! results! * messages=() metadata=None",
        "to_dict": "",
    },
}

FIELDS = {
    EventEmission: "key! message! level='info' attributes=None tags=None",
    MetricEmission: "key! value! unit=None aggregation_scope='step' tags=None summary_basis='raw_observation' step=None",
    SpanEmission: "name! started_at=None ended_at=None status='ok' span_kind='operation' attributes=None"
    " linked_refs=None parent_span_id=None",
    ArtifactRegistrationEmission: "artifact_kind! path! artifact_ref=None attributes=None compute_hash=True"
    " allow_missing=False",
    Delivery: "sink_name! family! status! detail='' metadata=None",
}
BASE_FIELDS = [
    "status",
    "value",
    "messages",
    "degradation_notes",
    "failure",
    "applied",
    "planned_only",
    "metadata",
]
CAPTURE_FIELDS = {
    "family": PayloadFamily.RECORD,
    "deliveries": (),
    "warnings": (),
    "degradation_reasons": (),
    "payload": None,
    "degradation_emitted": False,
    "degradation_payload": None,
    "recovered_to_outbox": False,
    "replay_refs": (),
    "error_code": None,
    "error_message": None,
}


def written(signature):
    """Write a signature as the table does."""
    kinds = inspect.Parameter
    words = []
    has_star = False
    for name, parameter in signature.parameters.items():
        if name in {"self", "cls"}:
            continue
        if parameter.kind is kinds.KEYWORD_ONLY and not has_star:
            words.append("*")
            has_star = True
        if parameter.kind is kinds.VAR_KEYWORD:
            words.append(f"**{name}")
            continue
        words.append(f"{name}!" if parameter.default is kinds.empty else f"{name}={parameter.default!r}")
        if parameter.kind is kinds.POSITIONAL_ONLY:
            words.append("/")
    return " ".join(words)


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, methods in METHODS.items() for name in methods]
)
def test_methods_have_the_signatures_of_the_page(owner, name):
    """Each method has the parameters of the page, in its order, with its defaults and kinds."""
    assert written(inspect.signature(getattr(owner, name))) == METHODS[owner][name]


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_models_have_the_fields_of_the_page(model):
    """Each model is a frozen, slotted dataclass whose constructor is that of the page."""
    assert is_dataclass(model)
    assert model.__dataclass_params__.frozen
    assert "__slots__" in vars(model)
    assert written(inspect.signature(model)) == FIELDS[model]


def test_capture_results_extend_operation_results():
    """A capture's result has the base's fields, then its own, with the defaults of the page."""
    assert issubclass(CaptureResult, OperationResult)
    assert [each.name for each in fields(CaptureResult)] == BASE_FIELDS + list(CAPTURE_FIELDS)
    assert {each.name: each.default for each in fields(CaptureResult)[len(BASE_FIELDS) :]} == CAPTURE_FIELDS
    assert [each.name for each in fields(BatchCaptureResult)] == [*BASE_FIELDS, "items", "family"]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (RunScope, "run_id code_revision config_snapshot_ref config_snapshot dataset_ref tags metadata"),
        (StageScope, "metadata"),
        (OperationScope, "observed_at metadata"),
        (SampleScope, "observed_at metadata"),
        (DeploymentScope, "metadata order_index"),
        (BatchScope, "ref name started_at closed_at status is_closed scope_kind metadata"),
        (
            Contexta,
            (
                "project_name session sinks metadata_store record_store artifact_store repository workspace profile config"
                " query_service compare_service diagnostics_service lineage_service trend_service alert_service"
                " provenance_service report_builder"
            ),
        ),
    ],
)
def test_properties_of_the_page(scope, names):
    """The documented properties exist."""
    assert [name for name in names.split() if not hasattr(scope, name)] == []
