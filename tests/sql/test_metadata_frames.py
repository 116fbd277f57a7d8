"""The metadata store as frames: tables of entities, asked in SQL, as pandas and as polars."""

from __future__ import annotations

import json
import sys

import pytest

from contexta import Contexta
from contexta.errors import DependencyError, NotFoundError, ValidationError
from contexta.store.metadata import FrameAdapterProtocol, MetadataStore
from contexta.store.metadata.entity_tables import TABLE_NAMES


@pytest.fixture
def store(asked):
    """Give the metadata store of the workspace whose rows are known."""
    return asked.metadata_store


def test_tables_have_columns_and_the_whole_document(store):
    """A run's row has its reference, its columns as text, and its document as JSON."""
    rows = store.duckdb.query_all(
        "select ref, project_ref, name, status, payload_json from runs where started_at like '2%Z' order by name"
    )
    assert [row[:4] for row in rows] == [
        ("run:demo.large", "project:demo", "large", "completed"),
        ("run:demo.small", "project:demo", "small", "completed"),
    ]
    document = json.loads(rows[1][4])
    assert (document["ref"], document["tags"]) == ("run:demo.small", {"size": "small"})
    assert store.duckdb.query_one("select stage_name, order_index from stage_executions") == ("train", 0)
    assert store.duckdb.query_one("select 1 where false") is None


def test_every_table_can_be_read_in_every_form(store):
    """All tables, those without rows too, have one shape in DuckDB, pandas and polars."""
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    assert store.duckdb.table_names == TABLE_NAMES
    for name in TABLE_NAMES:
        with store.duckdb.table(name) as result:
            assert list(store.pandas.table(name).columns) == list(result.columns)
            frame = store.polars.table(name)
            assert (frame.columns, frame.height) == (list(result.columns), len(result))


def test_queries_take_parameters_and_run_once(store):
    """Frames are made of one run of the query: a random value is the same in every column that copies it."""
    pytest.importorskip("pandas")
    frame = store.pandas.query("select ref from runs where name = ?", ["small"])
    assert list(frame["ref"]) == ["run:demo.small"]
    polars = pytest.importorskip("polars")
    frame = store.polars.query("select ref from runs where name = $name", {"name": "large"})
    assert isinstance(frame, polars.DataFrame)
    assert frame["ref"].to_list() == ["run:demo.large"]


def test_adapters_have_the_documented_protocol(store):
    """The adapters of the two libraries are frame adapters; that of DuckDB is more than one."""
    assert isinstance(store.pandas, FrameAdapterProtocol)
    assert isinstance(store.polars, FrameAdapterProtocol)
    assert store.duckdb.get_schema_version() == "1"


def test_a_table_is_named_and_nothing_else(store):
    """A name with SQL in it is no table's name."""
    for adapter in (store.duckdb, store.pandas, store.polars):
        with pytest.raises(NotFoundError) as caught:
            adapter.table('runs"; drop table runs; --')
        assert caught.value.code == "metadata_table_not_found"


def test_frames_change_nothing(store):
    """Only SELECT can be run; entities are changed by the repositories."""
    with pytest.raises(ValidationError) as caught:
        store.duckdb.execute("delete from runs")
    assert caught.value.code == "sql_not_a_select"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_library_has_the_documented_code(store, monkeypatch, library):
    """The error has the code of the adapter and says what to install."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DependencyError, match="pip install") as caught:
        getattr(store, library).table("runs")
    assert caught.value.code == f"metadata_{library}_adapter_not_ready"


def test_queries_of_a_transaction_see_one_state(tmp_path):
    """What is written meanwhile is seen after the block."""
    with Contexta(workspace=str(tmp_path / "workspace")) as ctx:
        with ctx.run("first"):
            pass
        frames = ctx.metadata_store.duckdb
        with frames.transaction() as pinned:
            assert pinned.query_one("select count(*) from runs") == (1,)
            with ctx.run("second"):
                pass
            assert pinned.query_one("select count(*) from runs") == (1,)
        assert frames.query_one("select count(*) from runs") == (2,)


def test_a_store_opened_alone_has_frames(asked_root):
    """A store without a workspace around it is asked in the same way."""
    from contexta.config import MetadataStoreConfig

    config = MetadataStoreConfig(database_path=asked_root / "metadata" / "ledger.db", read_only=True)
    with MetadataStore(config) as store:
        assert store.duckdb.query_one("select count(*) from runs") == (2,)
