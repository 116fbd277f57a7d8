"""`runs --where`, `compare-multi`, `aggregate` and `search`: what is typed, and what is answered."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("metrics.accuracy > 0.65", ["second"]),
        ("min(metrics.loss, 'train') < 0.4 and tags.model = 'mlp'", ["first"]),
        ("'note' in artifacts or status = 'failed'", ["broken", "second", "first"]),
        ("params.rate between 0.15 and 0.3", ["second"]),
        ("name matches '^s' and project != 'beta'", ["shared", "second"]),
        ("has stages and not name contains 'fir'", ["second"]),
    ],
)
def test_runs_are_chosen_by_an_expression(cli, small, expression, names):
    """`runs --where` lists the runs for which the expression holds."""
    outcome = cli("runs", "--where", expression, "--workspace", small, "--format", "json")
    assert (0, names) == (outcome.code, [run["name"] for run in outcome.json["runs"]])


def test_nothing_that_matches_is_no_empty_workspace(cli, small):
    """An expression that holds for no run is told as such."""
    assert "No runs match.\n" == cli("runs", "--where", "metrics.loss > 9", "--workspace", small).out


def test_a_wrong_expression_is_shown_with_its_place(cli, small):
    """What is wrong is a typing error, exit code 2, with a caret below it and a suggestion."""
    outcome = cli("runs", "--where", "metrics.loss =< 0.4", "--workspace", small)
    assert 2 == outcome.code
    assert "did you mean <=?\n  metrics.loss =< 0.4\n               ^^ [query_where_syntax]" in outcome.err


def test_a_wrong_expression_is_told_to_programs(cli, small):
    """As JSON the error has the place and the suggestion as fields."""
    outcome = cli("runs", "--where", "status = 'done'", "--workspace", small, "--format", "json")
    assert (2, "query_where_wrong_value") == (outcome.code, outcome.error["code"])
    assert (9, 6) == (outcome.error["details"]["position"], outcome.error["details"]["length"])


def test_several_runs_stand_side_by_side(cli, small):
    """`compare-multi` shows each metric with the value of each run and the best, and `run compare-many` is the same."""
    outcome = cli("compare-multi", "first", "second", "alpha.shared", "--workspace", small)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["accuracy", "0.6", "0.7", "-", "alpha.second"] in lines
    assert ["loss", "train", "0.35", "0.45", "-", "alpha.first"] in lines
    assert ["note", "1", "1", "0"] in lines
    assert (
        outcome.out == cli("run", "compare-many", "first", "second", "alpha.shared", "--workspace", small).out
    )


def test_several_runs_as_rows(cli, small):
    """CSV holds one row for each metric."""
    out = cli("compare-multi", "first", "second", "--workspace", small, "--format", "csv").out
    assert ["metric_key,stage_name,values,best_run_id,higher_is_better", "accuracy", "loss"] == [
        line if number == 0 else line.partition(",")[0] for number, line in enumerate(out.splitlines())
    ]


def test_one_run_is_no_comparison(cli, small):
    """One run alone, or one twice, has exit code 1 and says why."""
    outcome = cli("compare-multi", "first", "alpha.first", "--workspace", small)
    assert 1 == outcome.code
    assert "[compare_requires_multiple_runs]" in outcome.err


def test_a_metric_is_summed_up(cli, small):
    """`aggregate` shows the statistics of 0.6 and 0.7, and how many runs have no value."""
    outcome = cli("aggregate", "accuracy", "--project", "alpha", "--workspace", small)
    fields = dict(line.split() for line in outcome.out.splitlines() if len(line.split()) == 2)
    # sqrt((0.05**2 + 0.05**2) / 1) = 0.0707106...
    assert ("2", "0.65", "0.070711", "0.6", "0.65", "0.7") == tuple(
        fields[name] for name in ("Runs", "Mean", "Std", "Min", "Median", "Max")
    )
    assert "2 of the runs have no such value.\n" in outcome.out


def test_options_choose_what_is_summed_up(cli, small):
    """Filters, stage and expression choose the runs and values."""
    arguments = ("--stage", "train", "--where", "name = 'first'", "--workspace", small, "--format", "json")
    assert {"count": 1, "mean": 0.35, "std": None, "p50": 0.35} == {
        name: cli("aggregate", "loss", *arguments).json[name] for name in ("count", "mean", "std", "p50")
    }


def test_a_metric_that_no_run_has_has_no_mean(cli, small):
    """Without values nothing is claimed, least of all a mean of 0."""
    assert "No run has the metric nope.\n" == cli("aggregate", "nope", "--workspace", small).out


def test_an_unknown_project_is_told(cli, small):
    """A project that does not exist is an error, and not an aggregate of nothing."""
    outcome = cli("aggregate", "loss", "--project", "alfa", "--workspace", small)
    assert 1 == outcome.code
    assert "did you mean 'alpha'?" in outcome.err


def test_groups_are_told(cli, small):
    """`--group-by` shows count, mean and deviation for each group; runs without the tag come last."""
    outcome = cli("aggregate", "accuracy", "--group-by", "tags.model", "--workspace", small)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["TAGS.MODEL", "RUNS", "COUNT", "MEAN", "STD", "MIN", "MAX"] == lines[0]
    assert ["mlp", "2", "2", "0.65", "0.070711", "0.6", "0.7"] in lines
    assert ["forest", "1", "0", "-", "-", "-", "-"] in lines


def test_an_unknown_group_is_told(cli, small):
    """A name that no run has to group by has exit code 1 and a suggestion."""
    outcome = cli("aggregate", "accuracy", "--group-by", "rat", "--workspace", small)
    assert 1 == outcome.code
    assert "did you mean 'rate'?" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("MLP", ["second", "first"]),
        ("model=mlp --limit 1", ["second"]),
        ("alpha.sec", ["second"]),
        ("fail", ["broken"]),
        ("shared --project beta", ["shared"]),
        ("o --status failed", ["broken"]),
        ("adam", []),
    ],
)
def test_runs_are_searched(cli, small, arguments, names):
    """`search runs` finds texts in names, identifiers, tags and statuses, in either case."""
    outcome = cli("search", "runs", *arguments.split(), "--workspace", small, "--format", "json")
    assert (0, names) == (outcome.code, [run["name"] for run in outcome.json["runs"]])


@pytest.mark.parametrize(
    ("arguments", "refs"),
    [
        ("NOTE", ["artifact:alpha.first.note", "artifact:alpha.second.note"]),
        ("second --kind note", ["artifact:alpha.second.note"]),
        ("note --kind model", []),
        ("note --limit 1", ["artifact:alpha.first.note"]),
    ],
)
def test_artifacts_are_searched(cli, small, arguments, refs):
    """`search artifacts` finds texts in references and kinds."""
    outcome = cli("search", "artifacts", *arguments.split(), "--workspace", small, "--format", "json")
    assert (0, refs) == (outcome.code, [each["artifact_ref"] for each in outcome.json["artifacts"]])


def test_found_artifacts_are_shown(cli, small):
    """For people, each artifact has its kind, run and size."""
    text = cli("search", "artifacts", "second", "--workspace", small).out
    assert ["artifact:alpha.second.note", "note", "alpha.second", "2.0", "kB"] == text.splitlines()[
        1
    ].split()[:5]
    assert "No artifacts match.\n" == cli("search", "artifacts", "zzz", "--workspace", small).out


def test_a_blank_text_is_refused(cli, small):
    """A search for nothing is an error, not everything."""
    outcome = cli("search", "runs", " ", "--workspace", small)
    assert (1, True) == (outcome.code, "[query_invalid_search]" in outcome.err)
