"""`contexta compare`: what differs between two runs."""

from __future__ import annotations

import dataclasses

import pytest

from contexta.interpretation import RunComparison


@pytest.fixture
def page(cli, small):
    """Compare the two trainings of the small workspace and return the page."""
    outcome = cli("compare", "first", "second", "--workspace", small)
    assert (0, "") == (outcome.code, outcome.err)
    return [line.split() for line in outcome.out.splitlines()]


def test_metrics_are_told_with_values_and_change(page):
    """Each metric that differs has both values, the difference right minus left, the ratio and which is better."""
    # accuracy 0.6 and 0.7; loss 0.25 + 0.1 and 0.25 + 0.2
    assert ["accuracy", "0.6", "0.7", "+0.1", "1.17x", "better"] in page
    assert ["loss", "train", "0.35", "0.45", "+0.1", "1.29x", "worse"] in page


def test_changed_parameters_are_told(page):
    """A parameter that differs is listed with both values; one that is the same is not."""
    assert ["rate", "0.1", "0.2"] in page
    assert [] == [line for line in page if "optimizer.name" in line]


def test_runs_are_named_with_their_projects(page):
    """With several projects in the workspace, both runs are named with theirs."""
    assert ["alpha.first", "->", "alpha.second"] == page[0]


def test_missing_sides_are_told(cli, small):
    """What only one of two different runs has is told as such."""
    text = cli("compare", "first", "alpha.shared", "--workspace", small).out
    lines = [line.split() for line in text.splitlines()]
    assert ["train", "completed", "missing"] in lines
    assert ["rate", "0.1", "-"] in lines
    assert "The right run has none of these: stages, artifacts." in text


def test_a_run_beside_itself_is_offered_once(cli, small):
    """Comparing a run with itself suggests to look at it once, not twice."""
    text = cli("compare", "first", "first", "--workspace", small).out
    assert 1 == text.count("contexta run show alpha.first")


def test_run_compare_is_the_same(cli, small):
    """`run compare` is another name of `compare`."""
    assert (
        cli("compare", "first", "second", "--workspace", small).out
        == cli("run", "compare", "first", "second", "--workspace", small).out
    )


def test_json_is_the_whole_comparison(cli, small):
    """JSON holds every field of the comparison."""
    outcome = cli("compare", "first", "second", "--workspace", small, "--format", "json")
    assert {field.name for field in dataclasses.fields(RunComparison)} == outcome.json.keys()
    assert "run:alpha.first" == outcome.json["left_run_id"]
    (rate,) = outcome.json["parameter_changes"]
    assert {"key": "rate", "left_value": 0.1, "right_value": 0.2, "change": "changed"} == rate
