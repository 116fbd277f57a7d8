"""`contexta trend`, `anomaly`, `alert`, `diagnostics`, `lineage` and `provenance`: the golden runs, asked from a shell."""

from __future__ import annotations

import csv
import io
import json

import pytest

STEADY = ("--tag", "family=steady")


@pytest.fixture(scope="module")
def place(golden, tmp_path_factory):
    """Write the golden workspace once."""
    root = tmp_path_factory.mktemp("golden") / ".contexta"
    golden.open_stock(root).close()
    return root


@pytest.fixture
def ask(cli, place):
    """Ask the golden workspace; nothing is said on stderr."""

    def run(*arguments, code=0):
        outcome = cli(*arguments, "--workspace", place)
        assert (code, "") == (outcome.code, outcome.err), outcome
        return outcome

    return run


def words(text):
    """Return the words of each line."""
    return [line.split() for line in text.splitlines()]


def test_a_trend_shows_the_runs_with_their_values(ask):
    """A line for each run, the oldest first, and what is missing below them."""
    lines = words(ask("trend", "val_loss", "--project", "golden", "--limit", "4").out)
    assert ["golden.prepared", "0.5"] not in [line[:2] for line in lines]
    assert [["golden.upgraded", "0.5"], ["golden.twin-1", "twin"]] == [line[:2] for line in lines[2:4]]
    assert ["missing", "metric", "for", "run:", "val_loss", "(loop)"] == lines[-1]


def test_a_trend_in_the_other_formats(ask):
    """JSON is the whole trend, CSV its points."""
    whole = ask("trend", "val_loss", *STEADY, "--format", "json").json
    assert ("val_loss", "golden", 20) == (whole["metric_key"], whole["project_name"], len(whole["points"]))
    rows = list(csv.DictReader(io.StringIO(ask("trend", "val_loss", *STEADY, "--format", "csv").out)))
    assert ["0.48", "0.49", "0.5", "0.51", "0.52"] == [row["value"] for row in rows[:5]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--stage", "evaluate", "--limit", "2"), [0.51, 0.52]),
        (("--stage", "train"), []),
        (("--where", "tags.model = 'cnn'", "--limit", "1"), [0.52]),
        (("--asc", "--limit", "2"), [0.48, 0.49]),
        (("--before", "2026-01-02T12:00:00+00:00"), [0.48, 0.49]),
        (("--sort", "metrics.val_loss", "--limit", "1"), [0.52]),
        (("--offset", "18"), [0.48, 0.49]),
    ],
)
def test_which_runs_a_trend_covers(ask, options, expected):
    """Every option on runs acts."""
    found = ask("trend", "val_loss", *STEADY, *options, "--format", "json").json
    assert expected == [point["value"] for point in found["points"]]


def test_a_project_that_does_not_exist(cli, place):
    """Trend and alert tell it from a project without such runs."""
    for command in (
        ["trend", "val_loss"],
        ["alert", "--metric", "a", "--operator", "gt", "--threshold", "1"],
    ):
        outcome = cli(*command, "--project", "goldn", "--workspace", place)
        assert (1, True) == (outcome.code, "did you mean 'golden'? [project_not_found]" in outcome.err)


def test_anomalies_are_shown_and_fail(ask):
    """The two values of ``off-values``; with --fail-on the exit code is 1, without it 0."""
    outcome = ask("anomaly", "off-values", *STEADY)
    lines = words(outcome.out)
    assert ["error", "accuracy", "0.1", "0.9", "-", "-", "20"] == lines[1]
    assert ["error", "val_loss", "0.9", "0.46373", "…", "0.53627", "+27.6", "+27.0", "20"] == lines[2]
    for severity in ("warning", "error"):
        ask("anomaly", "off-values", *STEADY, "--fail-on", severity, code=1)
        ask("anomaly", "steady-20", "--fail-on", severity)


def test_anomalies_of_some_metrics(ask):
    """JSON has the anomalies under their key, what was judged, and what could not be."""
    found = ask(
        "anomaly", "off-values", *STEADY, "--metric", "val_loss", "--metric", "f1", "--format", "json"
    ).json
    assert ["val_loss"] == [each["metric_key"] for each in found["anomalies"]]
    assert (["val_loss"], ["anomaly_metric_missing:f1"]) == (
        found["judged_metrics"],
        [note["summary"] for note in found["completeness_notes"]],
    )


RULE = ("--metric", "val_loss", "--operator", "gt", "--threshold", "0.52")


def test_a_rule_that_is_typed(ask):
    """What fires is shown with its value and condition; --fail-on counts from its severity on."""
    lines = words(ask("alert", "off-values", *RULE).out)
    expected = ["triggered", "warning", "golden.off-values", "val_loss:gt:0.52", "0.9", ">", "0.52"]
    assert (expected, ["1", "fired"]) == (lines[1], lines[2])
    ask("alert", "off-values", *RULE, "--fail-on", "warning", code=1)
    ask("alert", "off-values", *RULE, "--fail-on", "error")
    ask("alert", "off-values", *RULE, "--severity", "error", "--fail-on", "error", code=1)
    ask("alert", "no-metrics", *RULE, "--fail-on", "info")


def test_rules_of_a_file_on_many_runs(ask, tmp_path):
    """Without a run all that the options select: what fired, passed, and could not be evaluated."""
    file = tmp_path / "alerts.toml"
    file.write_text('[[rules]]\nmetric_key = "val_loss"\noperator = "gt"\nthreshold = 0.52\n')
    outcome = ask("alert", "--rules", file, "--tag", "family=defective", "--fail-on", "warning", code=1)
    assert "1 fired, 18 passed, 7 could not be evaluated" in outcome.out
    whole = ask("alert", "--rules", file, "--tag", "family=defective", "--format", "json").json
    assert 26 == len(whole["results"])


def test_rules_of_the_configuration(ask, cli, place, tmp_path):
    """Where none are typed the configured ones are evaluated; where there are none that is an error."""
    rules = json.dumps([{"metric_key": "val_loss", "operator": "gt", "threshold": 0.52}])
    assert "1 fired" in ask("alert", "off-values", "--set", f"interpretation.alert.rules={rules}").out
    outcome = cli("alert", "off-values", "--workspace", place)
    assert (1, True) == (outcome.code, outcome.err.endswith("[alert_rules_missing]\n"))


@pytest.mark.parametrize(
    "typed",
    [
        ("--metric", "a"),
        ("--severity", "error"),
        (*RULE, "--rules", "x.toml"),
        ("--metric", "a", "--operator", "gt", "--threshold", "nan"),
        ("--where", "status ==="),
    ],
)
def test_what_cannot_be_meant(cli, place, typed):
    """Half a rule, a rule beside a file, and a threshold that is no number have the exit code 2."""
    outcome = cli("alert", "off-values", *typed, "--workspace", place)
    assert outcome.code in {1, 2}
    assert outcome.err.startswith("contexta: error: ")


def test_a_diagnosis_is_shown_and_fails(ask):
    """The findings with what to do; --fail-on counts from its severity on; `run diagnose` is the same."""
    text = ask("diagnostics", "failed").out
    assert ["error", "run_failed"] == words(text)[1][:2]
    assert "run_failed: read the traceback in the attributes of the failure's event" in text
    assert text == ask("run", "diagnose", "failed").out
    ask("diagnostics", "failed", "--fail-on", "error", code=1)
    ask("diagnostics", "plateau", "--fail-on", "info", code=1)
    ask("diagnostics", "plateau", "--fail-on", "warning")
    assert "Nothing was found." in ask("diagnostics", "steady-01", "--fail-on", "info").out
    found = ask("diagnostics", "failed", "--format", "json").json
    assert {"run_id", "issues", "completeness_notes", "evidence_links"} == found.keys()


def test_a_lineage_is_shown(ask):
    """Edges by direction, the nearest first; depth and direction act."""
    text = ask("lineage", "deployment:golden.service", "--direction", "upstream").out
    assert ["5", "run:golden.prepare", "used", "dataset:raw", "recorded"] in words(text)
    assert "8 edges, 7 things reached" in text
    near = ask("lineage", "deployment:golden.service", "--depth", "1", "--format", "json").json
    assert ({1}, 2) == ({edge["depth"] for edge in near["edges"]}, len(near["edges"]))
    down = ask("lineage", "dataset:raw", "--direction", "downstream", "--format", "csv").out
    assert "deployment:golden.service" in down


def test_an_audit_is_shown_and_fails(ask):
    """Points, what was found, how to gain the rest; --fail-under counts."""
    text = ask("provenance", "audit", "steady-01").out
    assert "run:golden.steady-01: 15 of 100 points, partial" in text
    assert "  +20 code_revision: run from a git repository" in text
    assert "100 of 100 points, complete" in ask("provenance", "audit", "prepared", "--fail-under", "100").out
    ask("provenance", "audit", "steady-01", "--fail-under", "16", code=1)
    ask("provenance", "audit", "steady-01", "--fail-under", "15")


def test_a_difference_of_environments_is_shown(ask):
    """Ranked, with both sides; a run without an environment is noted."""
    lines = words(ask("provenance", "diff", "prepared", "upgraded").out)
    assert ["high", "code", "revision", "changed", "aaaa", "bbbb"] == lines[2]
    assert ["low", "package", "tqdm", "patch", "4.66.1", "4.66.2"] == lines[8]
    text = ask("provenance", "diff", "prepared", "steady-01").out
    assert "right environment snapshot missing (steady-01)" in text
