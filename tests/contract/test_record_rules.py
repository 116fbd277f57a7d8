"""The rules of records, artifacts and lineage."""

from __future__ import annotations

import pytest

from contexta.contract import (
    ArtifactManifest,
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    LineageEdge,
    MetricPayload,
    MetricRecord,
    ProvenanceRecord,
    StableRef,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
    vocabularies,
)
from contexta.errors import ValidationError

T = "2024-01-01T00:00:00Z"
STAGE = "stage:p.r1.s"


def assert_refused(code, function, *arguments, **keywords):
    """Check that a call raises a ValidationError of a code, and return its details."""
    with pytest.raises(ValidationError) as caught:
        function(*arguments, **keywords)
    assert caught.value.code == code, caught.value
    return caught.value.details or {}


def manifest(**changes):
    """Build a valid manifest with changes."""
    values = {
        "artifact_ref": "artifact:p.r1.a",
        "artifact_kind": "model_bundle",
        "created_at": T,
        "producer_ref": "sdk",
        "run_ref": "run:p.r1",
        "location_ref": "file:///a",
    }
    return ArtifactManifest(**{**values, **changes})


def edge(**changes):
    """Build a valid edge with changes."""
    values = {
        "relation_ref": "relation:e",
        "relation_type": "used",
        "source_ref": "run:p.r",
        "target_ref": "artifact:p.r.a",
        "recorded_at": T,
        "origin_marker": "explicit",
        "confidence_marker": "high",
    }
    return LineageEdge(**{**values, **changes})


SCOPE_FAULTS = [
    ({"deployment_execution_ref": "deployment:other.api"}, "prefix"),
    ({"stage_execution_ref": "stage:p.other.s"}, "prefix"),
    ({"batch_execution_ref": "batch:p.r1.s.b"}, "missing"),
    ({"sample_observation_ref": "sample:p.r1.s.x"}, "missing"),
    ({"operation_context_ref": "op:p.r1.s.o"}, "missing"),
    ({"stage_execution_ref": STAGE, "batch_execution_ref": "batch:p.r1.t.b"}, "prefix"),
    ({"stage_execution_ref": STAGE, "operation_context_ref": "op:p.r1.t.o"}, "prefix"),
    ({"stage_execution_ref": STAGE, "operation_context_ref": "op:p.r1.s.b.o"}, "prefix"),
    ({"stage_execution_ref": STAGE, "sample_observation_ref": "sample:p.r1.s.b.x"}, "prefix"),
    (
        {
            "stage_execution_ref": STAGE,
            "batch_execution_ref": "batch:p.r1.s.b",
            "operation_context_ref": "op:p.r1.s.o",
        },
        "prefix",
    ),
]


@pytest.mark.parametrize(("change", "fault"), SCOPE_FAULTS, ids=[f"scope-{n}" for n in range(10)])
def test_scopes_of_records_and_artifacts_nest(build, change, fault):
    """Refs of an envelope and of a manifest lie under each other, and inner ones need a stage."""
    ending = "missing_stage_context" if fault == "missing" else "ref_prefix_mismatch"
    assert_refused(f"record_{ending}", build.envelope, "event", **change)
    assert_refused(f"artifact_{ending}", manifest, **change)


def test_a_full_scope_is_accepted(build):
    """Deployment, stage, batch, sample and operation together fit."""
    scope = {
        "deployment_execution_ref": "deployment:p.api",
        "stage_execution_ref": STAGE,
        "batch_execution_ref": "batch:p.r1.s.b",
        "sample_observation_ref": "sample:p.r1.s.b.x",
        "operation_context_ref": "op:p.r1.s.b.o",
    }
    assert build.envelope("event", **scope).to_dict()["operation_context_ref"] == "op:p.r1.s.b.o"
    assert manifest(**scope).batch_execution_ref == "batch:p.r1.s.b"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"record_ref": "record:p.other.x"}, "record_ref_prefix_mismatch", "record_ref"),
        (
            {"recorded_at": T, "observed_at": "2024-01-01T00:00:00.5Z"},
            "record_invalid_time_order",
            "recorded_at",
        ),
        ({"producer_ref": "Bad Ref"}, "record_invalid_producer_ref", "producer_ref"),
        ({"completeness_marker": "x"}, "record_invalid_marker", "completeness_marker"),
        ({"degradation_marker": "x"}, "record_invalid_marker", "degradation_marker"),
        ({"correlation_refs": None}, "record_invalid_correlation_refs", "correlation_refs"),
        ({"correlation_refs": {"trace_id": "x"}}, "record_invalid_correlation_refs", "correlation_refs"),
        ({"record_type": "x"}, "record_invalid_marker", "record_type"),
    ],
    ids=[f"envelope-{n}" for n in range(8)],
)
def test_broken_envelopes_name_their_field(build, change, code, field):
    """Each rule of the envelope has its code."""
    assert assert_refused(code, build.envelope, **{"record_type": "event", **change})["field_name"] == field


def test_half_a_second_later_is_later(build):
    """Observation and recording are compared as instants."""
    envelope = build.envelope("event", observed_at=T, recorded_at="2024-01-01T00:00:00.5Z")
    assert envelope.recorded_at == "2024-01-01T00:00:00.500000Z"


@pytest.mark.parametrize("key", ["val_loss", "train.loss", "train/acc@5", "top-1%", "L2"])
def test_common_keys_are_accepted(build, key):
    """Metric and event keys are what training code uses."""
    assert build.metric(metric_key=key).metric_key == key
    assert build.event(event_key=key).event_key == key


@pytest.mark.parametrize("key", ["", "a b", "a..b", "x" * 129, None, "é"])
def test_other_keys_are_refused(build, key):
    """The codes tell which key was wrong."""
    assert_refused("record_invalid_metric_key", build.metric, metric_key=key)
    assert_refused("record_invalid_event_key", build.event, event_key=key)


@pytest.mark.parametrize(
    "value", [True, None, "1", float("nan"), float("inf"), 1j, 2**64, -(2**63) - 1, 10**400, [1], object()]
)
def test_a_metric_value_is_a_finite_number_of_64_bits(build, value):
    """Anything else is a typed error, huge integers too."""
    assert_refused("record_invalid_metric_value", build.metric, value=value)


def test_metric_values_keep_their_type(build):
    """An int stays an int, a float a float."""
    assert type(build.metric(value=1).value) is int
    assert type(build.metric(value=1.0).value) is float


def test_numpy_scalars_are_numbers(build):
    """NumPy's scalars are taken for the Python numbers that they hold; arrays are not."""
    numpy = pytest.importorskip("numpy")
    payload = build.metric(value=numpy.float32(0.5), step=numpy.int64(3))
    assert (payload.value, type(payload.value), payload.step, type(payload.step)) == (0.5, float, 3, int)
    assert type(build.metric(value=numpy.float64(0.5)).value) is float
    assert build.metric(value=numpy.array(0.25)).value == 0.25
    assert_refused("record_invalid_metric_value", build.metric, value=numpy.array([0.25]))
    assert_refused("record_invalid_metric_value", build.metric, value=numpy.bool_(True))


def test_a_value_fits_its_type():
    """A fraction is no int; an int may be called a float."""
    assert_refused("record_invalid_metric_value", MetricPayload, "m", 1.5, "int")
    assert MetricPayload("m", 1, "float").value == 1


@pytest.mark.parametrize("step", [True, 1.0, "1", 2**63])
def test_a_step_is_a_whole_number(build, step):
    """Steps are integers of 64 signed bits, or absent."""
    assert build.metric(step=0).step == 0
    assert build.metric().step is None
    assert_refused("record_invalid_step", build.metric, step=step)


def test_slices_and_issues_take_both_separators(build):
    """Hyphens and underscores both belong into slices, issue keys, policies and producers."""
    assert build.metric(slice_ref="age-30_40.eu").slice_ref == "age-30_40.eu"
    assert DegradedPayload("capture.gap-x_y", "capture", "error", "s").issue_key == "capture.gap-x_y"
    assert build.envelope("event", producer_ref="my_sdk.v-2").producer_ref == "my_sdk.v-2"


@pytest.mark.parametrize("status", vocabularies.TRACE_SPAN_STATUSES)
@pytest.mark.parametrize("kind", vocabularies.TRACE_SPAN_KINDS)
def test_all_span_words_are_accepted(build, status, kind):
    """Today's and yesterday's words both."""
    span = build.span(status=status, span_kind=kind)
    assert (span.status, span.span_kind) == (status, kind)


def test_span_rules(build):
    """A span ends after it starts, is not its own parent, and links refs."""
    assert_refused("record_invalid_time_order", build.span, started_at="2024-01-01T00:00:00.5Z", ended_at=T)
    assert_refused("record_invalid_parent_span", build.span, parent_span_id="s1")
    assert_refused("record_invalid_marker", build.span, span_kind="rpc")
    assert assert_refused("record_invalid_ref", build.span, linked_refs=[5])["field_name"] == "linked_refs[0]"
    assert (
        assert_refused("record_invalid_ref", build.span, linked_refs=(None,))["field_name"]
        == "linked_refs[0]"
    )
    assert (
        assert_refused("stable_ref_invalid_text", build.span, linked_refs=["zz"])["field_name"]
        == "linked_refs[0]"
    )
    assert_refused("record_invalid_ref", build.span, linked_refs="run:p.r")
    assert build.span(linked_refs=None).linked_refs == ()


def test_the_parent_of_a_span_may_be_left_out():
    """Root spans need no parent, positional calls keep their order, and what is required stays so."""
    positional = TraceSpanPayload("s", "t", None, "fit", T, T, "ok", "io")
    named = TraceSpanPayload("s", "t", span_name="fit", started_at=T, ended_at=T, status="ok", span_kind="io")
    assert positional == named
    assert assert_refused("context_missing_field", TraceSpanPayload, "s", "t")["field_name"] == "span_name"


def test_records_check_that_their_parts_fit(build):
    """Type, payload class, presence and trace must agree."""
    event, metric, span = build.event(), build.metric(), build.span()
    assert_refused("record_type_mismatch", MetricRecord, build.envelope("event"), metric)
    assert_refused("record_invalid_payload", MetricRecord, build.envelope("metric"), event)
    assert_refused("record_invalid_payload", StructuredEventRecord, build.envelope("event"), {})
    assert_refused("record_invalid_envelope", StructuredEventRecord, {}, event)
    absent = build.envelope("event", completeness_marker="absent")
    assert_refused("record_absent_not_allowed", StructuredEventRecord, absent, event)
    foreign = build.envelope("span", correlation_refs=CorrelationRefs(trace_id="other"))
    assert_refused("record_trace_mismatch", TraceSpanRecord, foreign, span)
    own = build.envelope("span", correlation_refs=CorrelationRefs(trace_id="t1"))
    assert TraceSpanRecord(own, span).payload is span


def test_a_degraded_record_says_what_was_lost(build):
    """Its envelope carries a degradation; it may be absent."""
    payload = DegradedPayload("capture.gap", "capture", "warning", "gap")
    assert_refused("record_degraded_requires_gap", DegradedRecord, build.envelope("degraded"), payload)
    lost = build.envelope("degraded", degradation_marker="capture_gap", completeness_marker="absent")
    assert DegradedRecord(lost, payload).payload.severity == "warning"
    assert_refused("record_invalid_marker", DegradedPayload, "a", "unknown", "warning", "s")
    assert_refused("record_invalid_marker", DegradedPayload, "a", "capture", "info", "s")


def test_subjects_are_refs_everywhere():
    """A subject reads back as a ref that equals its text."""
    payload = StructuredEventPayload("e", "info", "m", subject_ref="run:p.r")
    assert isinstance(payload.subject_ref, StableRef)
    assert payload.subject_ref == "run:p.r"


@pytest.mark.parametrize("size", [-1, True, 1.0, "3"])
def test_sizes_are_whole_numbers(size):
    """Zero is a size; negative, bool, fraction and text are not."""
    assert manifest(size_bytes=0).size_bytes == 0
    assert_refused("artifact_invalid_size_bytes", manifest, size_bytes=size)


@pytest.mark.parametrize("digits", ["sha256:ab12", "ABCDEF01", "md5:aGVsbG8=", "sha256-x:00"])
def test_hashes_are_digits(digits):
    """Hexadecimal or base64 digits, with or without the algorithm."""
    assert manifest(hash_value=digits).hash_value == digits


@pytest.mark.parametrize("text", ["any text", "sha256:", "a:b:c", "x" * 300, "é", 5])
def test_other_texts_are_no_hashes(text):
    """A hash that could never match is refused."""
    assert_refused(
        "context_invalid_string" if text == 5 else "artifact_invalid_hash_value", manifest, hash_value=text
    )


def test_artifacts_lie_under_their_run():
    """The ref of an artifact is its run's value and one component."""
    assert_refused("artifact_ref_prefix_mismatch", manifest, artifact_ref="artifact:p.r2.a")
    assert_refused("artifact_invalid_artifact_kind", manifest, artifact_kind="Model")
    assert_refused("artifact_invalid_producer_ref", manifest, producer_ref="a b")


def test_lineage_rules():
    """An edge joins two different things by known words."""
    with pytest.raises(ValidationError, match="differ"):
        edge(target_ref="run:p.r")
    assert_refused("lineage_self_relation", edge, target_ref="run:p.r")
    assert_refused("record_invalid_marker", edge, relation_type="likes")
    assert_refused("record_invalid_marker", edge, origin_marker="explicit_capture")
    assert edge(evidence_refs=["record:p.r.x"]).evidence_refs == ("record:p.r.x",)


def test_provenance_rules():
    """The evidence is an artifact, the policy a token."""
    record = ProvenanceRecord("provenance:v", "relation:e", "explicit", T, policy_ref="my_policy-1.x")
    assert record.policy_ref == "my_policy-1.x"
    assert_refused(
        "lineage_invalid_policy_ref",
        ProvenanceRecord,
        "provenance:v",
        "relation:e",
        "explicit",
        T,
        None,
        "A b",
    )
    assert_refused(
        "stable_ref_kind_mismatch",
        ProvenanceRecord,
        "provenance:v",
        "relation:e",
        "explicit",
        T,
        None,
        None,
        "run:p.r",
    )
