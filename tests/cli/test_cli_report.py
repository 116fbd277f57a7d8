"""``contexta report`` and ``contexta export``: what they write, where, and in which format."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest

EXPORTS = {
    "runs": (),
    "metrics": ("first", "--metric", "loss"),
    "compare": ("first", "second"),
    "trend": ("accuracy",),
    "anomaly": ("second", "--metric", "accuracy"),
}
REPORTS = {
    "snapshot": ("first",),
    "compare": ("first", "second"),
    "multi": ("first", "second"),
    "project": ("alpha",),
    "trend": ("accuracy",),
    "alert": ("first", "--metric", "accuracy", "--operator", "lt", "--threshold", "0.9"),
    "diff": ("first", "second"),
}


@pytest.fixture
def ask(small, cli):
    """Call a command over the small workspace."""
    return lambda *words: cli(*words, "--workspace", small)


def test_ndjson_is_a_name_of_json_lines(ask):
    """Exports know the format by the name that every other command has for it."""
    assert ask("export", "runs", "--format", "ndjson").out == ask("export", "runs", "--format", "jsonl").out


def test_runs_say_what_is_usual_in_an_export_of_anomalies(ask):
    """The options on runs choose those that a run is measured by, as for `contexta anomaly`."""
    words = (
        "second",
        "--metric",
        "accuracy",
        "--project",
        "alpha",
        "--status",
        "completed",
        "--format",
        "json",
    )
    rows = ask("export", "anomaly", *words)
    assert 0 == rows.code
    shown = ask("anomaly", *words).json["anomalies"]
    assert [each["metric_key"] for each in shown] == [row["metric_key"] for row in rows.json]
    refused = ask("export", "csv", "anomaly", "second", "--project", "not there")
    assert (0, 1) == (refused.code, len(refused.out.splitlines()))


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_markdown_unless_asked_otherwise(ask, name):
    """Each report is written to stdout as Markdown, or as the renderer that was named."""
    outcome = ask("report", name, *REPORTS[name])
    assert (0, "") == (outcome.code, outcome.err)
    assert outcome.out.startswith("# ")
    assert ask("report", name, *REPORTS[name], "--render", "html").out.startswith("<!DOCTYPE html>")


def test_a_report_is_data_for_programs(ask):
    """`--format json` writes the document, and not a word about it."""
    report = ask("report", "snapshot", "first", "--format", "json").json
    assert "Run Snapshot Report: run:alpha.first" == report["title"]
    assert report == ask("report", "snapshot", "first", "--render", "json").json
    refused = ask("report", "snapshot", "first", "--format", "json", "--render", "html")
    assert 2 == refused.code


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_has_the_formats_of_every_command(ask, name):
    """CSV is what the renderer writes, and NDJSON has one section on each line."""
    written = ask("report", name, *REPORTS[name], "--format", "csv")
    assert ask("report", name, *REPORTS[name], "--render", "csv").out == written.out
    lines = ask("report", name, *REPORTS[name], "--format", "ndjson").out.splitlines()
    sections = ask("report", name, *REPORTS[name], "--format", "json").json["sections"]
    assert sections == [json.loads(line) for line in lines]


@pytest.mark.parametrize("more", [("--render", "html"), ("--save",)])
def test_lines_of_a_report_are_of_one_kind(ask, more):
    """What contradicts NDJSON is refused."""
    assert 2 == ask("report", "snapshot", "first", "--format", "ndjson", *more).code


def test_a_report_that_was_written_is_compared_with_a_new_one(ask, tmp_path):
    """A file that ends in .json stands for a report; the same one differs in nothing."""
    kept = tmp_path / "kept.json"
    ask("report", "snapshot", "first", "--output", kept)
    same = ask("report", "diff", kept, "first").out
    assert "No difference in" in same
    other = ask("report", "diff", kept, "second")
    assert "| changed | name: first | name: second |" in other.out
    page = tmp_path / "difference.html"
    assert f"Wrote output to {page}\n" == ask("report", "diff", kept, "second", "--output", page).out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"sections": 3}', '{"sections": [3]}'])
def test_a_file_that_holds_no_report_is_refused(ask, tmp_path, content):
    """What is wrong with it is said, and how such a file is written."""
    path = tmp_path / "x.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    outcome = ask("report", "diff", path, "first", "--format", "json")
    assert (2, "report_unreadable") == (outcome.code, json.loads(outcome.err)["error"]["code"])


def test_the_suffix_of_the_file_chooses_the_renderer(ask, tmp_path):
    """The file is written whole, its directories are made, and the place is told."""
    target = tmp_path / "deep" / "report.html"
    outcome = ask("report", "compare", "first", "second", "--output", target)
    assert f"Wrote output to {target}\n" == outcome.out
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "" == ask("report", "snapshot", "first", "--output", tmp_path / "a.md", "--quiet").out
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("# Run Snapshot Report")


def test_a_report_is_saved_in_the_workspace(ask, small):
    """`--save` takes the directory of reports; beside `--output` it is refused."""
    outcome = ask("report", "project", "alpha", "--render", "text", "--save")
    path = small / "reports" / "project-summary-report-alpha.txt"
    assert f"Wrote output to {path}\n" == outcome.out
    assert path.is_file()
    assert 2 == ask("report", "project", "alpha", "--save", "--output", "x").code


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("report", "snapshot", "nobody"), 1, "query_run_not_found"),
        (("report", "snapshot", "first", "--render", "docx"), 1, "plugin_missing"),
        (("report", "snapshot", "first", "--output", "x.docx"), 1, "renderer_unknown_suffix"),
        (("report", "multi"), 2, "usage_error"),
        (("export", "html"), 2, "usage_error"),
        (("export", "html", "--run", "first", "--left", "second"), 2, "usage_error"),
        (("export", "metrics", "first", "--project", "alpha"), 2, "usage_error"),
        (("export", "runs", "--output", "x.xlsx"), 1, "export_unknown_format"),
        (("export", "runs", "--after", "noon"), 2, "bad_time"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_told(ask, words, code, told):
    """The exit code and the code of the error say what was wrong; nothing is written to stdout."""
    outcome = ask(*words)
    assert (code, "") == (outcome.code, outcome.out)
    assert f"[{told}]" in outcome.err


def exported(program, small, *words, cwd):
    """Call an export in a process of its own, whose stdout takes bytes."""
    return program.run("export", *words, "--workspace", str(small), cwd=cwd)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_csv_unless_asked_otherwise(program, small, tmp_path, name):
    """Each table goes to stdout as CSV, or in the format that was typed."""
    outcome = exported(program, small, name, *EXPORTS[name], cwd=tmp_path)
    assert (0, "") == (outcome.code, outcome.err)
    rows = list(csv.DictReader(StringIO(outcome.out)))
    lines = exported(program, small, name, *EXPORTS[name], "--format", "jsonl", cwd=tmp_path).out.splitlines()
    assert len(rows) == len(lines) > (-1 if name == "anomaly" else 1)
    assert all(set(row) == set(json.loads(line)) for row, line in zip(rows, lines, strict=True))


@pytest.mark.parametrize("name", sorted(EXPORTS.keys() - {"metrics"}))
def test_an_export_can_be_spelled_with_its_format(program, small, tmp_path, name):
    """`export csv NAME`, the spelling of version 1.0.0, writes what `export NAME` writes as CSV."""
    words = (name, *EXPORTS[name])
    expected = exported(program, small, *words, cwd=tmp_path)
    outcome = exported(program, small, "csv", *words, cwd=tmp_path)
    assert (0, expected.out, "") == (outcome.code, outcome.out, outcome.err)


def test_an_export_that_is_spelled_with_its_format_ignores_the_suffix(ask, tmp_path):
    """The name of the command decides, also against a suffix that means another format."""
    target = tmp_path / "runs.parquet"
    assert 0 == ask("export", "csv", "runs", "--output", target).code
    assert "run_id" in target.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert 2 == ask("export", "csv", "runs", "--format", "json").code


def test_an_export_can_be_filtered(ask, tmp_path):
    """Runs are chosen by project, status and number."""
    target = tmp_path / "runs.json"
    ask("export", "runs", "--project", "alpha", "--status", "completed", "--limit", "2", "--output", target)
    assert ["shared", "second"] == [row["name"] for row in json.loads(target.read_text(encoding="utf-8"))]


def test_an_export_is_saved_in_the_workspace(ask, small):
    """`--save` takes the directory of exports."""
    outcome = ask("export", "runs", "--format", "parquet", "--save")
    assert f"Wrote output to {small / 'exports' / 'runs.parquet'}\n" == outcome.out
    page = ask("export", "html", "--left", "first", "--right", "second", "--save", "--quiet")
    assert (0, "") == (page.code, page.out)
    (path,) = (small / "exports").glob("run-comparison-report-*.html")
    assert "<h2>Metric Deltas</h2>" in path.read_text(encoding="utf-8")
