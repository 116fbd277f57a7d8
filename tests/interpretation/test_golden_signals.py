"""Trends, anomalies and alerts of the golden runs, written out by hand: the same from every kind of store."""

from __future__ import annotations

import math

import pytest

from contexta.interpretation import (
    AlertRule,
    AlertService,
    AnomalyService,
    RunListQuery,
    TimeRange,
    TrendService,
)

STEADY = RunListQuery(tags={"family": "steady"})
DEFECTIVE = RunListQuery(tags={"family": "defective"}, sort_desc=False)


def names(items):
    """Return the last components of the runs of points or results."""
    return [each.run_id.rpartition(".")[2] for each in items]


@pytest.fixture(scope="module")
def trends(golden_query):
    """Build the trend service with its default policy."""
    return TrendService(golden_query)


@pytest.fixture(scope="module")
def anomalies(golden_query):
    """Build the anomaly service with its default policy."""
    return AnomalyService(golden_query)


@pytest.fixture(scope="module")
def alerts(golden_query):
    """Build the alert service with its default policy."""
    return AlertService(golden_query)


# -- trends ------------------------------------------------------------------------------------------------------------


def test_the_trend_of_the_steady_runs(trends):
    """All twenty, the oldest first: 0.48 to 0.52 four times; observed 550 seconds after midnight."""
    trend = trends.get_metric_trend("val_loss", query=STEADY)
    assert (0.48, 0.49, 0.50, 0.51, 0.52) * 4 == trend.values
    assert ("golden", ()) == (trend.project_name, trend.completeness_notes)
    assert [f"steady-{number:02}" for number in range(1, 21)] == names(trend.points)
    assert "2026-01-03T00:09:10Z" == trend.points[2].captured_at


def test_the_window_holds_the_newest_with_the_metric(trends):
    """The newest twenty of project golden with ``val_loss``: back to ``silent-stage``, over those that lack it."""
    trend = trends.get_metric_trend("val_loss", project_name="golden")
    expected = [
        "silent-stage",
        "unfinished-stage",
        "no-package",
        "slow",
        "quick",
        "degraded",
        "missing-body",
        "truncated-body",
        "pending-body",
        "failed-batch",
        "failed-deployment",
        "off-values",
        "other-unit",
        "fractions",
        "unknown-stage",
        "prepared",
        "upgraded",
        "twin-1",
        "hostile",
    ]
    # "stalled" is the twentieth; "twin-2" is archived.
    assert ["stalled", *expected] == names(trend.points)
    assert [0.5] * 12 + [0.9] + [0.5] * 7 == list(trend.values)
    assert ["no-metrics", "prepare", "loop"] == [
        note.details["run_id"].rpartition(".")[2] for note in trend.completeness_notes
    ]
    assert {"missing_metric_for_run:val_loss"} == {note.summary for note in trend.completeness_notes}


def test_a_trend_over_projects(trends):
    """Over both projects no project is named, and runs are in the order of time."""
    query = RunListQuery(time_range=TimeRange("2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"))
    trend = trends.get_metric_trend("val_loss", query=query)
    assert trend.project_name is None
    # On days 2 and 4 a run of each project began at the same instant; by identifier golden comes first.
    assert ["steady-01", "steady-02", "other-1", "steady-03", "steady-04", "other-2"] == names(trend.points)
    assert (0.48, 0.49, 10.0, 0.50, 0.51, 20.0) == trend.values


@pytest.mark.parametrize(("word", "value"), [("latest", 0.1), ("max", 1.2), ("min", 0.1), ("mean", 0.65)])
def test_the_value_of_a_run(golden_query, word, value):
    """``train.loss`` falls from 1.2 to 0.1 in steps of 0.1: the mean of twelve is 0.65."""
    from contexta.config import TrendPolicy

    service = TrendService(golden_query, config=TrendPolicy(metric_aggregation=word))
    trend = service.get_metric_trend("train.loss", query=STEADY)
    assert [value] * 20 == pytest.approx(list(trend.values))


def test_a_stage_restricts_a_trend(trends):
    """``val_loss`` is of the stage ``evaluate`` in golden, of no stage in other."""
    assert 20 == len(trends.get_metric_trend("val_loss", query=STEADY, stage_name="evaluate").points)
    trend = trends.get_metric_trend("val_loss", project_name="other", stage_name="evaluate")
    assert ((), 6) == (trend.points, len(trend.completeness_notes))


def test_mixed_units_are_said(trends):
    """``package.size`` is in bytes, but for the run that measured 21 kB last."""
    query = RunListQuery(time_range=TimeRange("2026-02-24T00:00:00Z", "2026-02-25T00:00:00Z"))
    trend = trends.get_metric_trend("package.size", query=query)
    assert [21.0, 1000.0] == list(trend.values)
    (note,) = trend.completeness_notes
    assert "units_mixed:package.size" == note.summary
    assert {"kB": ("run:golden.other-unit",), "B": ("run:golden.fractions",)} == dict(
        note.details["run_ids_by_unit"]
    )


def test_the_newest_is_told_by_the_instant(trends):
    """0.9 was observed half a second after 0.5, and appended before it."""
    query = RunListQuery(time_range=TimeRange("2026-02-25T00:00:00Z", "2026-02-25T00:00:00Z"))
    (point,) = trends.get_metric_trend("accuracy", query=query).points
    assert ("fractions", 0.9) == (point.run_name, point.value)


def test_a_series_within_a_run(trends):
    """Twelve steps of ``train.loss``; of a metric of another run there are none, and a note."""
    series = trends.get_step_series("run:golden.steady-05", "train.loss", stage_id="train")
    assert [(step, pytest.approx((12 - step) / 10)) for step in range(12)] == [
        (point.step, point.value) for point in series.points
    ]
    empty = trends.get_step_series("run:golden.steady-05", "aux.loss")
    assert ["step_series_empty:aux.loss"] == [note.summary for note in empty.completeness_notes]
    assert "nats" == trends.get_step_series("run:golden.steady-05", "val_loss").unit


def test_a_metric_of_a_stage_that_nobody_registered(trends):
    """It is found by its full identifier, and in the series of the whole run."""
    stage = "stage:golden.unknown-stage.ghost"
    for stage_id in (stage, None):
        series = trends.get_step_series("run:golden.unknown-stage", "probe.loss", stage_id=stage_id)
        assert [0.7] == [point.value for point in series.points]


def test_durations_of_a_stage(trends):
    """``train`` takes 500 seconds; ``failed`` 100, and what was interrupted or is open has no duration."""
    query = RunListQuery(time_range=TimeRange("2026-01-20T00:00:00Z", "2026-02-06T00:00:00Z"))
    trend = trends.get_stage_duration_trend("train", query=query)
    assert [("steady-20", 500.0), ("failed", 100.0), ("non-finite", 500.0)] == [
        (point.run_name, point.duration_seconds) for point in trend.points
    ]
    assert [
        ("missing_stage_for_duration:train", "failed-early"),
        ("stage_duration_unavailable:train", "interrupted"),
        ("missing_stage_for_duration:train", "cancelled"),
        ("stage_duration_unavailable:train", "stale"),
    ] == [(note.summary, note.details["run_id"].rpartition(".")[2]) for note in trend.completeness_notes]


def test_sizes_of_models(trends):
    """Steady 16 to 20 have 1,600 to 2,000 bytes, then 70 (missing), 90 (cut to 89, registered as 90), then one pending."""
    trend = trends.get_artifact_size_trend("model", project_name="golden")
    assert [1600, 1700, 1800, 1900, 2000, 70, 90, 5] == [point.size_bytes for point in trend.points]
    pending = [n for n in trend.completeness_notes if n.summary == "artifact_size_unavailable:model"]
    assert ["artifact:golden.pending-body.model"] == [note.details["artifact_ref"] for note in pending]


# -- anomalies ---------------------------------------------------------------------------------------------------------


def test_the_baseline_of_the_steady_runs(anomalies):
    """0.48 … 0.52, four times each: mean and median 0.50, MAD 0.01, sample variance 20 * 0.0002 / 19."""
    found = anomalies.compute_baseline("val_loss", query=STEADY)
    assert (20, "nats") == (found.computed_from_n_runs, found.unit)
    assert pytest.approx((0.5, math.sqrt(20 * 0.0002 / 19), 0.5, 0.01, 0.012)) == (
        found.mean,
        found.std,
        found.median,
        found.mad,
        found.mean_absolute_deviation,
    )
    # The 5th of a hundred lies at place 0.95 of 0 to 19, between two 0.48; the 95th likewise between two 0.52.
    assert pytest.approx((0.48, 0.52)) == (found.p5, found.p95)


def test_a_baseline_of_the_whole_project(anomalies):
    """Every completed run of golden that is not archived: 20 steady, 19 defective and 4 related ones have ``accuracy``."""
    found = anomalies.compute_baseline("accuracy", project_name="golden")
    # Defective: 26 less failed, failed-early, interrupted, cancelled, stale, no-package, no-metrics.
    assert 20 + 19 + 4 == found.computed_from_n_runs
    assert (0.9, 0.0) == (found.median, found.mad)
    assert pytest.approx((42 * 0.9 + 0.1) / 43) == found.mean


#: Run by run, judged by the steady runs: metric, value, severity.
ANOMALIES = {
    "failed": [("train.loss", 1.2, "error")],
    "interrupted": [("train.loss", 1.2, "error")],
    "cancelled": [("train.loss", 1.2, "error")],
    "stale": [("train.loss", 1.2, "error")],
    "off-values": [("accuracy", 0.1, "error"), ("val_loss", 0.9, "error")],
}


def test_the_anomalies_of_every_run(anomalies, golden_query):
    """All runs beside the steady ones before them: those in the table are off, and no other."""
    found = {}
    for run in golden_query.list_runs(query=RunListQuery(project_name="golden", archived=None)):
        results = anomalies.detect_anomalies_in_run(run.run_id, baseline_query=STEADY)
        if results:
            name = run.run_id.rpartition(".")[2]
            found[name] = [(each.metric_key, each.actual_value, each.severity) for each in results]
    assert ANOMALIES == found


def test_how_far_a_value_is_off(anomalies):
    """0.90 is 0.40 off: 27.57 deviations, 26.98 scaled MADs; accuracy was never anything but 0.9."""
    accuracy, val_loss = anomalies.detect_anomalies_in_run("run:golden.off-values", baseline_query=STEADY)
    assert pytest.approx(0.4 / math.sqrt(20 * 0.0002 / 19)) == val_loss.z_score
    assert pytest.approx(0.6744897501960817 * 0.4 / 0.01) == val_loss.robust_z_score
    # 2.5 deviations are 0.0363, 3.5 scaled MADs 0.0519: the narrower range holds.
    assert pytest.approx((0.5 - 0.0362738125, 0.5 + 0.0362738125)) == val_loss.expected_range
    assert (None, (0.9, 0.9)) == (accuracy.z_score, accuracy.expected_range)


def test_what_could_not_be_judged(anomalies):
    """Another unit, a metric that no earlier run has, too few earlier runs."""
    unit = anomalies.examine_run("run:golden.other-unit", baseline_query=STEADY)
    assert ["anomaly_unit_differs:package.size"] == [note.summary for note in unit.completeness_notes]
    assert ("accuracy", "evaluate.samples", "train.loss", "val_loss") == unit.judged_metrics
    new = anomalies.examine_run("run:golden.diverged", baseline_query=STEADY, metric_keys=("aux.loss",))
    assert ["baseline_population_small:aux.loss"] == [note.summary for note in new.completeness_notes]
    early = anomalies.examine_run("run:golden.steady-03", metric_keys=("val_loss",))
    assert 2 == early.completeness_notes[0].details["computed_from_n_runs"]
    assert () == anomalies.examine_run("run:golden.steady-04", metric_keys=("val_loss",)).completeness_notes


# -- alerts ------------------------------------------------------------------------------------------------------------

RULES = (
    AlertRule("val_loss", "gt", 0.52, severity="error"),
    AlertRule("accuracy", "lt", 0.5, name="accuracy"),
    AlertRule("train.loss", "gte", 1.2, "train", "info"),
)


def test_what_fires_among_the_defective_runs(alerts):
    """26 runs and three rules: what fires, what passes, and what has no such metric."""
    report = alerts.evaluate_alerts_fleet(RULES, query=DEFECTIVE)
    assert 26 == len(report.run_ids)
    assert "run:golden.failed" == report.run_ids[0]
    assert [
        ("failed", "train.loss@train:gte:1.2", "info"),
        ("interrupted", "train.loss@train:gte:1.2", "info"),
        ("stale", "train.loss@train:gte:1.2", "info"),
        ("off-values", "val_loss:gt:0.52", "error"),
        ("off-values", "accuracy", "warning"),
    ] == [(each.run_id.rpartition(".")[2], each.rule_name, each.severity) for each in report.triggered]
    without = {rule.title: [] for rule in RULES}
    for each in report.not_evaluated:
        without[each.rule_name].append(each.run_id.rpartition(".")[2])
    unfinished = ["failed", "failed-early", "interrupted", "cancelled", "stale"]
    assert {
        "val_loss:gt:0.52": [*unfinished, "overfitted", "no-metrics"],
        "accuracy": [*unfinished, "no-package", "no-metrics"],
        # The loss of the cancelled run is of the run itself.
        "train.loss@train:gte:1.2": ["failed-early", "cancelled", "no-metrics"],
    } == without
    assert 26 * 3 == len(report.triggered) + len(report.passed) + len(report.not_evaluated)


def test_rules_on_one_run(alerts):
    """A sound run passes all three."""
    assert ["passed"] * 3 == [each.state for each in alerts.evaluate_alerts("run:golden.steady-01", RULES)]
