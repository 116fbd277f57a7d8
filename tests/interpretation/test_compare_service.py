"""The comparison service, over a repository of a user's own, against values worked out by hand."""

from __future__ import annotations

import pytest

from contexta.config import ComparisonPolicy
from contexta.errors import InterpretationError, RunNotFoundError
from contexta.interpretation import CompareService, QueryService


def service_over(repository, **policy):
    """Build the service as a user's program does."""
    config = ComparisonPolicy(**policy) if policy else None
    return CompareService(QueryService(repository), config=config)


def two_runs(memory):
    """Two runs with a stage `train` and a metric of the run itself."""
    left = memory.add_run("left")
    right = memory.add_run("right")
    for run_id, own, staged in ((left, 0.5, (1.0, 2.0)), (right, 0.1, (4.0, 5.0))):
        stage = memory.add_stage(run_id, "train")
        memory.add_metric(run_id, "loss", own, "2026-01-01T00:00:05Z")
        for second, value in enumerate(staged):
            memory.add_metric(run_id, "acc", value, f"2026-01-01T00:00:0{second}Z", stage)
    return left, right


def deltas_of(comparison):
    """List what a comparison says of metrics: stage, key, left, right, delta, ratio."""
    return [
        (row.stage_name, each.metric_key, each.left_value, each.right_value, each.delta, each.change_ratio)
        for row in comparison.stage_comparisons
        for each in row.metric_deltas
    ]


def notes_of(comparison, prefix):
    """List the notes whose summary begins with a word."""
    return [note for note in comparison.completeness_notes if note.summary.startswith(prefix)]


def test_metrics_of_runs_and_stages_are_compared(memory):
    """Metrics of the runs themselves have a row of their own before the stages; delta and ratio are right over left."""
    left, right = two_runs(memory)
    comparison = service_over(memory).compare_runs(left, right)
    assert deltas_of(comparison) == [
        (None, "loss", 0.5, 0.1, -0.4, 0.2),
        ("train", "acc", 2.0, 5.0, 3.0, 2.5),
    ]
    assert comparison.summary == (
        "Compared left and right: 2 stage rows, 2 metric deltas, 0 artifact changes."
    )


@pytest.mark.parametrize(
    ("selection", "left_value", "right_value"),
    [("latest", 2.0, 5.0), ("max", 2.0, 5.0), ("min", 1.0, 4.0), ("mean", 1.5, 4.5)],
)
def test_the_policy_selects_the_value(memory, selection, left_value, right_value):
    """Each selection gives the value worked out by hand."""
    left, right = two_runs(memory)
    rows = deltas_of(service_over(memory, metric_selection=selection).compare_runs(left, right))
    assert [row[2:4] for row in rows if row[1] == "acc"] == [(left_value, right_value)]


def test_unchanged_metrics_are_listed_on_demand(memory):
    """Equal values are left out unless the policy wants them, then with delta 0 and ratio 1."""
    left, right = memory.add_run("left"), memory.add_run("right")
    for run_id in (left, right):
        memory.add_metric(run_id, "acc", 0.5)
    assert deltas_of(service_over(memory).compare_runs(left, right)) == []
    listed = deltas_of(service_over(memory, include_unchanged_metrics=True).compare_runs(left, right))
    assert listed == [(None, "acc", 0.5, 0.5, 0.0, 1.0)]


def test_a_metric_of_one_side_is_noted(memory):
    """A metric that only one run has keeps its value, has no delta, and says so."""
    left, right = memory.add_run("left"), memory.add_run("right")
    memory.add_metric(right, "acc", 0.5)
    (row,) = service_over(memory).compare_runs(left, right).stage_comparisons
    (delta,) = row.metric_deltas
    assert (delta.left_value, delta.right_value, delta.delta, delta.change_ratio) == (None, 0.5, None, None)
    assert [note.summary for note in delta.completeness_notes] == ["sparse_metric_capture:run:acc"]


def test_a_zero_on_the_left_has_no_ratio(memory):
    """There is a difference from zero and no ratio to it."""
    left, right = memory.add_run("left"), memory.add_run("right")
    memory.add_metric(left, "errors", 0)
    memory.add_metric(right, "errors", 3)
    assert deltas_of(service_over(memory).compare_runs(left, right)) == [(None, "errors", 0, 3, 3, None)]


def test_a_run_metric_is_never_taken_for_a_missing_stages(memory):
    """A run without the stage shows nothing for it, whatever metrics the run itself has."""
    left, right = memory.add_run("left"), memory.add_run("right")
    stage = memory.add_stage(left, "evaluate")
    memory.add_metric(left, "accuracy", 0.1, stage_id=stage)
    memory.add_metric(right, "accuracy", 0.99)
    comparison = service_over(memory).compare_runs(left, right)
    assert deltas_of(comparison) == [
        (None, "accuracy", None, 0.99, None, None),
        ("evaluate", "accuracy", 0.1, None, None, None),
    ]
    (note,) = notes_of(comparison, "missing_stage:")
    assert (note.severity, note.summary) == ("warning", "missing_stage:evaluate")
    assert note.details == {"left_present": True, "right_present": False}


def test_the_policy_sets_the_severity_of_a_missing_stage(memory):
    """The note on a stage of one run has the severity that the policy names."""
    left, right = memory.add_run("left"), memory.add_run("right")
    memory.add_stage(right, "train")
    comparison = service_over(memory, missing_stage_severity="error").compare_runs(left, right)
    assert [note.severity for note in notes_of(comparison, "missing_stage:")] == ["error"]


def test_a_stage_that_only_records_know_is_compared(memory):
    """Metrics of a stage that was never registered do not vanish."""
    left, right = memory.add_run("left"), memory.add_run("right")
    memory.add_metric(left, "loss", 2.0, stage_id=f"{left}.ghost")
    memory.add_metric(right, "loss", 1.0, stage_id=f"{right}.ghost")
    assert deltas_of(service_over(memory).compare_runs(left, right)) == [
        ("ghost", "loss", 2.0, 1.0, -1.0, 0.5)
    ]


class CountedName(str):
    """A name that counts how often it is compared with an equal or another one."""

    __slots__ = ()
    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        CountedName.comparisons += 1
        return str.__eq__(self, other)


def test_many_stages_are_not_compared_each_with_each(memory):
    """The work for a run with many stages grows with their number, not with its square."""
    left, right = memory.add_run("left"), memory.add_run("right")
    for run_id, offset in ((left, 0.0), (right, 1.0)):
        for number in range(200):
            stage = memory.add_stage(run_id, CountedName(f"epoch-{number}"))
            memory.add_metric(run_id, "acc", number + offset, stage_id=stage)
    CountedName.comparisons = 0
    rows = deltas_of(service_over(memory).compare_runs(left, right))
    # Hash tables compare a name a few times; each with each would be 200 * 200 for every question.
    assert CountedName.comparisons < 200 * 50
    assert sorted(row[2] for row in rows) == [float(number) for number in range(200)]
    assert {row[4] for row in rows} == {1.0}


def test_parameters_are_compared(memory):
    """Added, removed and changed parameters are listed by name, equal ones not."""
    left = memory.add_run("left", parameters={"lr": 0.1, "depth": 3, "seed": 1})
    right = memory.add_run("right", parameters={"lr": 0.2, "seed": 1, "width": None})
    changes = service_over(memory).compare_runs(left, right).parameter_changes
    assert [(each.key, each.left_value, each.right_value, each.change) for each in changes] == [
        ("depth", 3, None, "removed"),
        ("lr", 0.1, 0.2, "changed"),
        ("width", None, None, "added"),
    ]


@pytest.mark.parametrize(
    ("left_digests", "right_digests", "expected"),
    [
        (["a"], ["a"], None),
        (["a", "b"], ["b", "a"], None),
        (["a"], ["b"], ("changed", "hash_changed")),
        ([], ["a"], ("added", None)),
        (["a"], [], ("removed", None)),
        (["a", "b"], ["a", "c"], ("changed", "hash_changed")),
        (["a"], ["a", "b"], ("added", None)),
        (["a", "b"], ["c"], ("ambiguous", "left=2, right=1")),
        ([None], ["a"], ("changed", "hash_unknown")),
        (["a", "a"], ["a"], ("removed", None)),
    ],
)
def test_artifacts_are_compared_by_content(memory, left_digests, right_digests, expected):
    """Equal content is no change, whatever files it lies in; the rest is added, removed, changed or ambiguous."""
    left, right = memory.add_run("left"), memory.add_run("right")
    for run_id, digests in ((left, left_digests), (right, right_digests)):
        for number, digest in enumerate(digests):
            memory.add_artifact(run_id, f"model-{number}", digest=digest, location=f"{run_id}/{number}")
    changes = service_over(memory).compare_runs(left, right).artifact_changes
    assert [(each.change, each.change_detail) for each in changes] == ([expected] if expected else [])


def test_a_run_is_equal_to_itself(memory):
    """A run compared with itself shows no difference, also with several artifacts of one kind."""
    left, _ = two_runs(memory)
    memory.add_artifact(left, "one")
    memory.add_artifact(left, "two")
    comparison = service_over(memory).compare_runs(left, left)
    assert (deltas_of(comparison), comparison.artifact_changes, comparison.parameter_changes) == ([], (), ())


def test_notes_of_both_runs_are_told_apart(memory):
    """What a run lacks is noted with its side and its identifier."""
    left, right = two_runs(memory)
    memory.add_artifact(right, "one")
    comparison = service_over(memory).compare_runs(left, right)
    summaries = [note.summary for note in comparison.completeness_notes]
    assert "left:artifact_list_empty" in summaries
    assert "right:artifact_list_empty" not in summaries
    assert notes_of(comparison, "left:artifact_list_empty")[0].details == {"run_id": left}


def test_a_dataset_that_changed_is_told(memory):
    """Different datasets count as changed; one that was not captured does not; nothing captured gives None."""
    one = memory.add_run("one", dataset_ref="data:v1")
    two = memory.add_run("two", dataset_ref="data:v2", code_revision="abc")
    bare = memory.add_run("bare")
    service = service_over(memory)
    changed = service.compare_runs(one, two).provenance_comparison
    assert (changed.dataset_refs_changed, changed.code_revision_changed) == (True, False)
    assert service.compare_runs(one, bare).provenance_comparison.dataset_refs_changed is False
    assert service.compare_runs(bare, bare).provenance_comparison is None


def test_an_unknown_run_cannot_be_compared(memory):
    """A comparison with a run that does not exist is a not-found error."""
    left = memory.add_run("left")
    with pytest.raises(RunNotFoundError):
        service_over(memory).compare_runs(left, "nothing")


def test_several_runs_make_a_table(memory):
    """Metrics of runs and stages stand in one table with one value for each run, None where it is missing."""
    left, right = two_runs(memory)
    third = memory.add_run("third")
    memory.add_artifact(third, "weights")
    comparison = service_over(memory).compare_multiple_runs([left, right, third])
    assert comparison.run_ids == (left, right, third)
    assert comparison.run_names == ("left", "right", "third")
    rows = [(row.stage_name, row.metric_key, row.values) for row in comparison.metric_table]
    assert rows == [(None, "loss", (0.5, 0.1, None)), ("train", "acc", (2.0, 5.0, None))]
    assert [(row.artifact_kind, row.counts) for row in comparison.artifact_kind_counts] == [
        ("model", (0, 0, 1))
    ]
    assert comparison.summary == "Compared 3 runs: 2 metric rows and 1 artifact kind summaries."


def test_the_best_run_of_a_row_follows_the_metrics_direction(memory):
    """A loss is best where it is least, an accuracy where it is greatest."""
    left, right = two_runs(memory)
    comparison = service_over(memory).compare_multiple_runs([right, left])
    assert {row.metric_key: row.best_run_id for row in comparison.metric_table} == {
        "loss": right,
        "acc": right,
    }


def test_a_declared_direction_wins(memory):
    """A run that declares the direction of a metric overrules what its name suggests."""
    declared = {"metric_directions": {"loss": "higher", "score": "lower"}}
    one = memory.add_run("one", metadata=declared)
    two = memory.add_run("two")
    for key, first, second in (("loss", 1.0, 2.0), ("score", 1.0, 2.0)):
        memory.add_metric(one, key, first)
        memory.add_metric(two, key, second)
    service = service_over(memory)
    assert {
        row.metric_key: row.best_run_id for row in service.compare_multiple_runs([one, two]).metric_table
    } == {
        "loss": two,
        "score": one,
    }
    assert service.select_best_run([one, two], "score", higher_is_better=None) == one


def test_every_runs_notes_can_be_told_apart(memory):
    """Several runs with the same gap have a note each, with the run in its details."""
    runs = [memory.add_run("one"), memory.add_run("two")]
    comparison = service_over(memory).compare_multiple_runs(runs)
    lacking = [note for note in comparison.completeness_notes if note.summary == "record_scope_empty"]
    assert [note.details["run_id"] for note in lacking] == runs


@pytest.mark.parametrize("times", [0, 1, 2])
def test_one_run_is_no_comparison_of_several(memory, times):
    """Fewer than two different runs have a stable code."""
    left, _ = two_runs(memory)
    with pytest.raises(InterpretationError) as caught:
        service_over(memory).compare_multiple_runs([left] * times)
    assert caught.value.code == "compare_requires_multiple_runs"


def test_the_best_run_is_selected_on_every_level(memory):
    """Without a stage name values of stages count too; with one only those of that stage."""
    left, right = two_runs(memory)
    service = service_over(memory)
    assert service.select_best_run([left, right], "acc") == right
    assert service.select_best_run([left, right], "acc", higher_is_better=False) == left
    assert service.select_best_run([left, right], "acc", stage_name="train") == right
    assert service.select_best_run([left, right], "loss", stage_name="train") is None


def test_candidates_may_come_from_any_iterable(memory):
    """Runs that a generator yields are compared as those of a list are."""
    left, right = two_runs(memory)
    service = service_over(memory)
    assert service.select_best_run((each for each in (left, right)), "acc") == right
    table = service.compare_multiple_runs(each for each in (left, right))
    assert table.run_ids == (left, right)
    with pytest.raises(InterpretationError) as caught:
        service.compare_multiple_runs(each for each in (left, left))
    assert caught.value.details["run_ids"] == (left, left)


def test_greater_is_literally_better(memory):
    """`higher_is_better=True` is taken at its word, also for a loss; None asks for the metric's own direction."""
    left, right = two_runs(memory)
    service = service_over(memory)
    assert service.select_best_run([left, right], "loss") == left
    assert service.select_best_run([left, right], "loss", higher_is_better=None) == right
    assert service.select_best_run([left, right], "acc", higher_is_better=None) == right


def test_a_tie_goes_to_the_first_listed(memory):
    """Of equally good runs the first listed is selected."""
    runs = [memory.add_run(name) for name in ("one", "two", "three")]
    for run_id, value in zip(runs, (1.0, 2.0, 2.0), strict=True):
        memory.add_metric(run_id, "acc", value)
    service = service_over(memory)
    assert service.select_best_run(runs, "acc") == runs[1]
    assert service.select_best_run(runs[::-1], "acc") == runs[2]


def test_nothing_qualifies_without_the_metric(memory):
    """No candidates, and candidates without the metric, give None; one candidate that has it is the best."""
    left, _ = two_runs(memory)
    service = service_over(memory)
    assert service.select_best_run([], "loss") is None
    assert service.select_best_run([left], "unknown") is None
    assert service.select_best_run([left], "loss") == left


def test_reports_are_compared_by_section(memory):
    """Sections belong together by title; presence on one side is a note."""
    left = {"title": "A", "sections": [{"title": "x", "body": 1}, {"title": "y", "body": 2}]}

    class Document:
        def to_dict(self):
            return {"sections": [{"title": "x", "body": 1}, {"title": "z", "body": 3}]}

    comparison = service_over(memory).compare_report_documents(left, Document())
    assert (comparison.left_title, comparison.right_title) == ("A", "Untitled Report")
    assert [
        (each.section_title, each.left_body, each.right_body, each.changed)
        for each in comparison.section_diffs
    ] == [
        ("x", 1, 1, False),
        ("y", 2, None, True),
        ("z", None, 3, True),
    ]
    assert [note.summary for note in comparison.completeness_notes] == [
        "section_presence_changed:y",
        "section_presence_changed:z",
    ]


def test_something_that_is_no_report_is_refused(memory):
    """A number is no report, and the error says what is."""
    with pytest.raises(InterpretationError) as caught:
        service_over(memory).compare_report_documents(3, {})
    assert (caught.value.code, caught.value.details) == ("compare_invalid_report_document", {"type": "int"})


def test_true_and_one_are_different_parameters(memory):
    """A parameter that was true and is 1 has changed; one that was 1 and is 1.0 has not."""
    left = memory.add_run("left", parameters={"flag": True, "depth": 1})
    right = memory.add_run("right", parameters={"flag": 1, "depth": 1.0})
    (change,) = service_over(memory).compare_runs(left, right).parameter_changes
    assert (change.key, change.change) == ("flag", "changed")
