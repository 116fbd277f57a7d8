"""The alert service: rules, what they say of one run and of many, and rules from files."""

from __future__ import annotations

import math

import pytest

from contexta import Contexta
from contexta.config import AlertPolicy, AlertRuleConfig
from contexta.errors import (
    AlertError,
    ConfigurationError,
    PluginNotUsableError,
    RunNotFoundError,
    ValidationError,
)
from contexta.interpretation import AlertRule, AlertService, QueryService, RunListQuery, load_alert_rules
from contexta.plugins import Provider, hookimpl


def service_over(repository, **options):
    """Build the service as a user's program does."""
    return AlertService(QueryService(repository), **options)


@pytest.fixture
def two(memory):
    """Add two runs, the newer one without a metric ``acc``; the older has it in a stage too."""
    first = memory.add_run("first", started_at="2026-01-01T00:00:00Z")
    memory.add_metric(first, "loss", 0.5)
    stage = memory.add_stage(first, "eval")
    memory.add_metric(first, "acc", 0.9, "2026-01-01T00:00:01Z", stage)
    memory.add_metric(first, "acc", 0.1, "2026-01-01T00:00:02Z")
    second = memory.add_run("second", started_at="2026-01-02T00:00:00Z")
    memory.add_metric(second, "loss", 2.0)
    return memory


def test_the_service_is_built_by_hand(two):
    """Over any object with the documented methods; the aggregation is checked when it is built."""
    service = service_over(two)
    assert ("latest", AlertPolicy()) == (service.metric_aggregation, service.config)
    (result,) = service.evaluate_alerts("my-proj.first", [AlertRule("loss", "gt", 1.0)])
    assert (False, 0.5, "passed") == (result.triggered, result.actual_value, result.state)
    with pytest.raises(ValidationError) as caught:
        service_over(two, metric_aggregation="median")
    assert "trend_invalid_metric_aggregation" == caught.value.code


@pytest.mark.parametrize(
    ("word", "fires"),
    [
        ("gt", [False, False, True]),
        ("gte", [False, True, True]),
        ("lt", [True, False, False]),
        ("lte", [True, True, False]),
        ("eq", [False, True, False]),
        (" NE ", [True, False, True]),
    ],
)
def test_each_operator_is_what_its_word_says(memory, word, fires):
    """Below, at and above the threshold of 1; case and blanks do not count."""
    run_id = memory.add_run("one")
    for key, value in (("below", 0.5), ("at", 1.0), ("above", 1.5)):
        memory.add_metric(run_id, key, value)
    rules = tuple(AlertRule(key, word, 1.0) for key in ("below", "at", "above"))
    results = service_over(memory).evaluate_alerts(run_id, rules)
    assert fires == [each.triggered for each in results]
    assert [word.strip().lower()] * 3 == [each.operator for each in results]


def test_a_result_says_all_of_its_rule(two):
    """Name, threshold, stage, severity and evidence; without a name it is made of the rest."""
    rules = [
        AlertRule("acc", "lt", 0.95, "eval", "error", "too low"),
        AlertRule("acc", "lt", 0.95, "eval"),
        AlertRule("loss", "gt", -1),
    ]
    named, unnamed, plain = service_over(two).evaluate_alerts("my-proj.first", rules)
    assert ("too low", 0.9, "eval", "error", True) == (
        named.rule_name,
        named.actual_value,
        named.stage_name,
        named.severity,
        named.triggered,
    )
    assert [("run", "my-proj.first", "first")] == [(e.kind, e.ref, e.label) for e in named.evidence_links]
    assert ("acc@eval:lt:0.95", "warning") == (unnamed.rule_name, unnamed.severity)
    assert "loss:gt:-1" == plain.rule_name


def test_a_missing_metric_neither_fires_nor_passes(two):
    """The result says that it was not evaluated, and why; the report has it in neither list."""
    report = service_over(two).evaluate_alerts_fleet([AlertRule("acc", "ne", 5.0)])
    missing, found = report.results
    assert (None, False, "not_evaluated") == (missing.actual_value, missing.triggered, missing.state)
    assert ["alert_metric_missing:acc"] == [note.summary for note in missing.completeness_notes]
    assert ((found,), (), (missing,)) == (report.triggered, report.passed, report.not_evaluated)


def test_what_is_no_number_neither_fires_nor_passes(memory):
    """NaN in a user's repository is compared with nothing; infinity is above everything."""
    run_id = memory.add_run("one")
    memory.add_metric(run_id, "loss", math.nan)
    memory.add_metric(run_id, "cost", math.inf)
    loss, cost = service_over(memory).evaluate_alerts(
        run_id, [AlertRule("loss", "lt", 1.0), AlertRule("cost", "gt", 1.0)]
    )
    assert ("not_evaluated", "triggered") == (loss.state, cost.state)
    assert ["alert_value_not_a_number:loss"] == [note.summary for note in loss.completeness_notes]


def test_the_aggregation_says_which_value_counts(two):
    """Of 0.9 and then 0.1, ``latest`` is 0.1, ``max`` 0.9 and ``mean`` 0.5."""
    for word, value in (("latest", 0.1), ("max", 0.9), ("mean", 0.5), ("min", 0.1)):
        service = service_over(two, metric_aggregation=word)
        (result,) = service.evaluate_alerts("my-proj.first", [AlertRule("acc", "gt", 0.0)])
        assert value == pytest.approx(result.actual_value)


def test_a_fleet_is_any_query(two):
    """Runs in the order of the query, rules in theirs; project, filters, order and limit count."""
    two.add_metric(two.add_run("other", project="other"), "loss", 9.0)
    service = service_over(two)
    rules = [AlertRule("loss", "gt", 1.0), AlertRule("loss", "lt", 1.0)]
    report = service.evaluate_alerts_fleet(rules, project_name="my-proj")
    assert ("my-proj.second", "my-proj.first") == report.run_ids
    assert [("second", True), ("second", False), ("first", False), ("first", True)] == [
        (each.run_id.partition(".")[2], each.triggered) for each in report.results
    ]
    oldest = RunListQuery(project_name="my-proj", sort_desc=False, limit=1)
    assert ("my-proj.first",) == service.evaluate_alerts_fleet(rules, query=oldest).run_ids
    assert ("other.other",) == service.evaluate_alerts_fleet(rules, project_name="other").run_ids


def test_an_empty_fleet_says_so(two):
    """Where no run matches there are no results, and a note."""
    report = service_over(two).evaluate_alerts_fleet([AlertRule("loss", "gt", 1.0)], project_name="none")
    assert ((), ()) == (report.run_ids, report.results)
    (note,) = report.completeness_notes
    assert ("alert_population_empty", "none") == (note.summary, note.details["project_name"])


def test_the_first_that_fires_may_end_it(two):
    """With stop_on_first_trigger nothing is evaluated after it, in one run and over runs, and that is said."""
    service = service_over(two, config=AlertPolicy(stop_on_first_trigger=True))
    rules = [AlertRule("loss", "gt", 5.0), AlertRule("loss", "gt", 1.0), AlertRule("loss", "gt", 0.0)]
    results = service.evaluate_alerts("my-proj.second", rules)
    assert [False, True] == [each.triggered for each in results]
    assert {"run_id": "my-proj.second", "rule_name": "loss:gt:1.0", "not_evaluated": 1} == dict(
        results[-1].completeness_notes[0].details
    )
    report = service.evaluate_alerts_fleet(rules)
    assert 2 == len(report.results)
    assert ["alert_evaluation_stopped"] == [note.summary for note in report.completeness_notes]
    assert 4 == report.completeness_notes[0].details["not_evaluated"]


def test_at_least_so_grave(two):
    """The results that fired are told apart by their severity."""
    rules = [AlertRule("loss", "gt", 0.0, severity=word) for word in ("info", "warning", "error")]
    report = service_over(two).evaluate_alerts_fleet(rules, query=RunListQuery(limit=1))
    assert [3, 2, 1] == [len(report.at_least(word)) for word in ("info", "warning", "error")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"operator": ">"}, "alert_invalid_operator"),
        ({"severity": "fatal"}, "alert_invalid_severity"),
        ({"threshold": math.nan}, "alert_invalid_threshold"),
        ({"threshold": "1"}, "alert_invalid_threshold"),
        ({"threshold": True}, "alert_invalid_threshold"),
        ({"metric_key": " "}, "alert_invalid_rule"),
        ({"stage_name": ""}, "alert_invalid_rule"),
    ],
)
def test_a_rule_is_checked_when_it_is_made(fields, code):
    """What a rule cannot mean is refused where it is written, not when it is evaluated."""
    with pytest.raises(ValidationError) as caught:
        AlertRule(**{"metric_key": "loss", "operator": "gt", "threshold": 1.0, **fields})
    assert code == caught.value.code


def test_what_is_no_rule_is_refused(two):
    """Rules are AlertRule objects in a sequence; a run that does not exist is an error of its own."""
    service = service_over(two)
    for wrong in ("rules.toml", [{"metric_key": "loss"}], AlertRule("loss", "gt", 1.0), None):
        with pytest.raises(AlertError) as caught:
            service.evaluate_alerts("my-proj.first", wrong) if not isinstance(wrong, AlertRule) else (
                service.evaluate_alerts("my-proj.first", {"rule": wrong})
            )
        assert "alert_invalid_rules" == caught.value.code
    with pytest.raises(RunNotFoundError):
        service.evaluate_alerts("nothing", [AlertRule("loss", "gt", 1.0)])


def test_the_facade_evaluates_rules(ctx):
    """Through the workspace the same: one run, and a fleet."""
    with ctx.run("train", run_id="r") as run:
        run.metric("loss", 2.0)
    rules = [AlertRule("loss", "gt", 1.0, severity="error")]
    (result,) = ctx.evaluate_alerts("r", rules)
    assert ("run:default.r", True) == (result.run_id, result.triggered)
    assert (result,) == ctx.evaluate_alerts_fleet(rules, query=RunListQuery(limit=1)).triggered


TABLE = """
[[{}]]
metric_key = "val_loss"
operator = "gt"
threshold = 0.5

[[{}]]
metric_key = "acc"
operator = "lt"
threshold = -0.5
stage_name = "eval"
severity = "error"
name = "accuracy fell"
"""


@pytest.mark.parametrize("word", ["rules", "interpretation.alert.rules"])
def test_rules_from_a_file(tmp_path, word):
    """A file of its own, or a configuration file: each table is a rule."""
    file = tmp_path / "alerts.toml"
    file.write_text(TABLE.format(word, word))
    expected = (
        AlertRule("val_loss", "gt", 0.5),
        AlertRule("acc", "lt", -0.5, "eval", "error", "accuracy fell"),
    )
    assert expected == load_alert_rules(file)
    assert expected == load_alert_rules(str(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[rules]]\nmetric_kye = 'a'",
            "rules[0].metric_kye: there is no such setting; did you mean 'metric_key'?",
        ),
        ("[[rules]]\nmetric_key = 'a'\noperator = 'gtt'\nthreshold = 1", "did you mean 'gt'?"),
        ("[[rules]]\nmetric_key = 'a'\noperator = 'gt'", "rules[0].threshold: missing"),
        ("[[rules]]\nmetric_key = 'a'\noperator = 'gt'\nthreshold = nan", "expected a finite number"),
        ("[[rule]]\nmetric_key = 'a'", "did you mean [[rules]] instead of [[rule]]?"),
        ("rules = 3", "expected a list of alert rules"),
        ("other = 1\nrules = []", "other: a file of rules has the tables [[rules]] and nothing else"),
        ("[[rules]", "is not well-formed"),
    ],
)
def test_a_wrong_file_is_told_with_place_and_suggestion(tmp_path, text, said):
    """The error names the entry, what was probably meant, and the file."""
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_alert_rules(file)
    assert said in str(caught.value)
    assert "alerts.toml" in str(caught.value)


def test_configured_rules_are_those_of_the_service(two):
    """Rules of the configuration are the service's, ready to be evaluated."""
    entries = (AlertRuleConfig("loss", "gt", 1.0, name="high"),)
    service = service_over(two, config=AlertPolicy(rules=entries))
    assert (AlertRule("loss", "gt", 1.0, name="high"),) == service.configured_rules
    assert service.evaluate_alerts("my-proj.second", service.configured_rules)[0].triggered


class Replacement:
    """Offers services of its own in the place of ours."""

    @hookimpl
    def contexta_interpreters(self):
        return [
            Provider("acme", lambda context, options: AcmeAlerts()),
        ]


class AcmeAlerts:
    """Says that everything fires."""

    def evaluate_alerts(self, run_id, rules):
        return ("fired", run_id, len(rules))


def test_the_services_are_replaced_and_switched_off(tmp_path):
    """One line of configuration puts another service in the place of ours, or none."""
    services = {"alert": "acme", "anomaly": "off"}
    config = {"interpretation": {"services": services}}
    with Contexta(workspace=str(tmp_path / "ws"), config=config, plugins=[Replacement()]) as ctx:
        assert ("fired", "r", 1) == ctx.evaluate_alerts("r", [AlertRule("loss", "gt", 1.0)])
        with pytest.raises(PluginNotUsableError) as caught:
            _ = ctx.anomaly_service
    assert "interpretation_service_off" == caught.value.code
