"""What may be given to a question, and the error for what may not."""

from __future__ import annotations

import pytest

from contexta.capture import EventEmission
from contexta.config import TrendPolicy
from contexta.errors import InterpretationError, MissingPluginError, ValidationError
from contexta.interpretation import CompareService, QueryService, TrendService
from contexta.plugins.install_hints import OUR_NAMES
from contexta.spi.records import MetricPoint
from contexta.spi.repository import SupportsBulkQueries


@pytest.fixture
def captured(ctx, tmp_path):
    """Capture two runs with one metric, a stage and an artifact each; return their references."""
    body = tmp_path / "model.bin"
    body.write_bytes(b"weights")
    refs = []
    for number in range(2):
        with ctx.run("trial", run_id=f"r{number}") as run:
            run.metric("loss", 0.5 - number / 10, unit="nats")
            with run.stage("train") as stage:
                stage.metric("acc", 0.5, step=1)
                stage.register_artifact("model", str(body))
        refs.append(run.ref)
    return refs


@pytest.mark.parametrize("value", [None, 5, b"r0", ["r0"]])
@pytest.mark.parametrize(
    "ask",
    [
        lambda ctx, value: ctx.get_run_snapshot(value),
        lambda ctx, value: ctx.get_provenance(value),
        lambda ctx, value: ctx.compare_runs(value, "r1"),
        lambda ctx, value: ctx.compare_multiple_runs(["r0", value]),
        lambda ctx, value: ctx.select_best_run([value], "loss"),
        lambda ctx, value: ctx.get_step_series(value, "loss"),
        lambda ctx, value: ctx.list_batches(value),
        lambda ctx, value: ctx.get_artifact_origin(value),
        lambda ctx, value: ctx.repository.metric_points(value, "loss"),
    ],
    ids=["snapshot", "provenance", "compare", "several", "best", "series", "batches", "origin", "points"],
)
def test_what_is_no_identifier_is_refused(ctx, captured, ask, value):
    """Where a run or an artifact is asked for, anything without an identifier is an error of ours with a code."""
    with pytest.raises(ValidationError, match="give its identifier as text") as caught:
        ask(ctx, value)
    assert caught.value.code == "query_invalid_identifier"


def test_what_carries_an_identifier_stands_for_it(ctx, captured):
    """Records, snapshots and scopes are accepted where the run or artifact that they are of is meant."""
    snapshot = ctx.get_run_snapshot(captured[0])
    records = sorted(ctx.list_runs(), key=lambda run: run.run_id)
    assert ctx.get_run_snapshot(snapshot).run == ctx.get_run_snapshot(snapshot.run).run == records[0]
    assert ctx.compare_runs(snapshot, records[1]).right_run_id == captured[1]
    assert ctx.select_best_run(records, "loss", higher_is_better=False) == captured[1]
    assert ctx.get_artifact_origin(snapshot.artifacts[0]).run == snapshot.run
    with ctx.run("open", run_id="r2") as run:
        assert ctx.get_run_snapshot(run).run.run_id == run.ref


def test_a_stage_record_stands_for_the_stage(ctx, captured):
    """A series is asked for with the record of a stage as with its identifier."""
    (stage,) = ctx.get_run_snapshot(captured[0]).stages
    for given in (stage, stage.stage_id, "train"):
        assert ctx.get_step_series(captured[0], "acc", stage_id=given).stage_id == stage.stage_id


@pytest.mark.parametrize("value", [5, "r0", None])
def test_candidates_must_be_a_sequence(ctx, captured, value):
    """One run where several are asked for is refused, text too."""
    with pytest.raises(ValidationError, match="run_ids must be a sequence"):
        ctx.select_best_run(value, "loss")


@pytest.mark.parametrize("name", ["metric_conditions", "query"])
def test_a_list_is_asked_for_with_what_it_understands(ctx, name):
    """Foreign conditions and queries are errors of ours."""
    with pytest.raises(ValidationError, match=f"{name} must be") as caught:
        ctx.list_runs(**{name: 5})
    assert caught.value.code == "query_invalid_run_list_query"


def test_a_trend_is_asked_for_with_a_query(ctx):
    """A foreign query is refused by trends as by lists."""
    with pytest.raises(ValidationError, match="query must be a RunListQuery or None, not 5"):
        ctx.get_metric_trend("loss", query=5)


@pytest.mark.parametrize("key", [None, 5, "", " "])
def test_a_metric_must_be_named(ctx, captured, key):
    """Without the key of a metric there is no series, trend or best run; nothing mixes all metrics."""
    for ask in (
        lambda: ctx.get_step_series("r0", key),
        lambda: ctx.get_metric_trend(key),
        lambda: ctx.select_best_run(captured, key),
    ):
        with pytest.raises(ValidationError, match="metric_key must be text"):
            ask()


@pytest.mark.parametrize("direction", ["yes", 1, 0])
def test_a_direction_is_yes_or_no(ctx, captured, direction):
    """A direction that is not True, False or None is refused instead of taken for true."""
    with pytest.raises(ValidationError, match="higher_is_better must be True, False or None"):
        ctx.select_best_run(captured, "loss", higher_is_better=direction)


def test_an_unknown_stage_is_an_error_however_it_is_named(ctx, captured):
    """A full identifier of no stage is answered as an unknown name is: with the stages that there are."""
    unknown = captured[0].replace("run:", "stage:") + ".nope"
    for asked in ({"stage_id": unknown}, {"stage_id": "nope"}, {"stage_name": "nope"}):
        with pytest.raises(InterpretationError, match="its stages are: 'train'") as caught:
            ctx.get_step_series(captured[0], "acc", **asked)
        assert caught.value.code == "query_stage_not_found"


def test_a_stage_without_the_metric_is_an_empty_series(ctx, captured):
    """A stage that exists and lacks the metric is no error."""
    assert not ctx.get_step_series(captured[0], "loss", stage_id="train").points


class OnlyPoints:
    """A repository that gives points and refuses to sum up."""

    def __init__(self, repository, points):
        self._repository = repository
        self._points = points

    def __getattr__(self, name):
        return getattr(self._repository, name)

    def find_runs(self, query):
        raise AssertionError("not asked for")

    def metric_summaries(self, run_ids=None, keys=None):
        raise AssertionError("a second reading of the run")

    def metric_points(self, run_id, key, stage_id=None):
        return self._points

    def count_records(self, run_id):
        raise AssertionError("not asked for")


def test_a_series_reads_a_run_once(memory):
    """The unit comes with the points, that of the newest which names one; no summaries are asked for."""
    run_id = memory.add_run("r")
    at = "2026-01-01T00:00:0{}Z".format
    points = [
        MetricPoint(1.0, at(3), 0, unit="nats"),
        MetricPoint(2.0, at(1), 1, unit="bits"),
        MetricPoint(3.0, at(4), 2),
    ]
    repository = OnlyPoints(memory, points)
    assert isinstance(repository, SupportsBulkQueries)
    series = TrendService(QueryService(repository), config=TrendPolicy()).get_step_series(run_id, "loss")
    assert (series.unit, [point.value for point in series.points]) == ("nats", [1.0, 2.0, 3.0])


def test_the_points_of_a_store_carry_their_unit(ctx, captured):
    """Points that are read in bulk have the unit that was captured, or none."""
    assert [point.unit for point in ctx.repository.metric_points(captured[0], "loss")] == ["nats"]
    assert [point.unit for point in ctx.repository.metric_points(captured[0], "acc")] == [None]
    assert ctx.get_step_series(captured[0], "loss").unit == "nats"


def test_a_service_of_no_use_to_install_again(ctx, monkeypatch):
    """Where our services are installed and one is not among them, nobody is told to install what is there."""
    monkeypatch.setitem(OUR_NAMES, "interpreter", (*OUR_NAMES["interpreter"], "later"))
    with pytest.raises(
        MissingPluginError, match="installed version of contexta has no service 'later'"
    ) as caught:
        ctx._services.get("later")
    assert "pip install" not in str(caught.value)
    assert caught.value.details["name"] == "later"


def test_what_is_no_emission_is_told_so():
    """The error for a foreign item of a batch says that an emission or a mapping was expected."""
    with pytest.raises(ValidationError, match="1 is no EventEmission and no mapping of its fields"):
        EventEmission.of(1)


def test_the_services_check_over_any_repository(memory):
    """The checks are those of the services, so a repository of a user's own gets identifiers only."""
    run_id = memory.add_run("r")
    memory.add_metric(run_id, "loss", 1.0)
    service = CompareService(QueryService(memory))
    assert service.select_best_run([memory.get_run(run_id)], "loss") == run_id
    with pytest.raises(ValidationError, match="give its identifier"):
        service.select_best_run([None], "loss")
