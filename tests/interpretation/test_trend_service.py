"""The trend service, over a repository of a user's own, against values worked out by hand."""

from __future__ import annotations

import pytest

from contexta.config import TrendPolicy
from contexta.errors import InterpretationError, RunNotFoundError
from contexta.interpretation import QueryService, RunListQuery, TrendService


def service_over(repository, **policy):
    """Build the service as a user's program does."""
    config = TrendPolicy(**policy) if policy else None
    return TrendService(QueryService(repository), config=config)


def daily_runs(memory, count, **more):
    """Add one run a day with the day as its loss, and return their identifiers."""
    runs = []
    for day in range(1, count + 1):
        run_id = memory.add_run(f"day-{day:02}", started_at=f"2026-01-{day:02}T00:00:00Z", **more)
        memory.add_metric(run_id, "loss", day, f"2026-01-{day:02}T01:00:00Z")
        runs.append(run_id)
    return runs


def test_a_trend_covers_the_newest_runs(memory):
    """The window holds the newest runs, and the oldest of them comes first."""
    daily_runs(memory, 25)
    trend = service_over(memory).get_metric_trend("loss")
    assert trend.values == tuple(float(day) for day in range(6, 26))
    assert trend.points[0].captured_at == "2026-01-06T01:00:00Z"


def test_a_query_keeps_the_newest_too(memory):
    """Filters and orders of a query do not change which end of time the window is at."""
    daily_runs(memory, 5)
    service = service_over(memory, default_window_runs=2)
    for query in (
        RunListQuery(status="completed"),
        RunListQuery(sort_desc=False),
        RunListQuery(sort_by="name"),
    ):
        assert service.get_metric_trend("loss", query=query).values == (4.0, 5.0)


def test_a_querys_limit_replaces_the_window(memory):
    """A query with a limit says itself how many runs are covered."""
    daily_runs(memory, 5)
    service = service_over(memory, default_window_runs=2)
    assert service.get_metric_trend("loss", query=RunListQuery(limit=4)).values == (2.0, 3.0, 4.0, 5.0)


def test_a_run_without_the_metric_takes_no_place(memory):
    """The window counts runs that have the metric; newer ones without it are noted."""
    daily_runs(memory, 3)
    bare = memory.add_run("bare", status="open", started_at="2026-01-09T00:00:00Z")
    trend = service_over(memory, default_window_runs=1).get_metric_trend("loss")
    assert trend.values == (3.0,)
    (note,) = trend.completeness_notes
    assert (note.summary, note.details["run_id"]) == ("missing_metric_for_run:loss", bare)


@pytest.mark.parametrize(("word", "value"), [("latest", 2.0), ("max", 9.0), ("min", 2.0), ("mean", 5.0)])
def test_the_policy_says_which_value_stands_for_a_run(memory, word, value):
    """Latest is told by instants, not by text; the others are worked out by hand."""
    run_id = memory.add_run("one")
    for time, each in (("00.500Z", 2.0), ("00Z", 9.0), ("00.100Z", 4.0)):
        memory.add_metric(run_id, "loss", each, f"2026-01-01T00:00:{time}")
    assert service_over(memory, metric_aggregation=word).get_metric_trend("loss").values == (value,)


def test_a_stage_restricts_a_trend(memory):
    """With a stage name only its values count, and the points carry it."""
    run_id = memory.add_run("one")
    stage = memory.add_stage(run_id, "train")
    memory.add_metric(run_id, "loss", 1.0, "2026-01-01T00:00:01Z", stage)
    memory.add_metric(run_id, "loss", 5.0, "2026-01-01T00:00:02Z")
    (point,) = service_over(memory).get_metric_trend("loss", stage_name="train").points
    assert (point.value, point.stage_name) == (1.0, "train")


def test_a_trend_over_projects_names_none(memory):
    """The project is named where there is one, and not where runs of several are covered."""
    daily_runs(memory, 2, project="ant")
    service = service_over(memory)
    assert service.get_metric_trend("loss").project_name == "ant"
    daily_runs(memory, 2, project="bee")
    assert service.get_metric_trend("loss").project_name is None
    assert service.get_metric_trend("loss", project_name="bee").project_name == "bee"


def test_a_series_is_ordered_by_step_then_time(memory):
    """Recorded steps order a series; equal steps are ordered by instant."""
    run_id = memory.add_run("one")
    for step, value, time in ((2, 20.0, "01"), (1, 11.0, "03"), (1, 10.0, "02")):
        memory.add_metric(run_id, "loss", value, f"2026-01-01T00:00:{time}Z", step=step, unit="nats")
    series = service_over(memory).get_step_series(run_id, "loss")
    assert [(point.step, point.value) for point in series.points] == [(1, 10.0), (1, 11.0), (2, 20.0)]
    assert series.unit == "nats"


def test_a_series_without_steps_is_numbered_by_time(memory):
    """Where no step was recorded the points are numbered in the order of their instants."""
    run_id = memory.add_run("one")
    memory.add_metric(run_id, "loss", 2.0, "2026-01-01T00:00:00.500Z")
    memory.add_metric(run_id, "loss", 1.0, "2026-01-01T00:00:00Z")
    series = service_over(memory).get_step_series(run_id, "loss")
    assert [(point.step, point.value) for point in series.points] == [(0, 1.0), (1, 2.0)]


def test_a_series_of_a_stage(memory):
    """A stage is given by its identifier or its name; one that does not exist is an error with the names there are."""
    run_id = memory.add_run("one")
    stage = memory.add_stage(run_id, "train")
    memory.add_metric(run_id, "loss", 1.0, stage_id=stage)
    memory.add_metric(run_id, "loss", 2.0)
    service = service_over(memory)
    for spelling in (stage, "train"):
        series = service.get_step_series(run_id, "loss", stage_id=spelling)
        assert ([point.value for point in series.points], series.stage_id) == ([1.0], stage)
    with pytest.raises(InterpretationError, match="'train'") as caught:
        service.get_step_series(run_id, "loss", stage_id="trian")
    assert caught.value.code == "query_stage_not_found"


def test_an_empty_series_says_so(memory):
    """A metric that a run does not have gives no points and a note; a run that does not exist is an error."""
    run_id = memory.add_run("one")
    service = service_over(memory)
    series = service.get_step_series(run_id, "loss")
    assert series.points == ()
    assert [(note.severity, note.summary) for note in series.completeness_notes] == [
        ("info", "step_series_empty:loss")
    ]
    with pytest.raises(RunNotFoundError):
        service.get_step_series("nothing", "loss")


def test_durations_are_differences_of_instants(memory):
    """A stage's duration is in seconds, whatever zones its ends are written in; what is open has none."""
    first = memory.add_run("one")
    memory.add_stage(
        first, "train", started_at="2026-01-01T00:00:00.250Z", ended_at="2026-01-01T01:00:01+01:00"
    )
    second = memory.add_run("two", started_at="2026-01-02T00:00:00Z")
    memory.add_stage(second, "train", status="open", started_at="2026-01-02T00:00:00Z")
    third = memory.add_run("three", started_at="2026-01-03T00:00:00Z")
    trend = service_over(memory).get_stage_duration_trend("train")
    assert [(point.run_id, point.duration_seconds) for point in trend.points] == [(first, 0.75)]
    assert [(note.summary, note.details["run_id"]) for note in trend.completeness_notes] == [
        ("stage_duration_unavailable:train", second),
        ("missing_stage_for_duration:train", third),
    ]


def test_sizes_of_artifacts(memory):
    """Every artifact of the kind is a point; one without a size, and a run without one, are noted."""
    first = memory.add_run("one")
    memory.add_artifact(first, "a", size_bytes=10)
    memory.add_artifact(first, "b", size_bytes=20)
    memory.add_artifact(first, "c", kind="data", size_bytes=99)
    second = memory.add_run("two", started_at="2026-01-02T00:00:00Z")
    pending = memory.add_artifact(second, "d")
    third = memory.add_run("three", started_at="2026-01-03T00:00:00Z")
    trend = service_over(memory).get_artifact_size_trend("model")
    assert [point.size_bytes for point in trend.points] == [10, 20]
    assert [(note.summary, dict(note.details)) for note in trend.completeness_notes] == [
        ("artifact_size_unavailable:model", {"artifact_ref": pending, "run_id": second}),
        ("missing_artifact_kind:model", {"run_id": third}),
    ]
