"""What SQL must not be able to do: change anything, reach a file or a setting, or run for ever."""

from __future__ import annotations

import time

import pytest

from contexta.errors import ContextaError, InterpretationError, ValidationError

# What is refused before it runs, by what the message names.
REFUSED = {
    "COPY runs TO '{place}/out.csv'": "COPY",
    "COPY (SELECT 1) TO '{place}/out.parquet' (FORMAT parquet)": "COPY",
    "ATTACH '{place}/other.db' AS other": "ATTACH",
    "EXPORT DATABASE '{place}/dump'": "EXPORT",
    "PRAGMA database_list": "PRAGMA",
    "CALL pragma_version()": "CALL",
    "INSTALL httpfs": "LOAD",
    "LOAD httpfs": "LOAD",
    "SET enable_external_access = true": "SET",
    "RESET memory_limit": "SET",
    "SELECT 1; SELECT 2": "SELECT and SELECT",
    "SELECT 1; DROP TABLE runs": "SELECT and DROP",
    "DROP TABLE runs": "DROP",
    "DELETE FROM runs": "DELETE",
    "UPDATE runs SET name = 'x'": "UPDATE",
    "INSERT INTO runs (run_id) VALUES ('x')": "INSERT",
    "CREATE TABLE x AS SELECT 1": "CREATE",
    "CREATE MACRO f(x) AS x": "CREATE",
    "ALTER TABLE runs ADD COLUMN x INTEGER": "ALTER",
    "EXPLAIN ANALYZE SELECT 1": "EXPLAIN",
    "PREPARE x AS SELECT 1": "PREPARE",
    "BEGIN TRANSACTION": "TRANSACTION",
    "USE memory": "SET",
    "VACUUM": "VACUUM",
    "CHECKPOINT": "CALL",
    "UPDATE EXTENSIONS": "something else",
    "DETACH memory": "DETACH",
    "IMPORT DATABASE '{place}/dump'": "PRAGMA",
    "CREATE SECRET (TYPE s3)": "CREATE",
    "MERGE INTO runs USING runs AS other ON true WHEN MATCHED THEN DELETE": "MERGE",
    "COMMENT ON TABLE runs IS 'x'": "ALTER",
    "PIVOT '{secret}' ON password": "MULTI",
    "SELECT * FROM sniff_csv('{secret}')": "'sniff_csv'",
    "SELECT * FROM system.main.read_csv('{secret}')": "'read_csv'",
    "DESCRIBE SELECT * FROM read_csv('{secret}')": "'read_csv'",
    "": "nothing",
    "-- nothing": "nothing",
    "SELECT * FROM read_csv('{secret}')": "'read_csv'",
    "SELECT * FROM read_text('{secret}')": "'read_text'",
    "SELECT (SELECT max(content) FROM read_blob('{secret}'))": "'read_blob'",
    "SELECT * FROM runs WHERE name IN (SELECT content FROM read_text('{secret}'))": "'read_text'",
    "WITH a AS (SELECT * FROM glob('/*')) SELECT * FROM a": "'glob'",
    "SELECT * FROM runs JOIN LATERAL (SELECT * FROM read_json('{secret}')) ON true": "'read_json'",
    "SELECT 1 UNION ALL SELECT size FROM parquet_metadata('{secret}')": "'parquet_metadata'",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')": "'query'",
    "SELECT * FROM query_table('{secret}')": "'query_table'",
    "SELECT * FROM json_execute_serialized_sql('x')": "'json_execute_serialized_sql'",
    "SELECT * FROM pandas_scan(1)": "'pandas_scan'",
    "SELECT * FROM arrow_scan(1, 2, 3)": "'arrow_scan'",
    "SELECT * FROM duckdb_secrets()": "'duckdb_secrets'",
    "SELECT * FROM duckdb_settings()": "'duckdb_settings'",
    "SELECT * FROM enable_logging(storage = 'file')": "'enable_logging'",
    "SELECT * FROM enable_profiling(save_location = '{place}/profile')": "'enable_profiling'",
    "SELECT * FROM create_external_resource('x')": "'create_external_resource'",
}
# What is a SELECT and cannot be run.
INVALID = [
    "SELECT * FROM '{secret}'",
    'SELECT * FROM "{secret}"',
    "SUMMARIZE '{secret}'",
    "DESCRIBE '{secret}'",
    "TABLE '{secret}'",
    "SELECT * FROM (VALUES (1)) AS one POSITIONAL JOIN '{secret}'",
    "SELECT * FROM secret",
    "SELECT getenv('HOME')",
    "WITH a AS (INSERT INTO runs (run_id) VALUES ('x') RETURNING run_id) SELECT * FROM a",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM runs",
    "SELEC 1",
    "SELECT 1 \0 SELECT 2",
    "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "SELECT $missing",
]


@pytest.fixture
def secret(tmp_path):
    """Give a file that nobody may read through SQL, in a directory where nothing may appear."""
    path = tmp_path / "secret.csv"
    path.write_text("password\nhunter2\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_no_select_over_tables_is_refused(asked, secret, query):
    """It is refused before anything runs, the message names what was found, and no file appears."""
    text = query.format(place=secret.parent, secret=secret)
    with pytest.raises(ValidationError) as caught:
        asked.sql(text)
    assert caught.value.code == "sql_not_a_select"
    assert REFUSED[query] in caught.value.message
    assert list(secret.parent.iterdir()) == [secret]


@pytest.mark.parametrize("query", INVALID)
def test_what_cannot_be_understood_or_reached_is_an_error(asked, secret, query):
    """It is an error with a code of its own, and neither the file's content nor a new file comes of it."""
    with pytest.raises(ValidationError) as caught:
        asked.sql(query.replace("{secret}", str(secret)))
    assert caught.value.code == "sql_invalid"
    assert "hunter2" not in str(caught.value)
    assert list(secret.parent.iterdir()) == [secret]


def test_a_variable_of_the_caller_is_no_table(asked):
    """DuckDB would take a frame of the calling program for a table; here it does not."""
    pandas = pytest.importorskip("pandas")
    hidden = pandas.DataFrame({"a": [1]})
    assert len(hidden) == 1
    with pytest.raises(ValidationError, match="hidden"):
        asked.sql("SELECT * FROM hidden")


def test_the_engine_is_closed_behind_the_statement(asked):
    """Without the look at statements, the database itself reaches no file, setting or extension."""
    import duckdb

    from contexta_store_duckdb.sql.database import open_database

    connection = open_database()
    try:
        for text in (
            "COPY (SELECT 1) TO 'out.csv'",
            "SELECT * FROM read_text('/etc/hostname')",
            "SELECT * FROM glob('/*')",
            "ATTACH 'other.db'",
            "SET enable_external_access = true",
            "SET memory_limit = '10GB'",
            "SET temp_directory = 'here'",
            "LOAD 'x.duckdb_extension'",
            "INSTALL httpfs",
            "SELECT * FROM enable_logging(storage = 'file')",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(text).fetchall()
    finally:
        connection.close()


def test_a_question_without_end_is_interrupted(asked):
    """A recursion that never ends, and a huge cross join, stop within the time that they were given."""
    for query in (
        "WITH RECURSIVE a AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM a) SELECT count(*) FROM a",
        "SELECT max(a.i * b.i * c.i) FROM range(200000) a(i), range(200000) b(i), range(200000) c(i)",
        "SELECT sleep_ms(60000)",
    ):
        started = time.monotonic()
        with pytest.raises(InterpretationError) as caught:
            asked.sql(query, timeout_seconds=0.3)
        assert caught.value.code in {"sql_timed_out", "sql_out_of_memory"}
        assert time.monotonic() - started < 10
    assert asked.sql("select 1").rows == ((1,),)


def test_the_time_counts_for_loading_too(asked, monkeypatch):
    """A table that takes long to load is given up after it."""
    from contexta.interpretation.repositories import CompositeStoreRepository

    monkeypatch.setattr(CompositeStoreRepository, "list_projects", lambda self: (time.sleep(0.2), ["a"])[1])
    with pytest.raises(InterpretationError) as caught:
        asked.sql("select * from projects", timeout_seconds=0.05)
    assert caught.value.code == "sql_timed_out"


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_at_all_is_a_mistake(asked, seconds):
    """A limit that cannot be met is refused rather than taken for none."""
    with pytest.raises(ValidationError, match="timeout_seconds"):
        asked.sql("select 1", timeout_seconds=seconds)


def test_memory_is_bounded(asked):
    """An answer, or a state on the way to it, beyond the limit is an error; nothing is written to the disk instead."""
    for query in (
        "select list(i) from range(300000000) t(i)",
        "select i, i + 1, i + 2 from range(100000000) t(i)",
    ):
        with pytest.raises(InterpretationError) as caught:
            asked.sql(query)
        assert caught.value.code == "sql_out_of_memory"


@pytest.mark.parametrize("query", [None, 7, b"select 1", "select 1 -- " + "x" * 1_000_001])
def test_what_is_no_text_of_a_query(asked, query):
    """Anything but text of a sensible length is refused."""
    with pytest.raises(ContextaError) as caught:
        asked.sql(query)
    assert caught.value.code == "sql_invalid"


def test_a_failing_expression_is_told_from_a_wrong_one(asked):
    """A value that cannot be converted fails when it runs; the message counts the user's own lines."""
    with pytest.raises(InterpretationError) as caught:
        asked.sql("select\n'a'::int")
    assert caught.value.code == "sql_failed"
    assert "LINE 2:" in caught.value.message
