"""Runs, metrics, comparisons and trends as files, read back by other libraries."""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta import Contexta
from contexta.contract.spreadsheets import field_text
from contexta.contract.text import display_safe
from contexta.errors import DependencyError, RunNotFoundError, StoreAccessError, ValidationError
from contexta.export import (
    EXPORT_FORMATS,
    export_anomalies,
    export_anomaly_csv,
    export_comparison,
    export_comparison_csv,
    export_html,
    export_metrics,
    export_run_list_csv,
    export_runs,
    export_trend,
    export_trend_csv,
)
from contexta.export.arrow_columns import write_arrow
from contexta.export.comma_separated import write_csv
from contexta.export.formats import FileFormat
from contexta.export.json_rows import write_json, write_jsonl
from contexta.export.table import ExportTable, from_rows, without_column
from contexta.interpretation import RunListQuery

QUIET = {"capture": {"capture_environment_snapshot": False, "capture_code_revision": False}}
HOSTILE = '=HYPERLINK("http://evil.example")\x1b[2J\u202e<script>'


def read(path):
    """Read a file of any format as a list of mappings."""
    import pyarrow as pa
    from pyarrow import parquet

    if path.suffix == ".parquet":
        return parquet.read_table(path).to_pylist()
    if path.suffix == ".arrow":
        return pa.ipc.open_file(path).read_all().to_pylist()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(StringIO(text, newline=""), strict=True))
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet", "arrow"])
def test_metrics_are_exported_in_every_format(trained, tmp_path, suffix):
    """Every observation is there once, with run, stage, step and unit, in the order of appending."""
    path = export_metrics(trained, tmp_path / f"deep/metrics.{suffix}", metric_keys=["loss"])
    assert [
        ("run:default.first", "stage:default.first.train", "loss", 1.5, 0),
        ("run:default.first", "stage:default.first.train", "loss", 1.0, 1),
        ("run:default.first", "stage:default.first.train", "loss", pytest.approx(5 / 6), 2),
        ("run:default.second", "stage:default.second.train", "loss", 1.25, 0),
        ("run:default.second", "stage:default.second.train", "loss", 0.75, 1),
        ("run:default.second", "stage:default.second.train", "loss", pytest.approx(7 / 12), 2),
    ] == [
        (row["run_id"], row["stage_id"], row["key"], float(row["value"]), int(row["step"]))
        for row in read(path)
    ]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet", "arrow"])
def test_runs_are_exported_in_every_format(trained, tmp_path, suffix):
    """Names, status and times, and tags and parameters: as objects in JSON, as JSON text elsewhere."""
    rows = read(export_runs(trained, tmp_path / f"runs.{suffix}"))
    assert ["second", "first"] == [row["name"] for row in rows]
    for column, expected in (("tags", {"kind": "first"}), ("parameters", {"rate": 0.5})):
        cell = rows[1][column]
        assert expected == (cell if suffix.startswith("json") else json.loads(cell))
    if suffix in {"parquet", "arrow"}:
        assert isinstance(rows[0]["started_at"], datetime)
        assert abs((datetime.now(UTC) - rows[0]["started_at"]).total_seconds()) < 600


def test_other_libraries_read_the_files(trained, tmp_path):
    """The frames of pandas and polars hold what was written, with the types that were meant."""
    import pandas as pd
    import polars as pl

    path = export_metrics(trained, tmp_path / "m.parquet")
    assert pytest.approx(pd.read_parquet(path)["value"].sum()) == pl.read_parquet(path)["value"].sum()
    table = pd.read_csv(export_runs(trained, tmp_path / "r.csv"), parse_dates=["started_at"])
    assert table["started_at"].dt.tz is not None
    assert pl.Float64 == pl.read_ndjson(export_trend(trained, "loss", tmp_path / "t.jsonl"))["value"].dtype


def test_the_functions_that_return_csv_have_their_columns(trained):
    """Headers as they have been since 1.0.0, lines that end as RFC 4180 has it, missing values empty."""
    runs = export_run_list_csv(trained).split("\r\n")
    assert runs[0] == "run_id,name,project_name,status,started_at,ended_at"
    assert (4, "") == (len(runs), runs[-1])
    comparison = list(csv.DictReader(StringIO(export_comparison_csv(trained, "first", "second"), newline="")))
    columns = "stage_name metric_key left_value right_value delta change_ratio left_status right_status notes"
    assert columns == " ".join(comparison[0])
    loss = next(row for row in comparison if row["metric_key"] == "loss")
    assert ("train", pytest.approx(5 / 6), pytest.approx(7 / 12), "completed", "") == (
        loss["stage_name"],
        float(loss["left_value"]),
        float(loss["right_value"]),
        loss["left_status"],
        loss["notes"],
    )
    trend = export_trend_csv(trained, "accuracy").split("\r\n")
    assert trend[0] == "run_id,run_name,metric_key,project_name,stage_name,value,captured_at"
    assert trend[1].startswith("run:default.first,first,accuracy,default,,0.5,")


def test_runs_and_metrics_can_be_chosen(trained, tmp_path):
    """A query, named runs, and keys of metrics; naming the runs twice is refused."""
    query = RunListQuery(sort_by="name", sort_desc=False, limit=1)
    assert ["first"] == [row["name"] for row in read(export_runs(trained, tmp_path / "a.json", query=query))]
    for chosen in ({"run_ids": ["second"]}, {"query": RunListQuery(tags={"kind": "second"})}):
        rows = read(export_metrics(trained, tmp_path / "b.json", metric_keys=["accuracy"], **chosen))
        assert [("run:default.second", 0.75)] == [(row["run_id"], row["value"]) for row in rows]
    with pytest.raises(ValidationError) as caught:
        export_metrics(trained, tmp_path / "c.json", run_ids=["first"], query=query)
    assert caught.value.code == "export_runs_named_twice"
    with pytest.raises(RunNotFoundError):
        export_metrics(trained, tmp_path / "c.json", run_ids=["nobody"])
    assert not (tmp_path / "c.json").exists()


def test_many_runs_are_read_in_one_pass(workspace, tmp_path):
    """The choice of more runs than are read one by one has the same answer."""
    for number in range(40):
        with workspace.run(f"r{number}", run_id=f"r{number}", tags={"odd": str(number % 2)}):
            workspace.metric("loss", float(number))
    odd = RunListQuery(tags={"odd": "1"})
    few = read(export_metrics(workspace, tmp_path / "odd.json", query=odd))
    assert sorted(float(number) for number in range(1, 40, 2)) == sorted(row["value"] for row in few)
    names = [f"r{number}" for number in range(35)]
    many = read(export_metrics(workspace, tmp_path / "many.json", run_ids=names))
    assert [float(number) for number in range(35)] == sorted(row["value"] for row in many)


def test_a_stream_is_written_and_stays_open(trained):
    """Without a file the bytes go where they are wanted, and nothing is returned."""
    for file_format in EXPORT_FORMATS:
        stream = BytesIO()
        assert export_runs(trained, stream, file_format=file_format) is None
        assert not stream.closed
        assert len(stream.getvalue()) > 100


def test_the_format_is_told_by_name_or_suffix(trained, tmp_path):
    """The name wins over the suffix; an unknown one of either is refused with those there are."""
    path = export_runs(trained, tmp_path / "runs.txt", file_format="json")
    assert 2 == len(json.loads(path.read_text(encoding="utf-8")))
    assert export_runs(trained, tmp_path / "runs").read_text(encoding="utf-8").startswith("run_id,")
    for arguments in ((tmp_path / "runs.xlsx", None), (tmp_path / "runs.csv", "excel")):
        with pytest.raises(ValidationError, match="parquet") as caught:
            export_runs(trained, arguments[0], file_format=arguments[1])
        assert caught.value.code == "export_unknown_format"


def test_a_failed_export_leaves_what_was_there(trained, tmp_path):
    """A file that exists is replaced whole or not at all, and no partial file stays."""
    target = tmp_path / "runs.csv"
    target.write_text("kept", encoding="utf-8")

    def breaking():
        yield ("a",)
        raise ZeroDivisionError

    from contexta.export.files import write_table

    with pytest.raises(ZeroDivisionError):
        write_table(trained, ExportTable("x", {"a": "VARCHAR"}, from_rows(breaking())), target, None)
    assert target.read_text(encoding="utf-8") == "kept"
    assert {"runs.csv", "ws"} == {path.name for path in tmp_path.iterdir()}


def test_a_file_that_cannot_be_written_is_told(trained, tmp_path):
    """The error names the file."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreAccessError, match="file") as caught:
        export_runs(trained, tmp_path / "file" / "runs.csv")
    assert caught.value.code == "export_failed"


def test_a_missing_library_is_named(trained, tmp_path, monkeypatch):
    """Without pyarrow the error says what to install; the other formats go on."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DependencyError, match="pip install 'pyarrow"):
        export_runs(trained, tmp_path / "runs.parquet")
    assert export_runs(trained, tmp_path / "runs.csv").exists()


def test_content_is_harmless_in_text_and_whole_in_data(workspace, tmp_path):
    """CSV runs no formula and holds no control character; JSON and Parquet give back what was said."""
    with workspace.run(HOSTILE, run_id="bad", tags={"note": HOSTILE}):
        workspace.metric("loss", 1.0)
    (row,) = read(export_runs(workspace, tmp_path / "runs.csv"))
    assert row["name"] == """'=HYPERLINK("http://evil.example")\\x1b[2JU+202e<script>""".replace(
        "202e", "202E"
    )
    text = (tmp_path / "runs.csv").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e]", text)
    for name in ("runs.json", "runs.parquet", "runs.arrow"):
        assert [HOSTILE] == [row["name"] for row in read(export_runs(workspace, tmp_path / name))]
    text = (tmp_path / "runs.json").read_text(encoding="utf-8")
    assert text.isascii()
    assert "<" not in text


@given(
    st.lists(st.lists(st.none() | st.text() | st.floats(), min_size=2, max_size=2), max_size=5),
    st.sampled_from(",;\t|"),
)
def test_any_rows_are_read_back_from_csv(rows, delimiter):
    """A strict reader gives back each field in its harmless form, and no field is a formula."""
    stream = BytesIO()
    table = ExportTable("x", {"a": "VARCHAR", "b": "VARCHAR"}, from_rows([tuple(row) for row in rows]))
    write_csv(stream, table, FileFormat("csv", delimiter))
    text = stream.getvalue().decode("utf-8")
    found = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    expected = [
        ["" if cell is None else field_text(cell) if isinstance(cell, str) else str(cell) for cell in row]
        for row in rows
    ]
    assert [["a", "b"], *expected] == found
    for row in rows:
        for cell in row:
            if isinstance(cell, str):
                assert not field_text(cell).startswith(tuple("=+-@\t\r\n"))
                assert field_text(cell).removeprefix("'") == display_safe(cell, multiline=True).removeprefix(
                    "'"
                )


@pytest.mark.parametrize("formula", ["=1+2", "  =1", "+1", "-x", "@SUM(1)"])
def test_a_formula_of_plain_characters_is_no_formula(formula):
    """A column that could be written as it is, but for one cell, has an apostrophe before that one alone."""
    stream = BytesIO()
    rows = [("plain", "x"), (formula, "x"), (None, "x")]
    table = ExportTable("x", {"a": "VARCHAR", "b": "VARCHAR"}, from_rows(rows))
    write_csv(stream, table, FileFormat("csv"))
    assert ["a,b", "plain,x", f"'{formula},x", ",x"] == stream.getvalue().decode("ascii").splitlines()


@pytest.mark.parametrize("text", ['say "x"', "back\\slash", "<b>", "a>b", "a&b"])
def test_plain_characters_that_json_spells_otherwise(text):
    """Quotes, backslashes and what could be markup are spelled out in a column that is plain otherwise."""
    stream = BytesIO()
    rows = from_rows([("plain",), (text,)])
    write_jsonl(stream, ExportTable("x", {"a": "VARCHAR"}, rows), FileFormat("json"))
    plain, other = stream.getvalue().decode("ascii").splitlines()
    assert ['{"a": "plain"}', {"a": text}] == [plain, json.loads(other)]
    assert not set("<>&") & set(other)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_what_was_captured_without_redaction_is_redacted_on_its_way_out(tmp_path, suffix):
    """Secrets in texts and in mappings leave in no format, unless the configuration lets them."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    for allowed in (False, True):
        settings = {"redaction_mode": "off", "allow_unredacted_local_exports": allowed}
        workspace = str(tmp_path / f"ws-{allowed}")
        with Contexta(workspace=workspace, config={**QUIET, "security": settings}) as ctx:
            with ctx.run(f"with {secret}", run_id="leaky", tags={"note": f"uses {secret}"}):
                ctx.metric("loss", 1.0)
            (row,) = read(export_runs(ctx, tmp_path / f"runs-{allowed}.{suffix}"))
        assert [allowed, allowed] == [secret in str(row[name]) for name in ("name", "tags")]
        assert row["run_id"] == "run:default.leaky"


CELLS = (
    st.none()
    | st.text()
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.dictionaries(st.text(), st.text())
)


def json_value(cell):
    """Return what JSON gives back of a cell."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


@given(st.lists(st.tuples(CELLS, st.none() | st.floats(), st.none() | st.text()), max_size=5), st.booleans())
def test_any_rows_are_read_back_from_json(rows, lines):
    """Columns of one type, which are written quickly, and mixed ones give back their cells, in harmless ASCII."""
    stream = BytesIO()
    table = ExportTable("x", {"a": "JSON", "b%s": "DOUBLE", 'c"': "VARCHAR"}, from_rows(rows))
    (write_jsonl if lines else write_json)(stream, table, FileFormat("json"))
    text = stream.getvalue().decode("ascii")
    found = [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)
    assert [{"a": json_value(a), "b%s": json_value(b), 'c"': c} for a, b, c in rows] == found
    assert not set("<>&") & set(text)


@pytest.mark.parametrize("times", [["2025-06-07T08:09:10.123456Z", None], ["2025-06-07T10:09:10.123456+02:00", "soon"],
                                   ["2025-06-07T08:09:10.123456789Z", None], ["2025-06-07T08:09:10.123456Z", "2025-06-07T08:09:xx.123456Z"]])  # fmt: skip
def test_a_time_is_an_instant_in_arrow_however_it_is_written(times):
    """The quick way, of columns in the form that the capture writes, and the other way find the same instants."""
    import pyarrow as pa

    stream = BytesIO()
    table = ExportTable("x", {"at": "TIMESTAMP"}, from_rows([(time,) for time in times]))
    write_arrow(stream, table, FileFormat("arrow"))
    found = pa.ipc.open_file(stream.getvalue()).read_all()["at"].to_pylist()
    assert [datetime(2025, 6, 7, 8, 9, 10, 123456, tzinfo=UTC), None] == found


def test_a_batch_is_as_large_as_a_format_asks_for():
    """No more rows are read than are written at a time."""
    read = []
    rows = from_rows((read.append(number) or number,) for number in range(5))
    batches = ExportTable("x", {"a": "BIGINT"}, rows).batches(2)
    assert ([(0, 1)], [0, 1]) == (next(batches), read)
    assert [[(2, 3)], [(4,)]] == list(batches)


def test_a_column_that_is_left_out_takes_its_cleaner_with_it():
    """What is changed on the way out is found by name, whatever stands before it."""
    table = ExportTable(
        "x", {"a": "VARCHAR", "b": "VARCHAR"}, from_rows([("a", "b")]), {"a": list, "b": lambda _: ["clean"]}
    )
    assert [[["clean"]]] == list(without_column(table, "a").batches())


def test_a_report_is_exported_as_a_page(trained, tmp_path):
    """The page is the report's; without a file it lies among the exports."""
    report = trained.build_snapshot_report("first")
    assert (
        export_html(trained, report, tmp_path / "page.html").read_text(encoding="utf-8") == report.to_html()
    )
    assert export_html(trained, report).parent == tmp_path / "ws" / "exports"


def test_a_comparison_is_exported(trained, tmp_path):
    """One row for each stage and metric."""
    rows = read(export_comparison(trained, "first", "second", tmp_path / "c.parquet"))
    assert [(None, "accuracy", 0.25), ("train", "loss", pytest.approx(-0.25))] == [
        (row["stage_name"], row["metric_key"], row["delta"]) for row in rows
    ]


def test_anomalies_are_exported(workspace, tmp_path):
    """The metric that is off is there with what was expected; one that is usual is not."""
    for number in range(12):
        with workspace.run(f"r{number}", run_id=f"r{number}"):
            workspace.metric("loss", 1.0 + number % 3 / 10)
            workspace.metric("steady", 2.0 + number % 2 / 10)
    with workspace.run("odd", run_id="odd"):
        workspace.metric("loss", 50.0)
        workspace.metric("steady", 2.05)
    (row,) = read(export_anomalies(workspace, "odd", tmp_path / "a.json"))
    assert ("run:default.odd", "loss", 50.0, "error") == (
        row["run_id"],
        row["metric_key"],
        row["actual_value"],
        row["severity"],
    )
    assert row["expected_low"] < 1.1 < row["expected_high"] < 2
    header = export_anomaly_csv(workspace, "odd").split("\r\n")[0]
    assert header == "run_id,metric_key,actual_value,expected_low,expected_high,z_score,severity,notes"
