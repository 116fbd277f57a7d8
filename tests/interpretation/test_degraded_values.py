"""A value whose record is marked as degraded: it counts, and every answer that it counts in says so."""

from __future__ import annotations

import pickle

import pytest

from contexta import Contexta
from contexta.contract import MetricPayload, MetricRecord, RecordEnvelope
from contexta.interpretation import (
    AggregationService,
    AlertRule,
    AlertService,
    AnomalyService,
    CompareService,
    MetricCondition,
    QueryService,
    RunListQuery,
    TrendService,
)

WORD = "degraded_value:loss"
STORES = {
    "stock": {},
    "sqlite": {"metadata": {"storage_adapter": "sqlite"}, "records": {"storage_adapter": "sqlite"}},
}


def degraded_words(notes):
    """List the notes on degraded values, with the runs that they name."""
    return [(note.summary, note.details["run_ids"]) for note in notes if note.summary.startswith("degraded_")]


@pytest.fixture
def runs(memory):
    """Add four runs with a loss of 1, 2, 3 and 999; the last has a sound 4 before what is marked."""
    added = []
    for number, value in enumerate((1.0, 2.0, 3.0, 4.0)):
        run_id = memory.add_run(f"r{number}", started_at=f"2026-01-0{number + 1}T00:00:00Z")
        memory.add_metric(run_id, "loss", value, "2026-01-01T00:00:01Z")
        added.append(run_id)
    memory.add_metric(run_id, "loss", 999.0, "2026-01-01T00:00:02Z", degradation_marker="partial_failure")
    return added


def test_a_trend_names_the_run_with_a_degraded_value(memory, runs):
    """The newest value is 999 and is shown; a note says whose it is."""
    trend = TrendService(QueryService(memory)).get_metric_trend("loss")
    assert trend.values == (1.0, 2.0, 3.0, 999.0)
    assert degraded_words(trend.completeness_notes) == [(WORD, (runs[3],))]


def test_a_step_series_says_that_a_point_is_degraded(memory, runs):
    """A series with a marked point has a note, one without has none."""
    service = TrendService(QueryService(memory))
    assert degraded_words(service.get_step_series(runs[3], "loss").completeness_notes) == [(WORD, (runs[3],))]
    assert degraded_words(service.get_step_series(runs[0], "loss").completeness_notes) == []


@pytest.mark.parametrize(
    ("selection", "value", "marked"),
    [("latest", 999.0, True), ("max", 999.0, True), ("min", 4.0, False), ("mean", 501.5, True)],
)
def test_only_the_value_that_counts_matters(memory, runs, selection, value, marked):
    """The smallest value is sound, so nothing is said of it; a mean is of the marked value too."""
    metrics = AlertService(QueryService(memory), metric_aggregation=selection)
    (result,) = metrics.evaluate_alerts(runs[3], [AlertRule("loss", "gt", 100.0)])
    assert result.actual_value == value
    assert degraded_words(result.completeness_notes) == ([(WORD, (runs[3],))] if marked else [])


def test_a_baseline_and_its_anomalies_say_it(memory, runs):
    """A baseline with a marked value names its run; a marked value that is judged is told apart in the report."""
    service = AnomalyService(QueryService(memory))
    assert degraded_words(service.compute_baseline("loss").completeness_notes) == [(WORD, (runs[3],))]
    report = service.examine_run(runs[3])
    assert [each.actual_value for each in report.results] == [999.0]
    assert degraded_words(report.completeness_notes) == [(WORD, (runs[3],))]
    assert degraded_words(report.results[0].completeness_notes) == [(WORD, (runs[3],))]


def test_aggregates_say_it(memory, runs):
    """The sum over runs, over stages and over groups each name the run."""
    service = AggregationService(QueryService(memory))
    for answer in (
        service.aggregate_metric("loss"),
        service.aggregate_by_stage(),
        service.aggregate_groups("status", ["loss"]),
    ):
        assert degraded_words(answer.completeness_notes) == [(WORD, (runs[3],))]


def test_two_runs_are_compared_with_a_note_on_the_side(memory, runs):
    """The row of the metric says that the right value is degraded."""
    comparison = CompareService(QueryService(memory)).compare_runs(runs[0], runs[3])
    ((delta,),) = [row.metric_deltas for row in comparison.stage_comparisons]
    (note,) = delta.completeness_notes
    assert (delta.delta, note.summary) == (998.0, "degraded_value:run:loss")
    assert dict(note.details) == {"left_degraded": False, "right_degraded": True}


def test_an_unchanged_value_that_is_degraded_is_listed(memory, runs):
    """Equal values are left out of a comparison, but not where one of them may be wrong."""
    memory.add_metric(runs[0], "loss", 999.0, "2026-01-01T00:00:03Z")
    comparison = CompareService(QueryService(memory)).compare_runs(runs[0], runs[3])
    ((delta,),) = [row.metric_deltas for row in comparison.stage_comparisons]
    assert (delta.delta, len(delta.completeness_notes)) == (0.0, 1)


def test_a_degraded_value_is_best_only_where_there_is_no_sound_one(memory, runs):
    """999 is the greatest, but 3 is the greatest that is sure; alone, 999 is better than nothing."""
    service = CompareService(QueryService(memory))
    assert service.select_best_run(runs, "loss", higher_is_better=True) == runs[2]
    assert service.select_best_run(runs[3:], "loss", higher_is_better=True) == runs[3]


def test_many_runs_side_by_side_name_the_run(memory, runs):
    """The table of several runs has one note for the metric."""
    table = CompareService(QueryService(memory)).compare_multiple_runs(runs)
    assert table.metric_table[0].values == (1.0, 2.0, 3.0, 999.0)
    assert degraded_words(table.completeness_notes) == [(WORD, (runs[3],))]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"metric_conditions": (MetricCondition("loss", "gt", 2),)}, True),
        ({"metric_conditions": (MetricCondition("loss", "lt", 3),)}, False),
        ({"sort_by": "metrics.loss", "sort_desc": False}, True),
        ({"sort_by": "metrics.loss", "sort_desc": False, "limit": 3}, False),
        ({"where": "metrics.loss > 2"}, True),
        ({"where": 'max(metrics.loss) > 2 or status = "failed"'}, True),
        ({"where": "mean(metrics.loss) > 2"}, True),
        ({"where": "min(metrics.loss) > 2"}, False),
        ({"where": "not metrics.loss < 0.5 and max(metrics.loss) > 5"}, True),
        ({"where": "metrics.loss < 10"}, False),
        ({"where": 'name = "r3"'}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_list_names_the_runs_that_a_degraded_value_selected_or_placed(memory, runs, query, named):
    """A condition, an order and an expression take the newest, marked value as it is; a note says whose it is."""
    found = QueryService(memory).list_runs(query=RunListQuery(**query))
    assert (runs[3] in {run.run_id for run in found}) or not named
    assert degraded_words(found.completeness_notes) == ([(WORD, (runs[3],))] if named else [])


def test_a_condition_on_a_stage_says_so_of_that_stage(memory, runs):
    """The note of a condition on a stage names it; a marked value of another stage is none of its business."""
    stages = [memory.add_stage(runs[0], name) for name in ("fit", "test")]
    for number, stage in enumerate(stages):
        mark = {"degradation_marker": "partial_failure"} if number else {}
        memory.add_metric(runs[0], "score", 5.0, "2026-01-01T00:00:01Z", stage_id=stage, **mark)
    service = QueryService(memory)
    notes = {}
    for name in ("fit", "test"):
        condition = MetricCondition("score", "gt", 1, name)
        notes[name] = service.list_runs(query=RunListQuery(metric_conditions=(condition,))).completeness_notes
    assert notes["fit"] == ()
    (note,) = notes["test"]
    assert (note.summary, note.details["stage_name"]) == ("degraded_value:score", "test")


def test_parts_and_copies_of_a_list_say_what_they_are_about(memory, runs):
    """A slice without the marked run has no note, one with it has; a pickled list brings its notes along."""
    found = QueryService(memory).list_runs(query=RunListQuery(sort_by="metrics.loss", sort_desc=False))
    assert found[:3].completeness_notes == ()
    assert degraded_words(found[3:].completeness_notes) == [(WORD, (runs[3],))]
    copied = pickle.loads(pickle.dumps(found))
    assert (copied, copied.completeness_notes) == (found, found.completeness_notes)


def test_a_search_says_so_of_what_it_found(memory, runs):
    """Runs that hold a text, of a query with a condition, keep the note where the marked run is among them."""
    service = QueryService(memory)
    query = RunListQuery(metric_conditions=(MetricCondition("loss", "gt", 2),))
    assert degraded_words(service.search_runs("r3", query=query).completeness_notes) == [(WORD, (runs[3],))]
    assert service.search_runs("r2", query=query).completeness_notes == ()


@pytest.mark.parametrize("config", STORES.values(), ids=STORES)
def test_the_stores_keep_the_mark(tmp_path, config):
    """Appended to a workspace, a marked record is told from the others by its summary, its points and the trend."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"project_name": "demo", **config}) as ctx:
        with ctx.run("marked", run_id="marked") as run:
            run.metric("loss", 1.0)
        for name, mark in (("m1", "partial_failure"), ("m2", "none"), ("m3", "capture_gap")):
            envelope = RecordEnvelope(
                record_ref=f"record:demo.marked.{name}",
                record_type="metric",
                recorded_at="2030-01-01T00:00:09Z",
                observed_at=f"2030-01-01T00:00:0{name[1]}Z",
                producer_ref="contexta.test",
                run_ref="run:demo.marked",
                completeness_marker="complete",
                degradation_marker=mark,
            )
            payload = MetricPayload(metric_key="loss", value=float(name[1]), value_type="float64")
            ctx.record_store.append(MetricRecord(envelope=envelope, payload=payload))
        (summary,) = ctx.repository.metric_summaries(keys=["loss"])
        assert (summary.degraded, summary.latest.degraded, summary.first.degraded) == (2, True, False)
        points = ctx.repository.metric_points("marked", "loss")
        assert [point.degraded for point in points] == [False, True, False, True]
        trend = ctx.get_metric_trend("loss")
        assert degraded_words(trend.completeness_notes) == [(WORD, ("run:demo.marked",))]
        listed = ctx.list_runs(where="metrics.loss > 2")
        assert degraded_words(listed.completeness_notes) == [(WORD, ("run:demo.marked",))]
        assert ctx.list_runs().completeness_notes == ()


def test_a_list_is_sent_on_after_its_workspace_was_closed(tmp_path):
    """Pickled when nobody can be asked any more, it brings its runs along, and says that more is not known."""
    with Contexta(workspace=str(tmp_path / "ws")) as ctx:
        with ctx.run("sound") as run:
            run.metric("loss", 1.0)
        listed = ctx.list_runs(where="metrics.loss > 0")
        plain = ctx.list_runs()
    copied = pickle.loads(pickle.dumps(listed))
    assert [run.name for run in copied] == ["sound"]
    assert [note.summary for note in copied.completeness_notes] == ["completeness_unknown"]
    assert pickle.loads(pickle.dumps(plain)).completeness_notes == ()
