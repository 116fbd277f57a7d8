"""Results of operations: what contradicts itself is refused, batches fold by rule, everything becomes plain data."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from contexta.errors import NotFoundError, SerializationError, ValidationError
from contexta.results import (
    BatchResult,
    DegradationNote,
    FailureInfo,
    MessageLevel,
    OperationResult,
    ResultMessage,
    ResultStatus,
)

NOTE = DegradationNote("half", "only half of it")
FAILURE = FailureInfo("gone", "it is gone")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "SUCCESS", "failure": FAILURE}, "SUCCESS cannot"),
        ({"status": "DEGRADED"}, "needs a degradation note"),
        ({"status": "FAILURE"}, "needs its failure info"),
        ({"status": "SUCCESS", "planned_only": True, "applied": True}, "only planned"),
    ],
)
def test_contradictions_are_refused(fields, words):
    """A status that contradicts the other fields raises and says why."""
    with pytest.raises(ValidationError, match=words) as caught:
        OperationResult(**fields)
    assert caught.value.code == "result_inconsistent"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: OperationResult("DONE"), "result_invalid_status"),
        (lambda: OperationResult(None), "result_invalid_status"),
        (lambda: ResultMessage("LOUD", "c", "m"), "result_invalid_level"),
        (lambda: ResultMessage("INFO", "", "m"), "result_invalid_code"),
        (lambda: DegradationNote("", "m"), "result_invalid_code"),
        (lambda: FailureInfo(None, "m"), "result_invalid_code"),
    ],
    ids=["status", "no-status", "level", "message-code", "note-code", "failure-code"],
)
def test_unknown_words_and_missing_codes_are_validation_errors(make, code):
    """No raw builtin error reaches the caller for a bad word or code."""
    with pytest.raises(ValidationError) as caught:
        make()
    assert caught.value.code == code


def test_words_are_turned_into_members():
    """Status and level may be given as text and are members afterwards."""
    result = OperationResult("SUCCESS", messages=[ResultMessage("WARNING", "c", "m")])
    assert result.status is ResultStatus.SUCCESS
    assert result.messages[0].level is MessageLevel.WARNING


def test_results_are_frozen():
    """Neither a field nor the mapping behind one can be changed."""
    result = OperationResult.success(1, metadata={"a": 1})
    with pytest.raises(FrozenInstanceError):
        result.value = 2
    with pytest.raises(TypeError):
        result.metadata["a"] = 2


def test_the_three_constructors_set_the_three_answers():
    """Success, degradation and failure each answer True to their own question alone."""
    results = [
        OperationResult.success(1),
        OperationResult.with_degradation(1, degradation_notes=[NOTE]),
        OperationResult.failure_result(FAILURE),
    ]
    answers = [(each.succeeded, each.degraded, each.failed) for each in results]
    assert answers == [(True, False, False), (False, True, False), (False, False, True)]
    assert [each.applied for each in results] == [True, True, False]


def test_a_failure_from_an_error_of_ours_keeps_its_code():
    """The code, details and retryable flag of a Contexta error are those of the failure."""
    error = NotFoundError("no such run", code="run_gone", details={"run": "r"}, retryable=True)
    info = FailureInfo.from_exception(error)
    assert (info.code, info.message, info.retryable, info.error_type) == (
        "run_gone",
        "no such run",
        True,
        "NotFoundError",
    )
    assert info.details == {"run": "r"}


def test_a_failure_from_a_foreign_error_is_unexpected():
    """A foreign error has the code unexpected_error, and its class's name where it says nothing."""
    info = FailureInfo.from_exception(KeyError())
    assert (info.code, info.message, info.error_type) == ("unexpected_error", "KeyError", "KeyError")


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ("", "SUCCESS"),
        ("ss", "SUCCESS"),
        ("sd", "DEGRADED"),
        ("sf", "FAILURE"),
        ("df", "FAILURE"),
        ("ff", "FAILURE"),
    ],
)
def test_a_batch_folds_to_the_worst(members, status):
    """Any failure fails a batch, any degradation degrades it, an empty one succeeds."""
    made = {
        "s": OperationResult.success(1),
        "d": OperationResult.with_degradation(1, degradation_notes=[NOTE]),
        "f": OperationResult.failure_result(FAILURE),
    }
    batch = BatchResult.aggregate([made[each] for each in members])
    assert batch.status == status
    assert (batch.total_count, batch.success_count, batch.degraded_count, batch.failure_count) == (
        len(members),
        members.count("s"),
        members.count("d"),
        members.count("f"),
    )
    assert batch.degradation_notes == (NOTE,) * members.count("d")


def test_a_batch_of_plans_is_planned_and_not_applied():
    """When everything was only planned, so was the batch."""
    plan = OperationResult.success(1, applied=False)
    batch = BatchResult.aggregate([replace(plan, planned_only=True)] * 2)
    assert (batch.planned_only, batch.applied) == (True, False)


def test_a_batch_as_plain_data_holds_its_results():
    """The dictionary of a batch holds the dictionaries of its members."""
    batch = BatchResult.aggregate(
        [OperationResult.success({"k": (1, 2)}), OperationResult.failure_result(FAILURE)]
    )
    plain = json.loads(json.dumps(batch.to_dict()))
    assert [each["status"] for each in plain["items"]] == ["SUCCESS", "FAILURE"]
    assert plain["items"][0]["value"] == {"k": [1, 2]}


def test_nested_metadata_becomes_plain_data():
    """Mappings and models inside metadata and details are plain in the dictionary."""
    result = OperationResult.with_degradation(
        [FAILURE],
        degradation_notes=[DegradationNote("c", "m", details={"failure": FAILURE})],
        metadata={"deep": {"note": NOTE}},
    )
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["value"][0]["code"] == "gone"
    assert plain["metadata"]["deep"]["note"]["code"] == "half"
    assert plain["degradation_notes"][0]["details"]["failure"]["message"] == "it is gone"


def test_results_survive_pickling():
    """A result crosses process borders unchanged."""
    result = OperationResult.with_degradation([1], degradation_notes=[NOTE], metadata={"a": 1})
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_result_has_no_other_attributes():
    """Asking for what is no field is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="nonsense"):
        OperationResult.success(1).nonsense  # noqa: B018 - the question is the test


@pytest.mark.parametrize("items", [None, 1, [1], [OperationResult.success(), "x"], "text"])
def test_a_batch_is_made_of_results(items):
    """Anything else among the items is refused by both ways to a batch."""
    for build in (BatchResult.aggregate, lambda members: BatchResult(ResultStatus.SUCCESS, items=members)):
        with pytest.raises(ValidationError) as caught:
            build(items)
        assert caught.value.code == "result_invalid_item"


def test_a_batch_that_says_success_has_nothing_else():
    """A batch that is built by hand cannot hide a failed or a degraded item behind a success."""
    failed = OperationResult.failure_result(ValueError("x"))
    degraded = OperationResult.with_degradation(degradation_notes=[DegradationNote("gap", "m")])
    for item in (failed, degraded):
        with pytest.raises(ValidationError) as caught:
            BatchResult(ResultStatus.SUCCESS, items=[OperationResult.success(), item])
        assert caught.value.code == "result_inconsistent"
    assert BatchResult(ResultStatus.FAILURE, failure=failed.failure, items=[failed]).failure_count == 1


def test_a_value_that_contains_itself_is_a_typed_error():
    """What cannot become plain data is told as such, and not by the interpreter's limit."""
    loop = {}
    loop["loop"] = [loop]
    with pytest.raises(SerializationError) as caught:
        OperationResult.success(loop).to_dict()
    assert caught.value.code == "result_too_deep"
