"""Answers of SELECTs over a workspace whose rows are known, and the forms in which they are read."""

from __future__ import annotations

import datetime as dt
import sys
import threading

import pytest

from contexta import Contexta
from contexta.errors import DependencyError, LifecycleError, MissingPluginError, PluginNotUsableError
from contexta.interpretation.repositories import CompositeStoreRepository
from contexta.spi.sql import SqlInterpreter, SqlResult
from contexta.spi.workspace_tables import workspace_tables

QUESTIONS = {
    "projects": ("select name from projects", [("demo",)]),
    "runs": (
        "select run_id, project_name, name, status, seconds >= 0, metadata->>'$.note.by' from runs order by name",
        [
            ("run:demo.large", "demo", "large", "completed", True, "me"),
            ("run:demo.small", "demo", "small", "completed", True, "me"),
        ],
    ),
    "tags": ("select key, value from tags order by value", [("size", "large"), ("size", "small")]),
    "params": (
        "select key, value, number from params where run_id = 'run:demo.small' order by key",
        [("layers", "[1, 2]", None), ("lr", "0.5", 0.5), ("optimizer", "sgd", None)],
    ),
    "stages": ("select name, position, status from stages", [("train", 0, "completed")] * 2),
    "metrics": (
        "select value, step, unit, stage_id from metrics where run_id = 'run:demo.small' and key = 'loss' order by step",
        [(value, step, "nats", "stage:demo.small.train") for step, value in enumerate([3.0, 2.0, 1.0])],
    ),
    "metrics of the run itself": (
        "select run_id, value, stage_id from metrics where key = 'score' order by value",
        [("run:demo.small", 10.0, None), ("run:demo.large", 40.0, None)],
    ),
    "metric_summaries": (
        (
            "select count, total, mean, first, latest, least, greatest, latest_step, unit from metric_summaries "
            "where key = 'loss' order by count"
        ),
        [(2, 12.0, 6.0, 8.0, 4.0, 4.0, 8.0, 1, "nats"), (3, 6.0, 2.0, 3.0, 1.0, 1.0, 3.0, 2, "nats")],
    ),
    "events": (
        "select key, level, message, attributes->'a' from events where key = 'note.made'",
        [("note.made", "warning", "hello", "1")] * 2,
    ),
    "artifacts": (
        "select kind, size_bytes, hash_value[:7] from artifacts",
        [("model", 5, "sha256:")] * 2,
    ),
    "environments": ("select run_id, python_version is null from environments order by 1", None),
    "spans": ("select count(*) from spans where seconds < 0", [(0,)]),
    "degraded": ("select count(*) from degraded", [(0,)]),
    "relations": ("select count(*) from relations where source_ref is null", [(0,)]),
    "deployments": ("select count(*) from deployments", [(0,)]),
    "batches": ("select count(*) from batches", [(0,)]),
    "samples": ("select count(*) from samples", [(0,)]),
    "no table": ("select 40 + 2", [(42,)]),
    "joined": (
        (
            "select r.name, min(m.value) from runs r join metrics m using (run_id) where m.key = 'loss' group by all "
            "order by 2"
        ),
        [("small", 1.0), ("large", 4.0)],
    ),
    "a CTE with the name of a table": ("with runs as (select 7 as x) select x from runs", [(7,)]),
    "a comment behind the end": ("select 1; -- select 2", [(1,)]),
    "several columns of one name": ("select 1 as a, 2 as a", [(1, 2)]),
    "upper case": ("SELECT COUNT(*) FROM RUNS", [(2,)]),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_tables_hold_what_was_captured(asked, name):
    """Each table has the rows that the fixture's program captured, worked out by hand."""
    query, expected = QUESTIONS[name]
    rows = asked.sql(query).rows
    assert rows == tuple(expected) if expected is not None else len(rows) == 2


def test_every_table_is_listed_and_described(asked):
    """The engine's own commands show the tables, and columns of the documented types."""
    listed = {name for (name,) in asked.sql("show tables")}
    tables = workspace_tables(asked.repository)
    assert listed == {table.name for table in tables}
    for table in tables:
        described = {row[0]: row[1] for row in asked.sql(f"describe {table.name}")}
        assert described == dict(table.columns)


def test_parameters_are_values_and_never_text(asked):
    """Placeholders by position and by name take any value, hostile text included."""
    hostile = "'; drop table runs; --"
    assert asked.sql("select ?, count(*) from runs where name = ?", [hostile, "small"]).rows == (
        (hostile, 1),
    )
    assert asked.sql("select $x", {"x": hostile}).rows == ((hostile,),)


def test_only_named_tables_are_read(asked, monkeypatch):
    """A query about runs asks the repository for nothing but runs."""
    asked_for = []

    def listening(self, *arguments, **named):
        asked_for.append("records")
        return ()

    monkeypatch.setattr(CompositeStoreRepository, "list_records", listening)
    monkeypatch.setattr(CompositeStoreRepository, "metric_summaries", listening)
    assert asked.sql("select count(*) from runs").rows == ((2,),)
    assert asked_for == []
    assert asked.sql("select count(*) from events").rows == ((0,),)
    assert asked_for


def test_times_are_utc_without_a_zone(asked):
    """A captured time is the instant in UTC; a time with a zone that a query makes is given as UTC as well."""
    (started,) = asked.sql("select started_at from runs where name = 'small'").rows[0]
    text = asked.repository.get_run("small").started_at
    assert started == dt.datetime.fromisoformat(text).replace(tzinfo=None)
    (moment,) = asked.sql("select timestamptz '2026-01-01 02:00:00+02'").rows[0]
    assert moment == dt.datetime(2026, 1, 1)  # noqa: DTZ001 - the answer has no zone


def test_an_answer_is_read_again_and_again(asked):
    """Rows, loops within loops, fetching and mappings all see the whole answer, in the order that was asked for."""
    result = asked.sql("select step, value from metrics where key = 'loss' order by value desc")
    assert isinstance(result, SqlResult)
    assert isinstance(asked.sql_service, SqlInterpreter)
    assert (result.columns, result.types, len(result)) == (("step", "value"), ("BIGINT", "DOUBLE"), 5)
    values = [8.0, 4.0, 3.0, 2.0, 1.0]
    assert [value for _, value in result] == values
    assert sum(1 for _ in result for _ in result) == 25
    assert result.fetchone() == (0, 8.0)
    assert result.fetchmany(2) == [(1, 4.0), (0, 3.0)]
    assert [value for _, value in result.fetchall()] == values[3:]
    assert result.fetchone() is None
    assert [each["value"] for each in result.to_dicts()] == values


def test_many_rows_keep_their_order(asked):
    """An answer longer than any chunk comes in order, and its loop does not need it in memory."""
    result = asked.sql("select i from range(100000) t(i) order by i desc")
    assert len(result) == 100_000
    expected = iter(range(99_999, -1, -1))
    assert all(value == next(expected) for (value,) in result)


def test_frames_of_three_libraries(asked):
    """pandas, polars and pyarrow get columns of their own types, with the values of the rows."""
    pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    result = asked.sql("select key, value, step, observed_at from metrics where key = 'loss' order by value")
    values = [1.0, 2.0, 3.0, 4.0, 8.0]
    pandas_frame = result.to_pandas()
    assert list(pandas_frame["value"]) == values
    assert str(pandas_frame["observed_at"].dtype) == "datetime64[us]"
    frame = result.to_polars()
    assert frame["value"].to_list() == values
    assert frame.schema["observed_at"] == polars.Datetime("us")
    assert result.to_arrow()["value"].to_pylist() == values
    assert pyarrow.table(result).num_rows == 5
    assert polars.DataFrame(result).equals(frame)


def test_polars_needs_no_pyarrow(asked, monkeypatch):
    """The frame comes through the Arrow interface of DuckDB itself."""
    pytest.importorskip("polars")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert asked.sql("select count(*) as n from runs").to_polars()["n"].to_list() == [2]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_missing_library_is_named(asked, monkeypatch, library):
    """The error says what to install; the rows are there without it."""
    monkeypatch.setitem(sys.modules, library, None)
    result = asked.sql("select 1")
    convert = {"pandas": result.to_pandas, "polars": result.to_polars, "pyarrow": result.to_arrow}[library]
    with pytest.raises(DependencyError, match=f"pip install '{library}>=") as caught:
        convert()
    assert caught.value.code == "dependency_missing"
    assert result.rows == ((1,),)


def test_a_closed_answer_says_so(asked):
    """After closing, in the with statement for instance, nothing can be read; closing again is harmless."""
    with asked.sql("select 1") as result:
        assert result.rows == ((1,),)
    result.close()
    with pytest.raises(LifecycleError) as caught:
        list(result)
    assert caught.value.code == "sql_result_closed"


def test_threads_ask_at_once(asked):
    """Questions of several threads do not disturb each other."""
    answers = []

    def ask(number):
        answers.append(asked.sql("select ? + count(*) from metrics", [number]).rows[0][0] - number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [7] * 6


def test_what_was_written_a_moment_ago_is_there(tmp_path):
    """Each question reads the workspace as it is, also the points of a run that is open."""
    with Contexta(workspace=str(tmp_path / "workspace")) as ctx, ctx.run("now") as run:
        for step in range(3):
            run.metric("loss", 0.5, step=step)
            assert ctx.sql("select count(*) from metrics").rows == ((step + 1,),)
        assert ctx.sql("select status from runs").rows == (("open",),)


def test_any_repository_can_be_asked(asked):
    """A repository of the user's own with the twelve methods only gives the same answers, without its quick path."""

    class Twelve:
        def __init__(self, repository):
            for name in (
                "list_projects", "list_runs", "get_run", "list_deployments", "list_stages", "list_batches",
                "list_samples", "list_records", "list_relations", "get_provenance", "get_artifact", "list_artifacts",
            ):  # fmt: skip
                setattr(self, name, getattr(repository, name))

    tables = workspace_tables(Twelve(asked.repository))
    for query in (
        "select run_id, key, value, step from metrics order by all",
        "select * exclude (latest_at) from metric_summaries order by all",
        "select * from events order by all",
    ):
        assert asked.sql_service.query(query, tables=tables).rows == asked.sql(query).rows


def test_without_the_service(asked_root):
    """A workspace whose configuration names no such service, or switches it off, says what to do."""
    config = {"interpretation": {"services": {"sql": "off"}}}
    with Contexta(workspace=str(asked_root), config=config) as ctx, pytest.raises(PluginNotUsableError):
        ctx.sql("select 1")
    config = {"interpretation": {"services": {"sql": "nowhere"}}}
    with Contexta(workspace=str(asked_root), config=config) as ctx, pytest.raises(MissingPluginError):
        ctx.sql("select 1")
