"""Wrong expressions of the filter language: the error, its place, and what it suggests."""

from __future__ import annotations

import time

import pytest

from contexta.errors import FilterExpressionError, ValidationError
from contexta.interpretation import QueryService, RunListQuery


@pytest.fixture
def ask(memory):
    """Return a function that lists the runs of a small repository by an expression."""
    memory.add_run("one", tags={"note": "a" * 5_000})

    def list_runs(expression):
        return QueryService(memory).list_runs(query=RunListQuery(where=expression))

    return list_runs


@pytest.mark.parametrize(
    ("expression", "code", "wrong", "suggestion"),
    [
        ("metrc.loss < 3", "query_where_unknown_field", "metrc.loss", "'metrics.loss'"),
        ("metrics < 3", "query_where_unknown_field", "metrics", "metrics.loss"),
        ('name.first = "x"', "query_where_unknown_field", "name.first", "name"),
        ("median(metrics.loss) < 1", "query_where_unknown_field", "median(metrics.loss", "mean"),
        ("min(loss) < 1", "query_where_unknown_field", "min(loss", "min(metrics.loss)"),
        ("stages.train.stat = 1", "query_where_unknown_field", "stages.train.stat", "stages.train.status"),
        ('status = "faild"', "query_where_wrong_value", '"faild"', '"failed"'),
        ('metrics.loss < "3"', "query_where_wrong_value", '"3"', "3"),
        ("tags.seed = 3", "query_where_wrong_value", "3", '"3"'),
        ('tags.seed < "3"', "query_where_wrong_value", '"3"', None),
        ('params.lr < "3"', "query_where_wrong_value", '"3"', None),
        ("params.lr < true", "query_where_wrong_value", "true", None),
        ("params.lr < false", "query_where_wrong_value", "false", None),
        ('archived = "true"', "query_where_wrong_value", '"true"', "true"),
        ('stages = "train"', "query_where_wrong_value", '"train"', '"train" in stages'),
        ('"x" in name', "query_where_wrong_value", '"x"', 'name = "x"'),
        ('metrics.loss contains "x"', "query_where_wrong_value", '"x"', None),
        ('started > "yesterday"', "query_where_wrong_value", '"yesterday"', None),
        ('started > "2026-02-30"', "query_where_wrong_value", '"2026-02-30"', None),
        ("metrics.loss between 3 and 1", "query_where_wrong_value", "3 and 1", None),
        ("metrics.loss < 1e999", "query_where_wrong_value", "1e999", None),
        ("status = failed", "query_where_syntax", "failed", '"failed"'),
        ('name = "x" && name = "y"', "query_where_syntax", "&&", "and"),
        ('name = "x" an name = "y"', "query_where_syntax", "an", "and"),
        ('name like "x"', "query_where_syntax", "like", "contains"),
        ('name startswith "x"', "query_where_syntax", "startswith", 'matches "^..."'),
        ('name = "x" name = "y"', "query_where_syntax", "name", None),
        ("0 < metrics.loss", "query_where_syntax", "0 < metrics.loss", "metrics.loss > 0"),
        ("'x' = name", "query_where_syntax", "'x' = name", "name = 'x'"),
        (
            "has name and .1 < min(metrics.loss) <= 5",
            "query_where_syntax",
            ".1 < min(metrics.loss) <= 5",
            "min(metrics.loss) > .1 and min(metrics.loss) <= 5",
        ),
        ("metrics.loss < 1 < 2", "query_where_syntax", "<", None),
        ("metrics.loss =< 3", "query_where_syntax", "=<", "<="),
        ('name = "x', "query_where_syntax", '"x', None),
        ('(name = "x"', "query_where_syntax", "", None),
        ("metrics.loss <", "query_where_syntax", "", None),
        ('name matches "(x"', "query_where_bad_pattern", '"(x"', None),
        ('name matches "(x)\\1"', "query_where_bad_pattern", '"(x)\\1"', None),
        ('name matches "(a{1000}){1000}"', "query_where_bad_pattern", '"(a{1000}){1000}"', None),
        ("x" * 10_001, "query_where_too_long", "x", None),
        (
            "not (has name or not (has id and " * 30 + "has name" + "))" * 30,
            "query_where_too_long",
            "n",
            None,
        ),
    ],
)
def test_a_wrong_expression_shows_its_place(ask, expression, code, wrong, suggestion):
    """The error has a stable code, the place of what is wrong, and what may be meant."""
    with pytest.raises(FilterExpressionError) as caught:
        ask(expression)
    details = caught.value.details
    assert code == caught.value.code
    assert wrong == expression[details["position"] : details["position"] + details["length"]]
    assert suggestion == details.get("suggestion")


def test_the_caret_stands_below_the_place(ask):
    """The text of the error repeats the expression, with carets below what is wrong."""
    with pytest.raises(FilterExpressionError) as caught:
        ask('name = "x" and metrc.loss < 3')
    assert [
        '  name = "x" and metrc.loss < 3',
        "                 ^^^^^^^^^^",
    ] == caught.value.message.splitlines()[-2:]


def test_a_long_expression_is_shown_around_the_place(ask):
    """Of a long expression the error shows the wrong place with its surroundings, on one line."""
    with pytest.raises(FilterExpressionError) as caught:
        ask('name = "x" or\n' * 100 + "oops = 1" + ' or name = "x"' * 100)
    shown, carets = caught.value.message.splitlines()[-2:]
    assert "oops" == shown[carets.index("^") : carets.rindex("^") + 1]
    assert len(shown) < 150


def test_a_blank_expression_is_refused():
    """An expression that is blank, or no text, is refused when the query is made."""
    for wrong in ("", "  ", 3):
        with pytest.raises(ValidationError, match="where must be text"):
            RunListQuery(where=wrong)


@pytest.mark.parametrize("pattern", ["(a+)+$x", "(a|aa)+$x", "a*a*a*a*a*a*a*a*b"])
def test_no_pattern_hangs(ask, pattern):
    """Patterns that take a backtracking engine for ever are answered at once over 5,000 characters."""
    begin = time.process_time()
    assert () == ask(f'tags.note matches "{pattern}"')
    # A backtracking engine would not come back within the age of the universe.
    assert time.process_time() - begin < 5


def test_a_repository_never_sees_an_expression(memory):
    """Asked past the query service, the quick path refuses an expression instead of leaving it out."""
    from contexta.spi.plain_queries import bulk_queries

    with pytest.raises(ValidationError, match=r"ask QueryService\.list_runs"):
        bulk_queries(memory).find_runs(RunListQuery(where='name = "x"'))


def test_the_stores_refuse_an_expression_too(ctx):
    """The quick path of the workspace's own repository refuses an expression as well."""
    with pytest.raises(ValidationError, match=r"ask QueryService\.list_runs"):
        ctx.repository.find_runs(RunListQuery(where='name = "x"'))
