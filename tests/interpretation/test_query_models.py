"""The questions: what may be asked, and how a wrong question is answered."""

from __future__ import annotations

import dataclasses

import pytest

from contexta.errors import ValidationError
from contexta.interpretation import MetricCondition, RunListQuery, RunRecord, RunSnapshot, TimeRange


def test_a_range_compares_instants():
    """A range that sorts wrongly as text and rightly as instants is a range."""
    given = TimeRange("2026-01-01T00:00:00.500Z", "2026-01-01T02:00:00+01:00")
    assert given.started_before == "2026-01-01T02:00:00+01:00"


@pytest.mark.parametrize(
    "ends",
    [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        # As text this range is in order.
        ("2026-01-01T00:00:00Z", "2026-01-01T00:30:00+01:00"),
        ("yesterday", None),
        (" ", None),
    ],
)
def test_a_wrong_range_is_refused(ends):
    """A range that ends before it starts, or whose ends are no times, has a stable code."""
    with pytest.raises(ValidationError) as caught:
        TimeRange(*ends)
    assert caught.value.code == "query_invalid_time_range"


def test_a_range_includes_both_ends():
    """The ends belong to the range, whatever zone and precision they are written in; nothing lies before None."""
    given = TimeRange("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")
    assert given.contains("2026-01-01T00:00:00.000000Z")
    assert given.contains("2026-01-01T02:00:00+01:00")
    assert not given.contains("2026-01-01T01:00:00.000001Z")
    assert not given.contains(None)


def test_an_operator_is_normalised():
    """Case and blanks around an operator do not count."""
    assert MetricCondition("loss", " LT ", 1).operator == "lt"


@pytest.mark.parametrize(
    ("word", "holding"),
    [
        ("gt", [False, False, True]),
        ("gte", [False, True, True]),
        ("lt", [True, False, False]),
        ("lte", [True, True, False]),
        ("eq", [False, True, False]),
        ("ne", [True, False, True]),
    ],
)
def test_every_operator_means_what_it_says(word, holding):
    """Each operator is right for a smaller, an equal and a greater value."""
    condition = MetricCondition("loss", word, 2)
    assert [condition.holds(value) for value in (1, 2, 3)] == holding


def test_no_condition_holds_without_a_value():
    """A missing metric meets no condition, `ne` included."""
    assert not any(
        MetricCondition("loss", word, 1).holds(None) for word in ("gt", "gte", "lt", "lte", "eq", "ne")
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("", "lt", 1),
        ("loss", "<", 1),
        ("loss", None, 1),
        ("loss", "lt", "1"),
        ("loss", "lt", True),
        ("loss", "lt", 1, " "),
    ],
)
def test_a_wrong_condition_is_refused(arguments):
    """Blank keys and stages, unknown operators and thresholds that are no numbers have a stable code."""
    with pytest.raises(ValidationError) as caught:
        MetricCondition(*arguments)
    assert caught.value.code == "query_invalid_metric_condition"


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": True},
        {"offset": -1},
        {"sort_by": "status"},
        {"sort_by": "metrics."},
        {"sort_by": None},
        {"sort_desc": "yes"},
        {"tags": {"a": 1}},
        {"tags": ["a"]},
        {"status": " "},
        {"project_name": ""},
        {"time_range": ("2026-01-01", None)},
        {"metric_conditions": [("loss", "lt", 1)]},
    ],
)
def test_a_wrong_query_is_refused(arguments):
    """Every argument of a query that breaks its rule has the query's code."""
    with pytest.raises(ValidationError) as caught:
        RunListQuery(**arguments)
    assert caught.value.code == "query_invalid_run_list_query"


def test_the_newest_runs_come_first_by_default():
    """A query without an order asks for the newest first, all of them."""
    query = RunListQuery()
    assert (query.sort_by, query.sort_desc, query.limit, query.offset) == ("started_at", True, None, 0)


def test_a_query_names_the_metrics_that_it_looks_at():
    """Metrics of conditions and of the order are listed once each."""
    conditions = (MetricCondition("loss", "lt", 1), MetricCondition("loss", "gt", 0))
    assert RunListQuery(metric_conditions=conditions, sort_by="metrics.acc").metric_keys == ("loss", "acc")


def test_models_are_standard_dataclasses():
    """`dataclasses.replace` and `asdict` work on the models."""
    run = RunRecord("p.r", "p", "r", "completed", tags={"b": "2", "a": "1"})
    renamed = dataclasses.replace(run, name="other")
    assert (renamed.name, list(renamed.tags)) == ("other", ["a", "b"])
    assert dataclasses.asdict(RunSnapshot(run, stages=[]))["run"]["tags"] == {"a": "1", "b": "2"}


def test_models_cannot_be_changed():
    """Fields and mappings of a model are read-only."""
    run = RunRecord("p.r", "p", "r", "completed", tags={"a": "1"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.name = "other"
    with pytest.raises(TypeError):
        run.tags["b"] = "2"
