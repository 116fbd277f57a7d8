"""Workspaces in SQLite, whole or in part: the same answers as those of the stock stores."""

from __future__ import annotations

from itertools import pairwise

import pytest

from contexta.interpretation import RunListQuery

SQLITE = {
    "metadata": {"storage_adapter": "sqlite"},
    "records": {"storage_adapter": "sqlite", "durability_mode": "flush"},
}
MIXES = {
    "metadata": {"metadata": SQLITE["metadata"]},
    "records": {"records": SQLITE["records"]},
    "both": SQLITE,
}


@pytest.fixture(scope="module")
def stock(golden, tmp_path_factory):
    """Open the golden workspace in the stock stores."""
    with golden.open_stock(tmp_path_factory.mktemp("stock") / "ws") as ctx:
        yield ctx


@pytest.fixture(scope="module", params=MIXES)
def mixed(request, golden, tmp_path_factory):
    """Open the golden workspace with metadata, records or both in SQLite."""
    with golden.open_stock(tmp_path_factory.mktemp("mixed") / "ws", MIXES[request.param]) as ctx:
        yield ctx


def _everything(ctx):
    return ctx.list_runs(query=RunListQuery(archived=None, sort_by="started_at"))


def test_all_runs_are_the_same(mixed, stock):
    """Every field of every run, in every order."""
    assert _everything(stock) == _everything(mixed)
    for sort_by in ("name", "ended_at", "metrics.val_loss"):
        query = RunListQuery(sort_by=sort_by, limit=20, offset=3)
        assert stock.list_runs(query=query) == mixed.list_runs(query=query)


def test_all_snapshots_are_the_same(mixed, stock):
    """Stages, batches, artifacts, relations and every record of every run, in the same order."""
    for run in _everything(stock):
        left, right = stock.get_run_snapshot(run.run_id), mixed.get_run_snapshot(run.run_id)
        for part in ("run", "stages", "batches", "samples", "deployments", "artifacts", "relations"):
            assert getattr(left, part) == getattr(right, part)
        assert list(left.records) == list(right.records)
        assert list(left.completeness_notes) == list(right.completeness_notes)


def test_all_series_and_trends_are_the_same_to_the_last_digit(mixed, stock):
    """Points, summaries and trends are equal as numbers, not nearly so."""
    for run in _everything(stock):
        summaries = stock.repository.metric_summaries([run.run_id])
        by_key = {(each.stage, each.key): each for each in mixed.repository.metric_summaries([run.run_id])}
        assert {(each.stage, each.key): each for each in summaries} == by_key
        for each in summaries:
            assert stock.get_step_series(run.run_id, each.key) == mixed.get_step_series(run.run_id, each.key)
    for key in ("loss", "val_loss"):
        assert stock.get_metric_trend(key) == mixed.get_metric_trend(key)
    assert stock.get_stage_duration_trend("train") == mixed.get_stage_duration_trend("train")


def test_all_comparisons_are_the_same(mixed, stock):
    """Comparing neighbours gives equal comparisons."""
    names = [run.run_id for run in _everything(stock)]
    for left, right in pairwise(names[:13]):
        assert stock.compare_runs(left, right) == mixed.compare_runs(left, right)
    assert stock.compare_multiple_runs(names[:8]) == mixed.compare_multiple_runs(names[:8])


def test_sql_answers_the_same(mixed, stock):
    """The documented tables hold the same rows."""
    for table in ("runs", "tags", "params", "stages", "batches", "samples", "deployments", "relations"):
        query = f"select * from {table} order by all"
        assert stock.sql(query).rows == mixed.sql(query).rows, table
    for table in ("metrics", "metric_summaries", "events", "spans", "degraded"):
        query = f"select * from {table} order by all"
        assert stock.sql(query).rows == mixed.sql(query).rows, table


def test_frames_are_there(sqlite_workspace):
    """The metadata store hands out its tables as DuckDB's rows and as frames of pandas and polars."""
    ctx = sqlite_workspace()
    with ctx.run("one", tags={"kind": "a"}):
        pass
    store = ctx.metadata_store
    assert "runs" in store.duckdb.table_names
    assert ("one",) == store.duckdb.query_one("select name from runs")
    assert ["one"] == list(store.polars.query("select name from runs")["name"])
    assert ["one"] == list(store.pandas.query("select name from runs")["name"])


@pytest.mark.parametrize(
    ("metadata", "records"), [("sqlite", "sqlite"), ("sqlite", "jsonl_segments"), ("duckdb", "sqlite")]
)
def test_capturing_and_deleting(sqlite_workspace, metadata, records):
    """A run is captured, resumed, tagged, archived and deleted whichever plane is in SQLite."""
    ctx = sqlite_workspace(metadata=metadata, records=records)
    with ctx.run("one") as run:
        run.params(lr=0.1)
        with run.stage("fit") as stage:
            for step in range(5):
                stage.metric("loss", 1 / (step + 1), step=step)
    with ctx.run("two"):
        pass
    assert "completed" == ctx.get_run_snapshot("one").run.status
    assert [0.2] == [each.value for each in ctx.get_step_series("run:default.one", "loss").points][-1:]
    ctx.tag_run("one", {"kind": "a"})
    assert ["one"] == [run.name for run in ctx.list_runs(tags={"kind": "a"})]
    ctx.delete_runs(ctx.plan_run_deletion(["one"]))
    assert ["two"] == [run.name for run in ctx.list_runs()]
    assert 0 == len(list(ctx.record_store.scan()))


def test_no_file_of_the_stock_stores_is_made(sqlite_workspace, tmp_path):
    """A workspace in SQLite has its databases and what belongs to them, for the owner only."""
    ctx = sqlite_workspace()
    with ctx.run("one") as run:
        run.metric("loss", 0.5)
    ctx.close()
    planes = {
        plane: sorted(path.name for path in (tmp_path / "ws" / plane).iterdir())
        for plane in ("metadata", "records")
    }
    assert {
        "metadata": ["metadata.sqlite3", "writers", "writing.lock"],
        "records": ["records.sqlite3", "writing.lock"],
    } == planes
    assert [] == list((tmp_path / "ws" / "metadata" / "writers").iterdir())
    modes = {path.stat().st_mode & 0o077 for plane in planes for path in (tmp_path / "ws" / plane).rglob("*")}
    assert {0} == modes
