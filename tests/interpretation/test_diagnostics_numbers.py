"""Courses that are judged by numbers alone: the same findings as from the points themselves."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contexta.config import DiagnosticsPolicy
from contexta.contract.timestamps import instant, text_from_ns
from contexta.interpretation import DiagnosticsService, QueryService
from contexta.spi.plain_queries import PlainQueries
from contexta.spi.pushdown import arrays_of
from contexta.spi.repository import SupportsFlawedRecords, SupportsMetricArrays
from contexta.testing.twelve_methods import TwelveMethods, WithoutQuickPaths

POLICY = DiagnosticsPolicy(plateau_points=5, curve_points=5, stall_seconds=1.0, stall_factor=2.0)
KEYS = st.sampled_from(["loss", "train_loss", "val_loss", "accuracy"])
VALUES = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0, 1, 2**60]),
    st.floats(-5, 5, allow_nan=False),
    st.floats(allow_nan=True),
)
STEPS = st.one_of(st.none(), st.integers(0, 9), st.sampled_from([-(2**63), 2**63, 2**70]))
POINTS = st.lists(st.tuples(KEYS, VALUES, STEPS, st.integers(0, 60), st.booleans()), max_size=60)
FALLING = [("loss", 9.0 - number, None, number, True) for number in range(9)]


class Numbers(TwelveMethods):
    """A repository of twelve methods that gives series as numbers too."""

    def metric_arrays(self, run_id, key, stage_id=None):
        return arrays_of(PlainQueries(self).metric_points(run_id, key, stage_id))

    def metric_points_between(self, run_id, key, stage_id=None, *, start_time=None, end_time=None):
        low, high = instant(start_time), instant(end_time)
        points = PlainQueries(self).metric_points(run_id, key, stage_id)
        return [point for point in points if low <= instant(point.time) <= high]


def issues(repository, run_id):
    """Diagnose a run, with what is different at each diagnosis left out."""
    service = DiagnosticsService(QueryService(repository), config=POLICY)
    result = service.diagnose_run(run_id)
    # As text: a value that is no number equals nothing, itself included.
    return [repr(each) for each in result.issues if each.code != "run_stale"], repr(result.completeness_notes)


@settings(max_examples=100, deadline=None)
@given(points=POINTS)
@example(points=[*FALLING, *[("loss", 9.0, None, 50 + number, True) for number in range(9)]])
@example(points=[*FALLING, *[("val_loss", float(number), 5, 3, False) for number in range(9)]])
@example(points=[*FALLING, *[("loss", float(number), 2**70, 3, False) for number in range(9)]])
@example(points=[*FALLING, *[("loss", math.nan, 3, 60, True) for _ in range(4)]])
def test_numbers_tell_what_points_tell(make_memory, points):
    """Whatever the values, steps and times: doubled, unordered, missing, not finite, or beyond 64 bits."""
    memory = make_memory()
    run = memory.add_run("train")
    stage = memory.add_stage(run, "fit")
    for key, value, step, second, is_of_stage in points:
        time = f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"
        memory.add_metric(run, key, value, time=time, stage_id=stage if is_of_stage else None, step=step)
    numbers = Numbers(memory)
    assert isinstance(numbers, SupportsMetricArrays)
    assert issues(numbers, run) == issues(TwelveMethods(memory), run)


@pytest.mark.parametrize("seed", range(4))
def test_a_workspace_tells_what_its_points_tell(ctx, seed):
    """The stock stores answer by numbers, and find what a repository without these finds in the same run."""
    chance = random.Random(seed)
    with ctx.run("train") as run, run.stage("fit") as stage:
        for _ in range(80):
            here = chance.choice((run, stage))
            step = chance.choice((None, *range(9)))
            here.metric(chance.choice(("loss", "val_loss")), chance.uniform(-5, 5), step=step)
        for number in range(20):
            stage.metric("train_loss", 9 - number, step=number)
            stage.metric("accuracy", -number, step=number)
    repository = ctx.repository
    assert isinstance(repository, SupportsMetricArrays)
    found, _ = told = issues(repository, run.ref)
    assert told == issues(WithoutQuickPaths(repository), run.ref)
    assert any("metric_diverged" in each for each in found)


def test_a_long_run_is_judged_without_its_points(ctx, monkeypatch):
    """What courses and times tell of a run is found without one object for each point."""
    with ctx.run("train") as run, run.stage("fit") as stage:
        stage.emit_metrics(
            [
                {"key": key, "value": abs(number - 40) + turn, "step": number}
                for key, turn in (("train_loss", 0), ("val_loss", 1))
                for number in range(120)
            ]
        )
    monkeypatch.setattr(type(ctx.repository), "metric_points", pytest.fail)
    codes = {each.code for each in ctx.diagnose_run("train").issues}
    assert "metric_diverged" in codes


def test_a_stall_names_the_record_before_it(memory):
    """Of a pause that numbers tell, the record is named after which it began, as it was recorded."""
    run = memory.add_run("train")
    for number in range(20):
        time = text_from_ns((1_767_225_600 + number + (number >= 12) * 500) * 10**9)
        memory.add_metric(run, "loss", 1.0, time=time, step=number)
    (stalled,) = [
        each
        for each in DiagnosticsService(QueryService(Numbers(memory))).diagnose_run(run).issues
        if each.code == "stalled"
    ]
    assert (stalled.details["after_step"], stalled.details["after_time"]) == (11, "2026-01-01T00:00:11Z")


def test_marked_records_are_found_without_the_others(ctx):
    """A workspace finds the degraded and incomplete records of a run alone, in the order of a scan of all."""
    with ctx.run("train") as run:
        for number in range(30):
            run.metric("loss", number, step=number)
            if number % 10 == 3:
                # An event tells of a mark, and is none.
                run.event("note", message='"degradation":', attributes={"degradation": "none"})
                run.metric("loss", math.nan, step=number)
    repository = ctx.repository
    assert isinstance(repository, SupportsFlawedRecords)
    found = repository.flawed_records(run.ref)
    scanned = [
        each
        for each in repository.list_records(run_id=run.ref)
        if each.degradation_marker != "none" or each.completeness_marker != "complete"
    ]
    assert len(found) >= 3
    assert list(found) == scanned
