"""What the fields about reports, HTML and files change: two values of each, two outcomes."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from contexta.errors import RenderingError
from contexta.export import export_comparison_csv, export_html, export_runs


@pytest.fixture
def report(opened):
    """Open a workspace with fields set, capture a run with a metric, and return the report on it."""

    def build(fields=None, name="ws"):
        ctx = opened({"security.redaction_mode": "off", **(fields or {})}, name)
        with ctx.run("train", run_id="train") as run:
            run.params({"api_token": "hunter2hunter2"})
            for step in range(3):
                ctx.metric("loss", 1 / (step + 1), step=step)
        return ctx.build_snapshot_report("train")

    return build


def _titles(document):
    return {section.title for section in document.sections}


@pytest.mark.parametrize(("value", "is_there"), [(True, True), (False, False)])
def test_a_report_holds_completeness_notes_or_not(report, value, is_there):
    """include_completeness_notes: the notes have a section, or none are anywhere."""
    document = report({"interpretation.reports.include_completeness_notes": value})
    assert is_there == ("Completeness Notes" in _titles(document))
    assert is_there == any(section.notes for section in document.sections)


@pytest.mark.parametrize(("value", "is_there"), [(True, True), (False, False)])
def test_a_report_holds_the_lineage_or_not(report, value, is_there):
    """include_lineage_summary: the lineage of the run has a section, or it has not."""
    document = report({"interpretation.reports.include_lineage_summary": value})
    assert is_there == ("Lineage" in _titles(document))


@pytest.mark.parametrize(("value", "is_there"), [(True, True), (False, False)])
def test_a_report_holds_evidence_or_not(report, value, is_there):
    """include_evidence_summary: sections and findings name their evidence and it is summed up, or neither."""
    document = report({"interpretation.reports.include_evidence_summary": value})
    assert is_there == ("Evidence" in _titles(document))
    assert is_there == any(section.evidence_links for section in document.sections)
    assert is_there == any(
        finding.evidence_links for section in document.sections for finding in section.findings
    )


def test_html_can_be_forbidden(report):
    """surfaces.html.enabled: a page is rendered, or refused; other formats are not touched."""
    assert "<h1>" in report({"surfaces.html.enabled": True}).to_html()
    document = report({"surfaces.html.enabled": False}, name="other")
    with pytest.raises(RenderingError, match=r"surfaces\.html\.enabled") as caught:
        document.to_html()
    assert caught.value.code == "html_disabled"
    assert document.to_markdown().startswith("# ")


@pytest.mark.parametrize(("value", "is_drawn"), [(True, True), (False, False)])
def test_charts_are_in_the_page_or_not(report, value, is_drawn):
    """surfaces.html.inline_charts: figures are drawn, or their values are told."""
    html = report({"surfaces.html.inline_charts": value}).to_html()
    assert is_drawn == ('<svg class="chart"' in html)
    assert is_drawn != ("loss: 1 → 0.333333" in html)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_csv_has_the_configured_delimiter(report, delimiter):
    """surfaces.export.csv_delimiter: the columns are parted by it."""
    text = report({"surfaces.export.csv_delimiter": delimiter}).to_csv()
    assert text.startswith(f"section_title{delimiter}body\r\n")
    assert ["Diagnostics"] == next(csv.reader(StringIO(text.splitlines()[1]), delimiter=delimiter))[:1]


@pytest.mark.parametrize(("value", "is_out"), [(False, False), (True, True)])
def test_a_saved_report_holds_secrets_or_not(report, tmp_path, value, is_out):
    """allow_unredacted_local_exports: what was never redacted is replaced on its way out, or let out."""
    document = report({"security.allow_unredacted_local_exports": value})
    for suffix in (".html", ".md", ".json", ".csv", ".txt"):
        text = document.save(tmp_path / f"report{suffix}").read_text(encoding="utf-8")
        assert is_out == ("hunter2hunter2" in text), suffix


def test_reports_lie_where_they_should(report, tmp_path):
    """reports_path: a report without a path of its own is saved in the workspace, or in the configured directory."""
    assert report().save().parent == tmp_path / "ws" / "reports"
    elsewhere = tmp_path / "elsewhere"
    saved = report({"workspace.reports_path": str(elsewhere)}, name="other").save(renderer="markdown")
    assert saved == elsewhere / "run-snapshot-report-run-default-train.md"


@pytest.fixture
def compared(opened):
    """Open a workspace with fields set, in which one of two runs lacks a metric."""

    def capture(fields=None, name="ws"):
        ctx = opened(fields, name)
        for run_id in ("left", "right"):
            with ctx.run(run_id, run_id=run_id) as run, run.stage("train") as stage:
                for step in range(3):
                    stage.metric("loss", 1 / (step + 1), step=step)
                if run_id == "left":
                    stage.metric("accuracy", 0.5)
        return ctx

    return capture


@pytest.mark.parametrize(("value", "is_drawn"), [(True, True), (False, False)])
def test_charts_are_in_exported_pages_or_not(compared, value, is_drawn):
    """surfaces.export.html_inline_charts: an exported page holds its charts or not; others hold them all the same."""
    ctx = compared({"surfaces.export.html_inline_charts": value})
    report = ctx.build_snapshot_report("left")
    page = export_html(ctx, report).read_text(encoding="utf-8")
    assert is_drawn == ('<svg class="chart"' in page)
    assert '<svg class="chart"' in report.to_html()


@pytest.mark.parametrize(("value", "is_there"), [(True, True), (False, False)])
def test_exports_hold_completeness_notes_or_not(compared, value, is_there):
    """surfaces.export.include_completeness_notes: tables have a column of notes and pages a section, or neither."""
    ctx = compared({"surfaces.export.include_completeness_notes": value})
    assert is_there == ("sparse_metric_capture" in export_comparison_csv(ctx, "left", "right"))
    page = export_html(ctx, ctx.build_run_report("left", "right")).read_text(encoding="utf-8")
    assert is_there == ("<h2>Completeness Notes</h2>" in page)


def test_exports_lie_where_they_should(compared, tmp_path):
    """exports_path: an export without a path of its own lies in the workspace, or in the configured directory."""
    assert export_runs(compared()) == tmp_path / "ws" / "exports" / "runs.csv"
    elsewhere = tmp_path / "elsewhere"
    ctx = compared({"workspace.exports_path": str(elsewhere)}, name="other")
    assert export_runs(ctx, file_format="jsonl") == elsewhere / "runs.jsonl"


@pytest.mark.parametrize(("value", "is_out"), [(False, False), (True, True)])
def test_exported_tables_hold_secrets_or_not(opened, tmp_path, value, is_out):
    """allow_unredacted_local_exports: names, tags and parameters that were never redacted are replaced, or let out."""
    ctx = opened({"security.redaction_mode": "off", "security.allow_unredacted_local_exports": value})
    with ctx.run("token=hunter2hunter2", run_id="r", tags={"api_token": "hunter2hunter2"}) as run:
        run.params({"password": "hunter2hunter2"})
    for suffix in (".csv", ".json", ".jsonl"):
        text = export_runs(ctx, tmp_path / f"runs{suffix}").read_text(encoding="utf-8")
        assert is_out == ("hunter2hunter2" in text), suffix


def test_results_show_themselves_in_notebooks_or_not(compared):
    """surfaces.notebook.enabled: a result has HTML for a notebook, or its text alone."""
    shown = compared({"surfaces.notebook.enabled": True}).get_run_snapshot("left")
    assert "<h2>Stages</h2>" in shown._repr_mimebundle_()["text/html"]
    hidden = compared({"surfaces.notebook.enabled": False}, name="other").get_run_snapshot("left")
    assert hidden._repr_mimebundle_() is None
    assert hidden._repr_html_() is None
