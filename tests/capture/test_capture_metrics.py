"""Metrics on their way into the workspace: values, mappings, batches, steps, and numbers that are not finite."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from contexta.errors import LifecycleError, ValidationError


class Tensor:
    """A scalar of a library that is not installed."""

    def __init__(self, value):
        self.value = value

    def item(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1),
        (-0.5, -0.5),
        (np.float32(1.5), 1.5),
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.array(2.0), 2.0),
        (np.array([3]), 3),
        (Tensor(0.25), 0.25),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        (2**63 - 1, 2**63 - 1),
        (2**63, float(2**63)),
        (5e-324, 5e-324),
    ],
)
def test_one_finite_number_is_a_value(run, records, value, kept):
    """Numbers and scalars of numerical libraries are kept as the number they hold, whole numbers as whole."""
    run.metric("loss", value)
    (record,) = records("metric")
    assert (record["value"], type(record["value"])) == (kept, type(kept))


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        "1",
        b"1",
        None,
        [1.0],
        (1,),
        np.array([1.0, 2.0]),
        1j,
        np.complex64(1),
        10**400,
        object(),
        Tensor(True),
        Tensor(RuntimeError("on the device")),
        Tensor([1]),
    ],
    ids=[f"{number}" for number in range(15)],
)
def test_anything_else_is_refused(run, records, value):
    """Booleans, text, collections and broken scalars raise, and nothing is written."""
    with pytest.raises(ValidationError) as caught:
        run.metric("loss", value)
    assert caught.value.code == "capture_model_invalid_metric_value"
    assert records() == []


def test_everything_that_is_said_of_a_metric_is_kept(run, records):
    """Unit, scope, tags, basis and step are in the record; the known series is as exact as the first."""
    said = {
        "unit": "s",
        "aggregation_scope": "run",
        "tags": {"rank": "0"},
        "summary_basis": "mean",
        "step": 3,
    }
    for _ in range(2):
        payload = run.metric("time", 2.0, **said).payload.payload
        assert (
            payload.unit,
            payload.aggregation_scope,
            payload.tags,
            payload.summary_basis,
            payload.step,
        ) == (
            "s",
            "run",
            {"rank": "0"},
            "mean",
            3,
        )
    first, second = records("metric")
    different = {"id", "time"}
    assert {k: v for k, v in first.items() if k not in different} == {
        "type": "metric",
        "run": run.ref,
        "key": "time",
        "value": 2.0,
        "unit": "s",
        "scope": "run",
        "tags": {"rank": "0"},
        "basis": "mean",
        "step": 3,
    }
    assert {k: v for k, v in first.items() if k not in different} == {
        k: v for k, v in second.items() if k not in different
    }
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"step": 2**63}, "capture_model_invalid_step"),
        ({"step": 1.5}, "capture_model_invalid_step"),
        ({"step": True}, "capture_model_invalid_step"),
        ({"unit": []}, "capture_model_invalid_string"),
        ({"tags": {"a": 1}}, "capture_model_invalid_mapping"),
        ({"aggregation_scope": {}}, "capture_model_invalid_marker"),
    ],
)
def test_a_known_series_is_checked_as_the_first_point_was(run, records, fields, code):
    """The short path for points of a known series lets nothing through."""
    run.metric("loss", 1.0)
    with pytest.raises(ValidationError) as caught:
        run.metric("loss", 1.0, **fields)
    assert caught.value.code == code
    with pytest.raises(ValidationError):
        run.emit_metrics([{"key": "loss", "value": 1.0}, {"key": "loss", "value": 1.0, **fields}])
    assert len(records()) == 1


def test_steps_of_other_libraries_are_whole_numbers(run):
    """A NumPy integer is a step."""
    assert run.metric("loss", 1.0, step=np.int32(4)).payload.payload.step == 4


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, np.float32("nan"), Tensor(math.inf)],
    ids=["nan", "inf", "negative", "numpy", "tensor"],
)
def test_a_value_that_is_not_finite_does_not_end_the_run(run, records, value):
    """It becomes an event with key, step and unit, a degraded marker, and a DEGRADED result; the run goes on."""
    result = run.metric("loss", value, step=12, unit="nats", tags={"rank": "0"})
    run.metric("loss", 1.0, step=13)
    event, marker, metric = records()
    assert result.degraded
    assert (result.degradation_emitted, str(result.degradation_payload.envelope.record_type)) == (
        True,
        "degraded",
    )
    assert (event["key"], event["level"], event["tags"]) == ("metric.non_finite", "warning", {"rank": "0"})
    number = float(value.value if isinstance(value, Tensor) else value)
    assert event["attributes"] == {"metric_key": "loss", "step": 12, "unit": "nats", "value": str(number)}
    assert (marker["type"], marker["key"], metric["value"]) == ("degraded", "metric.non_finite", 1.0)


def test_a_bad_key_is_refused_also_where_the_value_is_not_finite(run, records):
    """The other rules hold for such a value as for any."""
    with pytest.raises(ValidationError) as caught:
        run.metric("bad key", math.nan)
    assert caught.value.code == "capture_model_invalid_metric_key"
    assert records() == []


def test_a_mapping_is_one_metric_for_each_leaf(run, records):
    """Nested mappings become dotted keys, with what was said of the whole."""
    result = run.metric("eval", {"acc": 0.5, "by": {"cat": 1, "dog": np.float32(0.25)}}, step=2)
    assert result.succeeded
    assert {each["key"]: (each["value"], each["step"]) for each in records("metric")} == {
        "eval.acc": (0.5, 2),
        "eval.by.cat": (1, 2),
        "eval.by.dog": (0.25, 2),
    }
    assert sorted(each.payload.metric_key for each in result.payload) == [
        "eval.acc",
        "eval.by.cat",
        "eval.by.dog",
    ]


def test_a_mapping_with_a_leaf_that_is_not_finite_keeps_the_others(run, records):
    """Finite leaves are metrics, the other is told of, and the result is degraded and holds the marker."""
    result = run.metric("eval", {"acc": 0.5, "loss": math.nan})
    assert result.degraded
    assert result.degradation_emitted
    assert [each["type"] for each in records()] == ["metric", "event", "degraded"]


@pytest.mark.parametrize("leaf", ["text", None, [1], True], ids=str)
def test_a_mapping_with_a_bad_leaf_writes_nothing(run, records, leaf):
    """All leaves are checked before the first is written."""
    with pytest.raises(ValidationError):
        run.metric("eval", {"diverged": math.nan, "acc": 0.5, "bad": leaf})
    assert records() == []


def test_a_mapping_that_contains_itself_is_refused(run):
    """Endless nesting is a clear error."""
    value = {}
    value["self"] = value
    with pytest.raises(ValidationError):
        run.metric("eval", value)


def test_a_batch_is_all_or_none(run, records):
    """One emission that breaks a rule, anywhere in the batch, and nothing is written."""
    with pytest.raises(ValidationError):
        run.emit_metrics([{"key": "loss", "value": 1.0}, {"key": "bad key", "value": 2.0}])
    assert records() == []


def test_a_batch_with_values_that_are_not_finite_keeps_the_others(run, records):
    """In a batch, too, a diverged loss is told of and does not end the run; the results stand in order."""
    batch = run.emit_metrics(
        [{"key": "a", "value": 1.0}, {"key": "b", "value": math.nan, "step": 9}, {"key": "c", "value": 3.0}]
    )
    assert [each.status for each in batch.results] == ["SUCCESS", "DEGRADED", "SUCCESS"]
    assert [each["key"] for each in records("metric")] == ["a", "c"]
    assert records("event")[0]["attributes"]["step"] == 9


@pytest.mark.parametrize(
    "emissions",
    [
        5,
        None,
        "text",
        {"key": "a", "value": 1.0},
        [5],
        ["text"],
        [{"key": "a"}],
        [{"value": 1.0}],
        [{5: 1}],
        [{"key": "a", "value": 1.0, "colour": "red"}],
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["emit_metrics", "emit_events", "emit_spans"])
def test_what_is_no_batch_is_refused(run, records, method, emissions):
    """A batch that is none, or holds what is no emission, is a ValidationError."""
    with pytest.raises(ValidationError):
        getattr(run, method)(emissions)
    assert records() == []


def test_batches_may_be_generators_and_empty(run, records):
    """Any iterable is a batch; an empty one succeeds and writes nothing."""
    assert run.emit_metrics([]).succeeded
    assert run.emit_metrics({"key": "a", "value": float(number)} for number in range(3)).total_count == 3
    assert [each["value"] for each in records("metric")] == [0.0, 1.0, 2.0]


def test_series_are_told_apart_by_all_that_differs(run, records):
    """The same key with another unit, scope or basis is another series, never the first one's."""
    run.metric("t", 1.0)
    run.metric("t", 1.0, unit="s")
    run.metric("t", 1.0, summary_basis="mean")
    run.emit_metrics([{"key": "t", "value": 2.0}, {"key": "t", "value": 2.0, "unit": "ms"}])
    assert [(each.get("unit"), each.get("basis")) for each in records()] == [
        (None, None),
        ("s", None),
        (None, "mean"),
        (None, None),
        ("ms", None),
    ]


def test_ambient_capture_needs_a_run(ctx):
    """Without a run every capture is a LifecycleError, an empty batch too."""
    for capture in (
        lambda: ctx.metric("a", 1),
        lambda: ctx.event("a", message="m"),
        lambda: ctx.span("a"),
        lambda: ctx.emit_metrics([]),
        lambda: ctx.register_artifact("model", "m"),
        lambda: ctx.params({"a": 1}),
    ):
        with pytest.raises(LifecycleError) as caught:
            capture()
        assert caught.value.code in {"runtime_capture_requires_run", "runtime_run_required"}
