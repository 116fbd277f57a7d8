"""The anomaly service: baselines against NumPy and SciPy, judgements against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from contexta.config import AnomalyPolicy
from contexta.errors import AnomalyError, ConfigurationError, RunNotFoundError, ValidationError
from contexta.interpretation import AnomalyService, MetricBaseline, QueryService, RunListQuery, TimeRange
from contexta.spi.anomalies import AnomalyReport


def service_over(repository, **options):
    """Build the service as a user's program does."""
    return AnomalyService(QueryService(repository), **options)


def daily(memory, values, key="loss", **more):
    """Add one run a day with one value each, and return their identifiers."""
    runs = []
    for day, value in enumerate(values, start=1):
        run_id = memory.add_run(f"day-{day:02}", started_at=f"2026-01-{day:02}T00:00:00Z")
        if value is not None:
            memory.add_metric(run_id, key, value, f"2026-01-{day:02}T01:00:00Z", **more)
        runs.append(run_id)
    return runs


def judged(memory, value, key="loss", **more):
    """Add the run that is judged, after all others."""
    run_id = memory.add_run("judged", started_at="2026-02-01T00:00:00Z")
    memory.add_metric(run_id, key, value, "2026-02-01T01:00:00Z", **more)
    return run_id


def summaries(notes):
    """Return the words of notes."""
    return [note.summary for note in notes]


def test_the_service_is_built_by_hand(memory):
    """Over any object with the documented methods; its arguments are the policy, and each acts."""
    service = service_over(memory)
    assert AnomalyPolicy() == service.config
    assert () == service.detect_anomalies_in_run(judged(memory, 1.0))
    with pytest.raises(ValidationError) as caught:
        service_over(memory, metric_aggregation="median")
    assert "trend_invalid_metric_aggregation" == caught.value.code
    for wrong in ({"z_score_threshold": 0}, {"z_score_threshold": math.nan}, {"min_baseline_runs": 0}):
        with pytest.raises(ConfigurationError):
            service_over(memory, **wrong)


VALUES = st.lists(
    st.floats(min_value=-1e6, max_value=1e6, allow_nan=False, width=32), min_size=2, max_size=40
)


@given(VALUES)
def test_a_baseline_is_that_of_numpy_and_scipy(make_memory, values):
    """Mean, sample deviation, median, MAD and percentiles are those of NumPy and SciPy, for any values."""
    memory = make_memory()
    for number, value in enumerate(values):
        memory.add_metric(memory.add_run(f"r{number}"), "loss", value)
    found = service_over(memory).compute_baseline("loss")
    expected = {
        "mean": np.mean(values),
        "std": np.std(values, ddof=1),
        "median": np.median(values),
        "mad": stats.median_abs_deviation(values),
        "mean_absolute_deviation": np.mean(np.abs(np.array(values) - np.median(values))),
        "p5": np.percentile(values, 5, method="linear"),
        "p95": np.percentile(values, 95, method="linear"),
        "computed_from_n_runs": len(values),
    }
    tolerance = 1e-9 * max(1.0, *(abs(value) for value in values))
    for name, value in expected.items():
        assert value == pytest.approx(getattr(found, name), rel=1e-9, abs=tolerance), name


def test_a_baseline_of_nothing_has_no_numbers(memory):
    """No run, or none with the metric: no statistic is 0, and a note says why."""
    daily(memory, [None, None])
    found = service_over(memory).compute_baseline("loss")
    assert (None, None, None, None, 0) == (
        found.mean,
        found.std,
        found.median,
        found.p95,
        found.computed_from_n_runs,
    )
    assert ["baseline_population_empty:loss"] == summaries(found.completeness_notes)


def test_a_baseline_is_of_completed_runs(memory):
    """Failed and open runs are not usual, unless a query asks for them."""
    daily(memory, [1.0, 2.0])
    for status in ("failed", "open"):
        memory.add_metric(memory.add_run(status, status=status), "loss", 100.0)
    service = service_over(memory)
    assert 2 == service.compute_baseline("loss").computed_from_n_runs
    assert 100.0 == service.compute_baseline("loss", query=RunListQuery(status="failed")).mean


def test_a_baseline_keeps_to_project_and_stage(memory):
    """A project and a stage restrict it; the values by run say what it was made of."""
    runs = daily(memory, [1.0, 2.0])
    stage = memory.add_stage(runs[0], "eval")
    memory.add_metric(runs[0], "loss", 7.0, stage_id=stage)
    other = memory.add_run("o", project="other")
    memory.add_metric(other, "loss", 50.0)
    service = service_over(memory)
    assert {runs[0]: 7.0} == dict(service.compute_baseline("loss", stage_name="eval").values)
    assert {other: 50.0} == dict(service.compute_baseline("loss", project_name="other").values)


def test_values_in_another_unit_are_left_out(memory):
    """Of 1, 2 and 3 s and 900 ms, the baseline is of seconds, and a note names the run that measured otherwise."""
    daily(memory, [1.0, 2.0, 3.0], key="time", unit="s")
    stranger = memory.add_run("stranger")
    memory.add_metric(stranger, "time", 900.0, unit="ms")
    found = service_over(memory).compute_baseline("time")
    assert (2.0, 3, "s") == (found.mean, found.computed_from_n_runs, found.unit)
    (note,) = found.completeness_notes
    assert ("baseline_units_mixed:time", (stranger,)) == (note.summary, note.details["run_ids"])


def test_a_value_that_is_no_number_is_left_out(memory):
    """NaN in a user's repository spoils no baseline, and is said."""
    runs = daily(memory, [1.0, math.nan, 3.0])
    found = service_over(memory).compute_baseline("loss")
    assert (2.0, 2) == (found.mean, found.computed_from_n_runs)
    (note,) = found.completeness_notes
    assert (runs[1],) == note.details["run_ids"]


def test_only_what_is_off_is_an_anomaly(memory):
    """1, 2, 3, 4, 5: mean 3, deviation sqrt(2.5), so 2.5 deviations are 3.95; 6.95 is none, and 7 is one."""
    daily(memory, [1.0, 2.0, 3.0, 4.0, 5.0])
    service = service_over(memory)
    baseline = service.compute_baseline("loss")
    inside = memory.add_run("inside")
    memory.add_metric(inside, "loss", 6.95)
    assert () == service.detect_anomalies(inside, baseline=baseline)
    (found,) = service.detect_anomalies(judged(memory, 7.0), baseline=baseline)
    assert 4 / math.sqrt(2.5) == pytest.approx(found.z_score)
    # MAD 1: 4 of them, scaled by the third quartile of the standard normal distribution.
    assert 4 * stats.norm.ppf(0.75) == pytest.approx(found.robust_z_score)
    assert (3 - 2.5 * math.sqrt(2.5), 3 + 2.5 * math.sqrt(2.5)) == pytest.approx(found.expected_range)
    assert ("warning", 7.0, "loss") == (found.severity, found.actual_value, found.metric_key)
    assert [("run", "my-proj.judged")] == [(link.kind, link.ref) for link in found.evidence_links]


@pytest.mark.parametrize(
    ("z_score", "severity"), [(2.49, None), (2.5, "warning"), (3.74, "warning"), (3.76, "error")]
)
def test_severity_grows_with_the_distance(z_score, severity):
    """From 2.5 deviations on a warning, from 3.75 on an error."""
    from contexta_interpretation.anomaly.judging import judge

    found = judge(z_score, mean=0.0, std=1.0, median=0.0, mad=1.0, mean_absolute_deviation=1.0, threshold=2.5)
    assert severity == (found.severity if found.is_anomaly else None)


def test_an_outlier_in_the_baseline_hides_nothing(memory):
    """One run at 1000 makes the deviation 301.5; 10 lies 0.3 deviations off the mean and 6.1 off the median."""
    daily(memory, [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 1000.0])
    (found,) = service_over(memory).detect_anomalies_in_run(judged(memory, 10.0))
    assert abs(found.z_score) < 1
    assert 9 * stats.norm.ppf(0.75) == pytest.approx(found.robust_z_score)
    assert "error" == found.severity


def test_a_constant_baseline_gives_no_infinity(memory):
    """Five runs at 1.0: 1.0 is none, whatever else is an error without a distance in deviations."""
    daily(memory, [1.0] * 5)
    service = service_over(memory)
    baseline = service.compute_baseline("loss")
    same = memory.add_run("same")
    memory.add_metric(same, "loss", 1.0 + 1e-13)
    assert () == service.detect_anomalies(same, baseline=baseline)
    (found,) = service.detect_anomalies(judged(memory, 1e9), baseline=baseline)
    assert (None, None, "error", (1.0, 1.0)) == (
        found.z_score,
        found.robust_z_score,
        found.severity,
        found.expected_range,
    )


def test_where_most_values_are_the_same_the_mean_deviation_decides(memory):
    """Of 1, 1, 1, 1, 1, 2 the MAD is 0 and the mean deviation 1/6; 3 is 2 / (1.2533 / 6) off."""
    daily(memory, [1.0, 1.0, 1.0, 1.0, 1.0, 2.0])
    (found,) = service_over(memory).detect_anomalies_in_run(judged(memory, 3.0))
    assert 2 / (math.sqrt(math.pi / 2) / 6) == pytest.approx(found.robust_z_score)


def test_the_judged_run_is_not_part_of_its_baseline(memory):
    """A baseline that holds the run itself is computed anew without it: 100 beside 1, 1, 2, 2 is seen."""
    runs = daily(memory, [1.0, 1.0, 2.0, 2.0, 100.0])
    service = service_over(memory)
    baseline = service.compute_baseline("loss")
    assert 5 == baseline.computed_from_n_runs
    (found,) = service.detect_anomalies(runs[-1], baseline=baseline)
    assert (4, 1.5) == (found.baseline.computed_from_n_runs, found.baseline.mean)


def test_a_run_is_judged_by_earlier_completed_runs(memory):
    """Runs that started later, failed or belong to another project do not count, and neither does the run itself."""
    runs = daily(memory, [1.0, 2.0, 3.0, 9.0, 50.0, 60.0, 70.0])
    failed = memory.add_run("failed", status="failed", started_at="2026-01-02T12:00:00Z")
    memory.add_metric(failed, "loss", 99.0)
    foreign = memory.add_run("foreign", project="other", started_at="2026-01-01T12:00:00Z")
    memory.add_metric(foreign, "loss", 99.0)
    (found,) = service_over(memory).detect_anomalies_in_run(runs[3])
    assert {runs[0]: 1.0, runs[1]: 2.0, runs[2]: 3.0} == dict(found.baseline.values)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RunListQuery(limit=3), {4.0, 5.0, 6.0}),
        (RunListQuery(limit=3, offset=2), {2.0, 3.0, 4.0}),
        (RunListQuery(offset=3), {1.0, 2.0, 3.0}),
        (RunListQuery(limit=3, sort_desc=False), {1.0, 2.0, 3.0}),
        (RunListQuery(time_range=TimeRange("2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z")), {2.0, 3.0, 4.0}),
    ],
)
def test_pages_of_the_baseline_are_exact(memory, query, expected):
    """Seven runs, the last judged: offset and limit count among the six others, once."""
    runs = daily(memory, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e6])
    (found,) = service_over(memory).detect_anomalies_in_run(runs[-1], baseline_query=query)
    assert expected == set(found.baseline.values.values())


def test_a_small_baseline_judges_nothing(memory):
    """Two runs are fewer than three: no anomaly, however far off, and the report says why."""
    daily(memory, [1.0, 2.0])
    run_id = judged(memory, 1e6)
    assert () == service_over(memory).detect_anomalies_in_run(run_id)
    report = service_over(memory).examine_run(run_id)
    (note,) = report.completeness_notes
    assert ("baseline_population_small:loss", 2, 3) == (
        note.summary,
        note.details["computed_from_n_runs"],
        note.details["min_baseline_runs"],
    )
    assert 1 == len(service_over(memory, min_baseline_runs=2).detect_anomalies_in_run(run_id))


def test_a_missing_metric_is_said(memory):
    """Neither normal nor off: a metric that was asked for and is not there is a note, and nothing else."""
    daily(memory, [1.0, 2.0, 3.0])
    report = service_over(memory).examine_run(judged(memory, 2.0), metric_keys=("loss", "lost"))
    assert AnomalyReport("my-proj.judged", (), ("loss",), report.completeness_notes) == report
    assert ["anomaly_metric_missing:lost"] == summaries(report.completeness_notes)


def test_the_monitored_metrics_are_looked_at(memory):
    """With monitored metrics only these; with keys of the question these; without either all of the run."""
    daily(memory, [1.0, 2.0, 3.0])
    daily(memory, [1.0, 2.0, 3.0], key="acc")
    run_id = judged(memory, 1e6)
    memory.add_metric(run_id, "acc", 1e6)
    assert ["acc", "loss"] == [
        each.metric_key for each in service_over(memory).detect_anomalies_in_run(run_id)
    ]
    service = service_over(memory, monitored_metrics=("acc",))
    assert ["acc"] == [each.metric_key for each in service.detect_anomalies_in_run(run_id)]
    asked = service.detect_anomalies_in_run(run_id, metric_keys=("loss",))
    assert ["loss"] == [each.metric_key for each in asked]


def test_another_unit_is_not_judged(memory):
    """Kilobytes are not compared with bytes; the report says so."""
    daily(memory, [1000.0, 1001.0, 1002.0], key="size", unit="B")
    run_id = judged(memory, 1.0, key="size", unit="kB")
    service = service_over(memory)
    assert () == service.detect_anomalies(run_id, baseline=service.compute_baseline("size"))
    report = service.examine_run(run_id)
    assert ["anomaly_unit_differs:size"] == summaries(report.completeness_notes)
    assert () == report.judged_metrics


def test_an_open_run_is_judged_with_a_note(memory):
    """What an open run stands at is not what it will end with."""
    daily(memory, [1.0, 2.0, 3.0])
    run_id = memory.add_run("open", status="open", started_at="2026-02-01T00:00:00Z")
    memory.add_metric(run_id, "loss", 2.0)
    assert ["anomaly_run_open"] == summaries(service_over(memory).examine_run(run_id).completeness_notes)


def test_the_aggregation_says_which_value_counts(memory):
    """With ``max`` the spike in the middle of the run is judged, with ``latest`` its harmless end."""
    daily(memory, [1.0, 2.0, 3.0])
    run_id = judged(memory, 1e6)
    memory.add_metric(run_id, "loss", 2.0, "2026-02-01T02:00:00Z")
    assert () == service_over(memory).detect_anomalies_in_run(run_id)
    (found,) = service_over(memory, metric_aggregation="max").detect_anomalies_in_run(run_id)
    assert 1e6 == found.actual_value


def test_wrong_arguments_are_told(memory):
    """A baseline that is none, keys as one text, and a run that does not exist."""
    run_id = judged(memory, 1.0)
    service = service_over(memory)
    with pytest.raises(AnomalyError) as caught:
        service.detect_anomalies(run_id, baseline=3.0)
    assert "anomaly_invalid_baseline" == caught.value.code
    with pytest.raises(ValidationError):
        service.detect_anomalies_in_run(run_id, metric_keys="loss")
    with pytest.raises(RunNotFoundError):
        service.detect_anomalies_in_run("nothing")
    # A baseline of 1.0.0's six fields is one.
    assert () == service.detect_anomalies(run_id, baseline=MetricBaseline("loss", 1.0, 0.1, 0.9, 1.1, 5))


@given(
    values=st.lists(st.integers(-50, 50), min_size=3, max_size=15),
    value=st.integers(-200, 200),
    threshold=st.floats(1.0, 5.0),
)
def test_the_expected_range_is_where_nothing_is_off(make_memory, values, value, threshold):
    """A value strictly inside the range is no anomaly, one strictly outside is one, for any baseline."""
    memory = make_memory()
    daily_values = [float(each) for each in values]
    for number, each in enumerate(daily_values):
        run_id = memory.add_run(f"r{number}")
        memory.add_metric(run_id, "loss", each)
    service = service_over(memory, z_score_threshold=threshold)
    baseline = service.compute_baseline("loss")
    found = service.detect_anomalies(judged(memory, float(value)), baseline=baseline)
    if found:
        low, high = found[0].expected_range
        assert not low + 1e-9 < value < high - 1e-9
        assert found[0].severity in {"warning", "error"}
    else:
        z_score = abs(value - np.mean(values))
        assert z_score <= threshold * np.std(values, ddof=1) + 1e-9
