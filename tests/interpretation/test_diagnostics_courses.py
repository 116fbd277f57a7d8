"""The diagnostics of courses and times: divergence, plateau, overfitting, stalls and durations, worked out by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.config import DiagnosticsPolicy
from contexta.interpretation import DiagnosticsService, QueryService

QUIET = {"expected_terminal_stage_names": (), "require_metrics_for_completed_stages": False}


def service_over(memory, **policy):
    """Build the service over a repository; what nearly every small run lacks is not looked for."""
    return DiagnosticsService(QueryService(memory), config=DiagnosticsPolicy(**{**QUIET, **policy}))


def found(memory, run_id, **policy):
    """Return the severities and codes of what is found in a run."""
    return [(each.severity, each.code) for each in service_over(memory, **policy).diagnose_run(run_id).issues]


def add_curve(memory, run_id, key, values, stage_id=None, seconds=1):
    """Add a metric with a point every so many seconds."""
    for step, value in enumerate(values):
        minutes, rest = divmod(step * seconds, 60)
        hours, minutes = divmod(minutes, 60)
        time = f"2026-01-01T{hours:02}:{minutes:02}:{rest:02}Z"
        memory.add_metric(run_id, key, value, time=time, stage_id=stage_id, step=step)


FALLING = [1.0 - step / 50 for step in range(30)]


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("loss", FALLING, []),
        ("loss", [*FALLING, *[9.0] * 9], ["metric_diverged"]),
        # Half of what was gained is lost again: no divergence.
        ("loss", [*FALLING, *[0.7] * 9], []),
        ("loss", [1.0 + step for step in range(30)], ["metric_diverged"]),
        ("accuracy", [-value for value in [*FALLING, *[9.0] * 9]], ["metric_diverged"]),
        ("accuracy", [-value for value in FALLING], []),
        # Nobody knows which way is good, or it is no goal of training.
        ("lr", [1.0 + step for step in range(30)], []),
        ("step_time", [1.0 + step for step in range(30)], []),
        # Too short to tell.
        ("loss", [1.0, 2.0, 9.0], []),
    ],
)
def test_divergence_is_losing_all_that_was_gained(memory, key, values, expected):
    """A metric diverged when it ends beyond where it began, in the direction that is worse for it."""
    run = memory.add_run("train")
    add_curve(memory, run, key, values)
    assert [code for _, code in found(memory, run, plateau_tolerance=0.0, plateau_points=10**6)] == expected


def test_a_declared_direction_counts(memory):
    """A metric that the run declares is judged in that direction."""
    run = memory.add_run("train", metadata={"metric_directions": {"purity": "higher"}})
    add_curve(memory, run, "purity", [-value for value in [*FALLING, *[9.0] * 9]])
    assert ("error", "metric_diverged") in found(memory, run)


def test_a_configured_direction_counts_where_the_run_declares_none(memory):
    """A metric is judged in the direction that is configured for it, unless the run says otherwise."""
    fallen = [-value for value in [*FALLING, *[9.0] * 9]]
    silent, declaring = (
        memory.add_run("a"),
        memory.add_run("b", metadata={"metric_directions": {"purity": "lower"}}),
    )
    for run in (silent, declaring):
        add_curve(memory, run, "purity", fallen)
    service = DiagnosticsService(
        QueryService(memory), config=DiagnosticsPolicy(**QUIET), metric_directions={"purity": "higher"}
    )
    codes = [[issue.code for issue in service.diagnose_run(run).issues] for run in (silent, declaring)]
    assert ["metric_diverged" in each for each in codes] == [True, False]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(30, 200))
def test_noise_alone_does_not_diverge(make_memory, seed, count):
    """A course without direction, normal noise around one value, is never taken for divergence."""
    chance = random.Random(seed)
    memory = make_memory()
    run = memory.add_run("train")
    add_curve(memory, run, "loss", [chance.gauss(1.0, 0.1) for _ in range(count)])
    assert "metric_diverged" not in [code for _, code in found(memory, run)]


def test_divergence_tells_where_the_best_was(memory):
    """Best and last value are those of the metric as recorded, and the step lies in the best stretch."""
    run = memory.add_run("train")
    add_curve(memory, run, "loss", [4.0] * 10 + [1.0] * 10 + [8.0] * 10)
    (issue,) = [
        each for each in service_over(memory).diagnose_run(run).issues if each.code == "metric_diverged"
    ]
    assert (issue.details["best"], issue.details["last"], issue.details["first"]) == (1.0, 8.0, 4.0)
    assert 10 <= issue.details["best_step"] < 20
    # 3 gained, 7 lost.
    assert issue.details["lost_share"] == pytest.approx(7 / 3)


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ([*FALLING, *[0.4] * 25], True),
        ([0.5] * 40, True),
        ([*FALLING, *[0.4 - step / 50 for step in range(20)]], False),
        ([0.5] * 39, False),
    ],
)
def test_a_plateau_is_where_nothing_improves_any_more(memory, values, is_found):
    """Twenty points without an improvement after at least as many are a plateau."""
    run = memory.add_run("train")
    add_curve(memory, run, "loss", values)
    assert is_found == (("info", "metric_plateau") in found(memory, run))


TURNING = [1.0] * 6 + [0.5] * 12 + [0.7] * 12


@pytest.mark.parametrize(
    ("train", "val", "training", "validation", "is_found"),
    [
        ("train_loss", "val_loss", FALLING, TURNING, True),
        ("loss", "val_loss", FALLING, TURNING, True),
        ("train.loss", "valid/loss", FALLING, TURNING, True),
        ("train_accuracy", "val_accuracy", [-x for x in FALLING], [-x for x in TURNING], True),
        # Training became worse as well: that is no overfitting.
        ("train_loss", "val_loss", TURNING, TURNING, False),
        ("train_loss", "val_loss", FALLING, FALLING, False),
        # Two different goals.
        ("train_loss", "val_error", FALLING, TURNING, False),
    ],
)
def test_overfitting_is_validation_against_training(memory, train, val, training, validation, is_found):
    """Validation that ends 40 % above its best while training improves is overfitting, whatever the two are called."""
    run = memory.add_run("train")
    add_curve(memory, run, train, training)
    add_curve(memory, run, val, validation)
    assert is_found == (("warning", "overfitting") in found(memory, run))


def test_stages_tell_training_from_validation(memory):
    """One key in two stages is a pair where the names of the stages say which is which."""
    run = memory.add_run("fit")
    add_curve(memory, run, "loss", FALLING, stage_id=memory.add_stage(run, "train"))
    add_curve(memory, run, "loss", TURNING, stage_id=memory.add_stage(run, "validate"))
    (issue,) = [each for each in service_over(memory).diagnose_run(run).issues if each.code == "overfitting"]
    assert issue.details["gap"] == pytest.approx(0.4)
    assert (issue.details["best_value"], issue.details["last_value"]) == (0.5, 0.7)
    assert 6 <= issue.details["best_step"] < 18


def test_a_stall_is_a_pause_far_beyond_the_usual(memory):
    """Among points of every second a pause of 300 seconds is a stall; where all are slow there is none."""
    run = memory.add_run("train")
    for step in range(20):
        second = step if step < 10 else step + 299
        time = f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"
        memory.add_metric(run, "x", 1.0, time=time, step=step)
    (issue,) = service_over(memory).diagnose_run(run).issues
    assert (issue.severity, issue.code) == ("warning", "stalled")
    assert (issue.details["longest_seconds"], issue.details["usual_seconds"]) == (300.0, 1.0)
    assert (issue.details["after_step"], issue.details["count"]) == (9, 1)
    slow = memory.add_run("slow")
    add_curve(memory, slow, "x", [1.0] * 20, seconds=300)
    assert found(memory, slow) == []


def test_a_duration_is_judged_by_earlier_runs(memory):
    """A run and a stage that took five times what is usual are found; three earlier ones are needed to tell."""
    for number in range(3):
        run = memory.add_run(
            f"e{number}",
            started_at=f"2026-01-0{number + 1}T00:00:00Z",
            ended_at=f"2026-01-0{number + 1}T00:01:00Z",
        )
        memory.add_stage(
            run,
            "fit",
            started_at=f"2026-01-0{number + 1}T00:00:00Z",
            ended_at=f"2026-01-0{number + 1}T00:00:10Z",
        )
    last = memory.add_run("last", started_at="2026-02-01T00:00:00Z", ended_at="2026-02-01T00:05:00Z")
    stage = memory.add_stage(last, "fit", started_at="2026-02-01T00:00:00Z", ended_at="2026-02-01T00:00:02Z")
    memory.add_metric(last, "x", 1.0, stage_id=stage)
    issues = service_over(memory).diagnose_run(last).issues
    assert [
        (each.subject_ref, each.details["duration_seconds"], each.details["usual_seconds"]) for each in issues
    ] == [
        (last, 300.0, 60.0),
        (stage, 2.0, 10.0),
    ]
    memory.runs.pop(0)
    assert found(memory, last) == []
