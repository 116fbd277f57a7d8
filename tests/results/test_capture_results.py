"""Results of captures: invariants, folding, and results that are filled in when somebody looks."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, fields, replace

import pytest

from contexta import Contexta
from contexta.capture import BatchCaptureResult, CaptureResult, Delivery, DeliveryStatus, PayloadFamily
from contexta.errors import ValidationError
from contexta.results import FailureInfo

FAILURE = FailureInfo("gone", "it is gone")


@pytest.fixture
def ctx(tmp_path):
    """Open a workspace that writes without syncing."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        yield ctx


@pytest.fixture
def run(ctx):
    """Open a run."""
    with ctx.run("train") as run:
        yield run


def test_value_and_payload_are_one():
    """Whichever of the two is given is the other as well."""
    assert CaptureResult("SUCCESS", value=3).payload == 3
    assert CaptureResult("SUCCESS", payload=3).value == 3


@pytest.mark.parametrize(
    "fields", [{"value": 1, "payload": 2}, {"degradation_payload": 1}, {"degradation_payload": {}}]
)
def test_contradictions_are_refused(fields):
    """Two payloads, or a degradation payload that was not emitted, are refused."""
    with pytest.raises(ValidationError) as caught:
        CaptureResult("SUCCESS", **fields)
    assert caught.value.code == "capture_result_inconsistent"


def test_degraded_results_make_notes_of_their_reasons():
    """Without notes the reasons become notes, and without reasons there is one that says so."""
    with_reasons = CaptureResult.with_degradation("RECORD", degradation_reasons=["a", "b"])
    assert [(each.code, each.message) for each in with_reasons.degradation_notes] == [
        ("capture_degradation_1", "a"),
        ("capture_degradation_2", "b"),
    ]
    assert [each.code for each in CaptureResult.with_degradation("RECORD").degradation_notes] == [
        "capture_degraded"
    ]


def test_failures_carry_code_and_text():
    """The failure fills the two plain fields, and the plain fields fill a missing failure."""
    made = CaptureResult.failure_result("RECORD", FAILURE)
    assert (made.error_code, made.error_message, made.applied) == ("gone", "it is gone", False)
    bare = CaptureResult("FAILURE", error_code="x", error_message="y")
    assert (bare.failure.code, bare.failure.message) == ("x", "y")
    assert CaptureResult("FAILURE").failure.code == "capture_failed"


def test_warnings_are_messages_once():
    """Warnings join the messages, and do so once however often the result is replaced."""
    result = CaptureResult.success("RECORD", warnings=["careful"])
    again = replace(replace(result))
    assert [(each.level, each.message) for each in again.messages] == [("WARNING", "careful")]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ("", "SUCCESS"),
        ("ss", "SUCCESS"),
        ("sd", "DEGRADED"),
        ("sf", "DEGRADED"),
        ("ff", "FAILURE"),
        ("df", "DEGRADED"),
    ],
)
def test_a_batch_fails_only_when_all_failed(members, status):
    """Some failures degrade a batch of captures; only if nothing was kept it has failed."""
    made = {
        "s": CaptureResult.success("RECORD", payload=1),
        "d": CaptureResult.with_degradation("RECORD", degradation_reasons=["r"]),
        "f": CaptureResult.failure_result("RECORD", FAILURE),
    }
    batch = BatchCaptureResult.from_results("RECORD", [made[each] for each in members])
    assert batch.status == status
    assert batch == BatchCaptureResult.aggregate("RECORD", [made[each] for each in members])
    assert batch.results is batch.items
    assert (batch.failure is FAILURE) is (status == "FAILURE")


def test_a_partly_failed_batch_says_so():
    """A batch whose items have no notes of their own gets one with the numbers."""
    batch = BatchCaptureResult.from_results(
        "RECORD", [CaptureResult.success("RECORD"), CaptureResult.failure_result("RECORD", FAILURE)]
    )
    assert [each.code for each in batch.degradation_notes] == ["capture_batch_partial_failure"]
    assert "1 of 2" in batch.degradation_notes[0].message


def test_families_do_not_mix():
    """A batch of two families is refused."""
    with pytest.raises(ValidationError) as caught:
        BatchCaptureResult.from_results("RECORD", [CaptureResult.success("ARTIFACT")])
    assert caught.value.code == "capture_batch_mixed_families"


def test_families_are_found_in_any_case():
    """The family may be given as text in any case; another word is refused."""
    assert CaptureResult.success("record").family is PayloadFamily.RECORD
    with pytest.raises(ValidationError):
        CaptureResult.success("records")


def test_a_delivery_needs_a_name_and_known_words():
    """A delivery without a sink's name, or with an unknown status, is refused."""
    with pytest.raises(ValidationError):
        Delivery(" ", "RECORD", "SUCCESS")
    with pytest.raises(ValidationError):
        Delivery("s", "RECORD", "LATE")


def test_the_plain_data_of_every_capture_is_json(run, tmp_path):
    """What to_dict gives for metric, mapping, event, span, artifact and batch can be dumped as it is."""
    source = tmp_path / "model.bin"
    source.write_bytes(b"weights")
    results = [
        run.metric("loss", 0.5, step=1, tags={"a": "b"}),
        run.metric("eval", {"acc": 0.9, "deep": {"f1": 0.8}}),
        run.event("note", message="hello", attributes={"n": [1, {"x": None}]}),
        run.span("load", linked_refs=[run.ref]),
        run.register_artifact("model", str(source), attributes={"layers": [3, 4]}),
        run.emit_metrics([{"key": "loss", "value": 1.0}]),
    ]
    for result in results:
        assert json.loads(json.dumps(result.to_dict()))["status"] == "SUCCESS"
    assert results[1].to_dict()["payload"][0]["payload"]["metric_key"] == "eval.acc"
    assert results[4].to_dict()["payload"]["manifest"]["artifact_kind"] == "model"


class TestDeferred:
    """A metric's result is filled in where somebody looks, and is in no way different from a built one."""

    @pytest.fixture
    def deferred(self, run):
        """Capture one point; nobody has looked at its result."""
        return run.metric("loss", 0.5, step=7)

    @pytest.fixture
    def built(self, deferred):
        """Build the same result the common way."""
        return CaptureResult(**{each.name: getattr(deferred, each.name) for each in fields(deferred)})

    def test_equality(self, deferred, built):
        """Equal in both directions, with equal hashes where the payload hashes."""
        assert deferred == built
        assert built == deferred
        assert repr(deferred) == repr(built)

    @pytest.mark.parametrize(
        "twin",
        [
            lambda result: pickle.loads(pickle.dumps(result)),
            copy.copy,
            copy.deepcopy,
            replace,
        ],
        ids=["pickle", "copy", "deepcopy", "replace"],
    )
    def test_twins(self, deferred, twin):
        """Pickling, copying and replacing give an equal result before anybody looked."""
        made = twin(deferred)
        assert made == deferred
        assert made.payload.payload.value == 0.5
        assert made.payload.payload.step == 7

    def test_replace_changes_one_field(self, deferred):
        """A field can be replaced; the others stay."""
        made = replace(deferred, metadata={"mine": 1})
        assert (dict(made.metadata), made.payload) == ({"mine": 1}, deferred.payload)

    def test_asdict_names_every_field(self, deferred):
        """dataclasses.asdict works and has every field of the page."""
        assert list(asdict(replace(deferred, payload=None, value=None)))[:3] == [
            "status",
            "value",
            "messages",
        ]

    @pytest.mark.parametrize("name", ["nonsense", "__len__", "_repr_html_", "__array__"])
    def test_no_surprising_attributes(self, deferred, name):
        """What is no field is missing, also what notebooks and array libraries look for."""
        assert not hasattr(deferred, name)

    def test_the_answers(self, deferred):
        """Status, deliveries and metadata are those of a success at the workspace."""
        assert (deferred.succeeded, deferred.degraded, deferred.failed) == (True, False, False)
        assert [(each.sink_name, each.status) for each in deferred.deliveries] == [
            ("workspace", DeliveryStatus.SUCCESS)
        ]
        assert deferred.metadata["record_ref"] == str(deferred.payload.envelope.record_ref)
        assert deferred.value is deferred.payload

    def test_batches(self, run):
        """A deferred batch is equal to the batch built of its results."""
        batch = run.emit_metrics([{"key": "a", "value": 1.0}, {"key": "b", "value": 2.0, "step": 3}])
        pickled = pickle.loads(pickle.dumps(batch))
        assert [each.payload.payload.value for each in pickled.results] == [1.0, 2.0]
        assert (batch.total_count, batch.success_count) == (2, 2)
        assert batch.status == BatchCaptureResult.from_results("RECORD", batch.results).status
        assert batch == pickled

    def test_it_outlives_the_run(self, ctx):
        """A result that is looked at after the workspace was closed is the same."""
        with ctx.run("other") as other:
            result = other.metric("late", 1.5)
        ctx.close()
        assert result.payload.payload.metric_key == "late"
