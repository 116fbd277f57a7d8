"""One valid instance of every model, and hypothesis strategies for all of them."""

from __future__ import annotations

import pytest

from contexta.contract import (
    ArtifactManifest,
    BatchExecution,
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    DeploymentExecution,
    EnvironmentSnapshot,
    ExtensionFieldSet,
    LineageEdge,
    MetricPayload,
    MetricRecord,
    OperationContext,
    Project,
    ProvenanceRecord,
    RecordEnvelope,
    Run,
    SampleObservation,
    StageExecution,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
)

START = "2024-01-01T00:00:00Z"
END = "2024-01-01T01:00:00Z"


def envelope(record_type, **changes):
    """Build a valid envelope of a type."""
    values = {
        "record_ref": "record:p.r1.x1",
        "record_type": record_type,
        "recorded_at": END,
        "observed_at": START,
        "producer_ref": "sdk.python.local",
        "run_ref": "run:p.r1",
        **changes,
    }
    return RecordEnvelope(**values)


def event_payload(**changes):
    """Build a valid event payload."""
    values = {
        "event_key": "train.start",
        "level": "info",
        "message": "hello",
        "attributes": {"k": 1},
        **changes,
    }
    return StructuredEventPayload(**values)


def metric_payload(**changes):
    """Build a valid metric payload."""
    values = {
        "metric_key": "train.loss",
        "value": 0.5,
        "value_type": "float",
        "unit": "nats",
        "slice_ref": "a_b.c",
        "tags": {"split": "val"},
        "summary_basis": "raw_observation",
        **changes,
    }
    return MetricPayload(**values)


def span_payload(**changes):
    """Build a valid root span."""
    values = {
        "span_id": "s1",
        "trace_id": "t1",
        "span_name": "fit",
        "started_at": START,
        "ended_at": END,
        "status": "ok",
        "span_kind": "operation",
        "linked_refs": ["artifact:p.r1.model"],
        **changes,
    }
    return TraceSpanPayload(**values)


def examples():
    """Build one instance of every model, by the name of its decoder."""
    acme = ExtensionFieldSet("acme.lab", {"z_note": "n", "a_num": 1.0}, ("a_num",))
    stage = {"run_ref": "run:p.r1", "stage_execution_ref": "stage:p.r1.train"}
    batch = "batch:p.r1.train.b0"
    degraded = DegradedPayload("capture.gap", "capture", "warning", "gap")
    return {
        "extension_field_set": ExtensionFieldSet(
            "acme.lab", {"z_note": "n", "a_num": 1.0, "nested": {"b": [1, None, True], "a": None}}, ("a_num",)
        ),
        "project": Project("project:p", "P", START, tags={"env": "dev"}, extensions=(acme,)),
        "run": Run("run:p.r1", "project:p", "R", "completed", START, END),
        "deployment_execution": DeploymentExecution(
            "deployment:p.api",
            "project:p",
            "api",
            "open",
            START,
            run_ref="run:p.r1",
            artifact_ref="artifact:p.r1.model",
            environment_snapshot_ref="environment:p.r1.snap",
        ),
        "stage_execution": StageExecution(
            "stage:p.r1.train", "run:p.r1", "train", "open", START, order_index=0
        ),
        "batch_execution": BatchExecution(batch, batch_name="b0", status="open", started_at=START, **stage),
        "sample_observation": SampleObservation(
            "sample:p.r1.train.b0.s0",
            sample_name="s0",
            observed_at=START,
            batch_execution_ref=batch,
            retention_class="debug",
            **stage,
        ),
        "operation_context": OperationContext(
            "op:p.r1.train.fit", operation_name="fit", observed_at=START, **stage
        ),
        "environment_snapshot": EnvironmentSnapshot(
            "environment:p.r1.snap", "run:p.r1", START, "3.13.0", "linux", {"numpy": "2.0"}, {"HOME": "/x"}
        ),
        "correlation_refs": CorrelationRefs(trace_id="t1"),
        "record_envelope": envelope("event", stage_execution_ref="stage:p.r1.train"),
        "structured_event_payload": event_payload(),
        "metric_payload": metric_payload(),
        "trace_span_payload": span_payload(),
        "degraded_payload": degraded,
        "structured_event_record": StructuredEventRecord(envelope("event"), event_payload()),
        "metric_record": MetricRecord(envelope("metric"), metric_payload()),
        "trace_span_record": TraceSpanRecord(envelope("span"), span_payload()),
        "degraded_record": DegradedRecord(envelope("degraded", degradation_marker="capture_gap"), degraded),
        "artifact_manifest": ArtifactManifest(
            "artifact:p.r1.model",
            "checkpoint",
            START,
            "sdk.python.local",
            "run:p.r1",
            "vault://m",
            hash_value="sha256:ab",
            size_bytes=3,
            attributes={"fmt": "pt"},
        ),
        "lineage_edge": LineageEdge(
            "relation:e1",
            "generated_from",
            "artifact:p.r1.data",
            "artifact:p.r1.model",
            START,
            "explicit",
            "high",
            evidence_refs=["record:p.r1.x1"],
        ),
        "provenance_record": ProvenanceRecord(
            "provenance:v1",
            "relation:e1",
            "explicit",
            START,
            "op:p.r1.train.fit",
            "my.policy",
            "artifact:p.r1.ev",
        ),
    }


EXAMPLES = examples()


@pytest.fixture(params=sorted(EXAMPLES))
def named_model(request):
    """Give the name and a valid instance of every model in turn."""
    return request.param, EXAMPLES[request.param]


@pytest.fixture
def build():
    """Give the builders of records' parts."""
    from types import SimpleNamespace

    return SimpleNamespace(
        envelope=envelope,
        event=event_payload,
        metric=metric_payload,
        span=span_payload,
        examples=EXAMPLES,
        start=START,
        end=END,
    )
