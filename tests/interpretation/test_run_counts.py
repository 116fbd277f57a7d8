"""Runs that are counted where they are kept: the numbers are those of listing them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from contexta import Contexta
from contexta.errors import ContextaError
from contexta.interpretation import MetricCondition, RunListQuery, TimeRange

QUIET = {
    "capture": {
        "capture_environment_snapshot": False,
        "capture_code_revision": False,
        "capture_config_snapshot": False,
    },
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Two projects with completed, failed, tagged and archived runs; one is open."""
    workspace = tmp_path_factory.mktemp("counts") / "ws"
    for project in ("one", "two"):
        with Contexta(workspace=workspace, config=QUIET | {"project_name": project}) as ctx:
            for number in range(4):
                # The last one fails of a division by zero.
                with (
                    suppress(ZeroDivisionError),
                    ctx.run(f"r{number}", tags={"parity": str(number % 2)}) as run,
                ):
                    run.metric("loss", number / 4)
                    run.metric("rest", 1 / (3 - number))
    with Contexta(workspace=workspace, config=QUIET | {"project_name": "one"}) as ctx:
        ctx.archive_run("one.r0")
        with ctx.run("open"):
            yield ctx


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RunListQuery(), {"completed": 5, "failed": 2, "open": 1}),
        (RunListQuery(project_name="two"), {"completed": 3, "failed": 1}),
        (RunListQuery(project_name="none"), {}),
        (RunListQuery(tags={"parity": "1"}), {"completed": 2, "failed": 2}),
        (RunListQuery(status="failed"), {"failed": 2}),
        (RunListQuery(archived=True), {"completed": 1}),
        (RunListQuery(time_range=TimeRange(started_after="2999-01-01T00:00:00Z")), {}),
        (RunListQuery(limit=3), None),
        (RunListQuery(metric_conditions=(MetricCondition("loss", "gte", 0.5),)), None),
        (RunListQuery(where="name = 'r1'"), {"completed": 2}),
    ],
)
def test_the_distribution_is_that_of_the_listed_runs(filled, query, expected) -> None:
    """Every kind of query counts what listing its runs finds; the small ones are worked out by hand."""
    found = {each.status: each.count for each in filled.run_status_distribution(query=query).by_status}
    assert found == Counter(run.status for run in filled.list_runs(query=query))
    assert expected is None or found == expected


def test_the_project_is_named_where_there_is_only_one(filled) -> None:
    """A distribution over runs of one project names it, whether or not it was asked for."""
    assert filled.run_status_distribution().project_name is None
    assert (
        filled.run_status_distribution(query=RunListQuery(tags={"parity": "0"}, archived=True)).project_name
        == "one"
    )


def test_nothing_is_listed_for_a_count(filled, monkeypatch) -> None:
    """The stock stores count runs without a record of each, and an expression is still evaluated run by run."""
    monkeypatch.setattr(filled.repository, "find_runs", None)
    assert filled.run_status_distribution().total == 8
    with pytest.raises((TypeError, ContextaError)):
        filled.run_status_distribution(query=RunListQuery(limit=1))
