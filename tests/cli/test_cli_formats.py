"""The four formats and ``--output``: one answer, whole, wherever it goes."""

from __future__ import annotations

import csv
import enum
import io
import json
import os
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta import Contexta
from contexta_cli.output.csv_text import write_csv
from contexta_cli.output.rows import Rows, flattened, objects_of, rows_of

COMMANDS = (
    "runs",
    "run list",
    "run show first",
    "compare run:alpha.first run:alpha.second",
    "sql 'select 1 as one'",
    "config show",
    "plugins list",
    "completion bash",
)


class Color(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    left: int


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    tags: dict = field(default_factory=dict)


class Point(NamedTuple):
    x: int
    y: int


def test_the_one_sequence_of_an_answer_is_its_objects():
    """A list is its entries, a mapping with one list that list's, and everything else one object."""
    assert [1, 2] == list(objects_of([1, 2]))
    assert [1, 2] == list(objects_of({"runs": (1, 2), "project": "x"}))
    assert [{"a": [1], "b": [2]}] == list(objects_of({"a": [1], "b": [2]}))
    assert [Point(1, 2)] == list(objects_of(Point(1, 2)))
    assert ["text"] == list(objects_of("text"))
    assert [{"a": 1, "b": 2}] == list(objects_of(Rows(["a", "b"], [(1, 2)])))


def test_fields_within_fields_have_dotted_names():
    """An object becomes its fields, those of an object within named after both; a plain value is the field `value`."""
    assert {"name": "n", "inner.left": 1, "tags.a": "b"} == flattened(Outer("n", Inner(1), {"a": "b"}))
    assert {"x": 1, "y": 2} == flattened(Point(1, 2))
    assert {"value": 3} == flattened(3)
    assert {"value": "red"} == flattened(Color.RED)


def test_columns_are_those_of_all_objects():
    """A field that only some objects have is a column, empty for the others."""
    columns, rows = rows_of([{"a": 1}, {"b": 2, "a": 3}])
    assert (["a", "b"], [[1, None], [3, 2]]) == (columns, [list(row) for row in rows])


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), min_size=1))
def test_csv_is_read_back_and_harmless(rows):
    """Whatever is written, a reader finds as many cells, none of which is a formula or holds a control character."""
    stream = io.StringIO()
    write_csv(stream, ["a", "b"], rows)
    read = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert ["a", "b"] == read[0]
    assert len(rows) == len(read) - 1
    cells = [cell for row in read for cell in row]
    assert [] == [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]
    assert [] == [
        cell
        for cell in cells
        if any((ord(each) < 32 and each not in "\n\t") or ord(each) == 127 for each in cell)
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_format_is_what_it_says(command, cli, small):
    """Text is text, JSON one document, NDJSON one document for each row of the CSV."""
    import shlex

    def ask(output_format):
        outcome = cli(*shlex.split(command), "--workspace", small, "--format", output_format)
        assert 0 == outcome.code, outcome.err
        return outcome.out

    assert ask("text")
    json.loads(ask("json"))
    objects = [json.loads(line) for line in ask("ndjson").splitlines()]
    header, *rows = list(csv.reader(io.StringIO(ask("csv"), newline="")))
    assert len(objects) == len(rows) > 0
    assert {len(header)} == {len(row) for row in rows}


def test_rows_are_what_is_asked_about(cli, small):
    """The rows of `runs` are runs, of `run show` records, of `compare` metrics, of `config show` settings."""

    def first(*arguments):
        return json.loads(cli(*arguments, "--workspace", small, "--format", "ndjson").out.splitlines()[0])

    assert "run:beta.shared" == first("runs", "--limit", "1")["run_id"]
    assert "metric" == first("run", "show", "first")["record_type"]
    assert "accuracy" == first("compare", "first", "second")["metric_key"]
    assert "config_version" == first("config", "show")["path"]


def test_an_error_is_told_in_the_format_that_was_asked_for(cli, small):
    """With NDJSON the error is JSON on one line, with CSV it is text."""
    lines = cli("run", "show", "gone", "--workspace", small, "--format", "ndjson").err.splitlines()
    assert "query_run_not_found" == json.loads(lines[0])["error"]["code"]
    assert 1 == len(lines)
    text = cli("run", "show", "gone", "--workspace", small, "--format", "csv").err
    assert text.endswith(" [query_run_not_found]\n")


@pytest.mark.parametrize("output_format", ["text", "json", "csv", "ndjson"])
def test_a_file_holds_what_stdout_would(output_format, cli, small, tmp_path):
    """--output writes the same bytes into a file, whose directories are made, and says so in text alone."""
    asked = ("runs", "--workspace", small, "--format", output_format)
    printed = cli(*asked).out
    target = tmp_path / "new" / "directory" / "answer"
    outcome = cli(*asked, "--output", target)
    assert printed == target.read_text(encoding="utf-8")
    assert (f"Wrote output to {target}\n" if output_format == "text" else "") == outcome.out
    assert "" == cli(*asked, "--output", target, "--quiet").out
    assert printed == cli(*asked, "--output", "-").out
    assert [target] == list(target.parent.iterdir())


def test_a_file_is_replaced_whole_or_not_at_all(cli, small, tmp_path):
    """What fails leaves the old file as it was, and nothing beside it; a link stays a link."""
    real = tmp_path / "real.txt"
    real.write_text("old", encoding="utf-8")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    assert 1 == cli("run", "show", "gone", "--workspace", small, "--output", link).code
    assert "old" == real.read_text(encoding="utf-8")
    assert 0 == cli("run", "show", "first", "--workspace", small, "--output", link).code
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8").startswith("run:alpha.first")
    assert {real, link} == {path for path in tmp_path.iterdir() if path.suffix}


def test_a_directory_is_no_file_to_write(cli, small, tmp_path):
    """--output with a directory is a typing error, and one that cannot be written an error."""
    outcome = cli("runs", "--workspace", small, "--output", tmp_path)
    assert (2, "") == (outcome.code, outcome.out)
    assert outcome.err.splitlines()[0].endswith("[output_is_directory]")
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    outcome = cli("runs", "--workspace", small, "--output", file / "below")
    assert 1 == outcome.code
    assert outcome.err.endswith("[os_error]\n")


def test_a_pipe_is_written_to_directly(cli, small, tmp_path):
    """What is no regular file is not replaced by one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    assert 0 == cli("runs", "--workspace", small, "--output", pipe, "--format", "csv").code
    reader.join()
    assert read[0].startswith("run_id,")
    assert pipe.is_fifo()


def test_hostile_names_are_harmless_in_every_format(cli, tmp_path):
    """Escape sequences, direction overrides and formulas reach neither the terminal nor a spreadsheet."""
    hostile = "=1+2\x1b[31m\u202e<script>"
    workspace = tmp_path / ".contexta"
    with (
        Contexta(workspace=str(workspace), config={"project_name": "hostile"}) as ctx,
        ctx.run(hostile) as run,
    ):
        run.event("said", message=hostile, attributes={"@note": hostile})
        run.params({"hostile": hostile})
    run_id = cli("runs", "--format", "json").json["runs"][0]["run_id"]
    for command in (
        "runs",
        f"run show {run_id}",
        f"compare {run_id} {run_id}",
        "sql 'select name from runs'",
    ):
        for output_format in ("text", "json", "csv", "ndjson"):
            import shlex

            written = cli(*shlex.split(command), "--format", output_format).out
            assert not {"\x1b", "\u202e"} & set(written), (command, output_format)
            if output_format == "csv":
                cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
                assert [] == [cell for cell in cells if cell.startswith("=")]
