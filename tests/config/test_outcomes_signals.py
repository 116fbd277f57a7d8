"""What the fields of the policies of anomalies and alerts change: two values of each, two outcomes."""

from __future__ import annotations

import pytest

from contexta.interpretation import AlertRule


@pytest.fixture
def trained(opened):
    """Open a workspace with one setting, and record four runs: 1, 2, 3, and one with 10, then 2."""

    def train(path, value):
        ctx = opened({path: value}, name=f"{path.rpartition('.')[2]}-{value}"[:40].replace("/", "-"))
        for number, losses in enumerate(([1.0], [2.0], [3.0], [10.0, 2.0]), start=1):
            with ctx.run("train", run_id=f"r{number}") as run:
                for loss in losses:
                    run.metric("loss", loss)
                run.metric("acc", 5.0 if number == 4 else 1.0)
        return ctx

    return train


def _anomalies(ctx):
    return {each.metric_key for each in ctx.anomaly_service.detect_anomalies_in_run("r4")}


@pytest.mark.parametrize(("value", "found"), [("max", {"acc", "loss"}), ("latest", {"acc"})])
def test_the_value_of_a_run_is_the_configured_one(trained, value, found):
    """anomaly.metric_aggregation: the greatest value is off, the newest is not."""
    assert found == _anomalies(trained("interpretation.anomaly.metric_aggregation", value))


@pytest.mark.parametrize(("value", "is_found"), [(2.0, True), (20.0, False)])
def test_the_threshold_is_the_configured_one(opened, value, is_found):
    """anomaly.z_score_threshold: 10 beside 1, 2 and 3 lies 8 deviations off."""
    ctx = opened({"interpretation.anomaly.z_score_threshold": value})
    for number, loss in enumerate((1.0, 2.0, 3.0, 10.0), start=1):
        with ctx.run("train", run_id=f"r{number}") as run:
            run.metric("loss", loss)
    assert is_found == bool(_anomalies(ctx))


@pytest.mark.parametrize(("value", "found"), [(3, {"acc"}), (4, set())])
def test_a_baseline_needs_as_many_runs_as_configured(trained, value, found):
    """anomaly.min_baseline_runs: three earlier runs are enough, or too few."""
    assert found == _anomalies(trained("interpretation.anomaly.min_baseline_runs", value))


@pytest.mark.parametrize(("value", "found"), [([], {"acc"}), (["loss"], set())])
def test_the_monitored_metrics_are_the_configured_ones(trained, value, found):
    """anomaly.monitored_metrics: all metrics are watched, or only those."""
    assert found == _anomalies(trained("interpretation.anomaly.monitored_metrics", value))


@pytest.mark.parametrize("value", ["info", "error"])
def test_the_severity_of_a_rule_that_names_none(trained, value):
    """alert.default_severity: it is that of a rule without one, and of no other."""
    ctx = trained("interpretation.alert.default_severity", value)
    rules = [AlertRule("acc", "gt", 2.0), AlertRule("acc", "gt", 2.0, severity="warning")]
    assert [value, "warning"] == [each.severity for each in ctx.evaluate_alerts("r4", rules)]


@pytest.mark.parametrize(("value", "count"), [(True, 1), (False, 2)])
def test_the_first_rule_that_fires_ends_the_evaluation_or_not(trained, value, count):
    """alert.stop_on_first_trigger: the second rule is evaluated, or not."""
    ctx = trained("interpretation.alert.stop_on_first_trigger", value)
    rules = [AlertRule("acc", "gt", 2.0), AlertRule("acc", "gt", 3.0)]
    assert count == len(ctx.evaluate_alerts("r4", rules))


@pytest.mark.parametrize("value", [[], [{"metric_key": "acc", "operator": "gt", "threshold": 2}]])
def test_the_configured_rules_are_the_services(trained, value):
    """alert.rules: the rules of the configuration are what the service is configured with."""
    ctx = trained("interpretation.alert.rules", value)
    expected = tuple(AlertRule("acc", "gt", 2.0) for _ in value)
    assert expected == ctx.alert_service.configured_rules
