"""What each renderer writes of a document, and how renderers are found."""

from __future__ import annotations

import csv
import json
import pickle
from dataclasses import asdict, replace
from io import StringIO

import pytest

from contexta.errors import MissingPluginError, RenderingError
from contexta.interpretation import ReportDocument, ReportSection
from contexta.plugins import Provider, hookimpl


def test_the_stock_renderers_are_installed(open_workspace):
    """Each of the five is an entry point of its own."""
    ctx = open_workspace()
    assert {"csv", "html", "json", "markdown", "text"} <= set(ctx._host.names("report_renderer"))


def test_markdown_holds_tables_findings_and_evidence(small_document):
    """The text of a small report, worked out by hand."""
    assert (
        small_document.to_markdown()
        == """\
# Report on r1

r1 is completed.

## Metrics

- ⚠️ **warning** `metric_diverged`: The loss rises.
  - Next: Lower the rate.

**loss**

- loss: █▃▁  1 → 0.25 (from 0.25 to 1)

| Metric | Value |
| --- | ---: |
| loss | 0.25 |

Evidence:

- r1 (run: run:demo.r1)

## Completeness Notes

- warning: artifact list empty (run\\_id run:demo.r1)
"""
    )


def test_text_is_aligned(small_document):
    """The text of a small report, worked out by hand."""
    assert (
        small_document.render("text")
        == """\
Report on r1
============

r1 is completed.

Metrics
-------
[warning] The loss rises.
    next: Lower the rate.
loss
  loss  █▃▁  1 → 0.25 (from 0.25 to 1)

Metric  Value
loss     0.25

Evidence:
  r1 (run: run:demo.r1)

Completeness Notes
------------------
warning: artifact list empty (run_id run:demo.r1)
"""
    )


def test_csv_has_a_row_for_each_section(small_document):
    """Title and lines of each section; the sections can be chosen by title."""
    rows = list(csv.DictReader(StringIO(small_document.to_csv(), newline="")))
    assert [("Metrics", "loss: 0.25"), ("Completeness Notes", "warning: artifact_list_empty")] == [
        (row["section_title"], row["body"]) for row in rows
    ]
    assert '"Metrics","loss: 0.25"\r\n' == small_document.to_csv(["Metrics"]).partition("\r\n")[2]


def test_json_is_the_document(small_document):
    """JSON holds what `to_dict` holds, and null where a number is not finite."""
    assert small_document.to_dict() == json.loads(small_document.render("json"))
    table = replace(small_document.sections[0].tables[0], rows=((float("nan"), float("inf")),))
    broken = replace(small_document, sections=(replace(small_document.sections[0], tables=(table,)),))
    assert [[None, None]] == json.loads(broken.render("json"))["sections"][0]["tables"][0]["rows"]


def test_html_is_a_page_with_a_chart(small_document):
    """One page with heading, table and drawing; nothing in it loads anything."""
    html = small_document.to_html()
    assert html.startswith("<!DOCTYPE html>")
    for part in (
        "<article>",
        "<h1>Report on r1</h1>",
        "<h2>Metrics</h2>",
        "<ul>",
        "<table",
        '<svg class="chart"',
    ):
        assert part in html
    for loading in ("<script", "src=", "@import", "url(", "http://", "https://"):
        assert loading not in html


def test_a_fragment_is_no_page(small_document):
    """A part for a page of somebody else's has no head, and touches nothing outside of itself."""
    html = small_document.render("html", fragment=True)
    assert "<html" not in html
    style = html.partition("<style>")[2].partition("</style>")[0]
    selectors = [
        line.strip()
        for line in style.splitlines()
        if line.rstrip().endswith("{") or ("{" in line and line.rstrip().endswith("}"))
    ]
    own = (".contexta-", "@media", "--")
    assert [] == [selector for selector in selectors if not selector.startswith(own)]


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_charts_and_notes_can_be_left_out(small_document, name):
    """Without charts the values are named in words; without notes their section is gone."""
    with_all = small_document.render(name)
    without = small_document.render(name, charts=False, completeness_notes=False)
    drawing = '<svg class="chart"' if name == "html" else "█"
    assert drawing in with_all
    assert "artifact list empty" in with_all
    assert drawing not in without
    assert "1 → 0.25" in without
    assert "Completeness Notes" not in without


def test_a_hand_made_section_shows_its_body_and_its_parts(small_document):
    """A body that does not repeat the content stands beside it."""
    section = replace(small_document.sections[0], body="Look here.", body_repeats_content=False)
    document = replace(small_document, sections=(section,))
    for name in ("html", "markdown", "text"):
        assert "Look here." in document.render(name)
        assert "The loss rises." in document.render(name)
    assert "Look here.\nwarning: The loss rises.\nMetric=loss, Value=0.25" in document.to_csv()


def test_documents_of_the_releases_before_render(small_document):
    """Title, body and links alone make a report, stripped as they were."""
    document = ReportDocument("  Old  ", [ReportSection(" First ", " a\nb ")])
    assert {
        "title": "Old",
        "sections": [{"title": "First", "body": "a\nb", "evidence_links": []}],
    } == document.to_json()
    assert "<p>a<br/>b</p>" in document.to_html()
    assert document.to_markdown() == "# Old\n\n## First\n\na  \nb\n"
    assert document.to_csv() == 'section_title,body\r\n"First","a\nb"\r\n'


def test_an_unknown_renderer_is_named_with_those_there_are(small_document):
    """The error says what is missing."""
    with pytest.raises(MissingPluginError, match="docx"):
        small_document.render("docx")


def test_an_unknown_option_is_refused(small_document):
    """The error lists the options."""
    with pytest.raises(RenderingError, match="completeness_notes") as caught:
        small_document.render("html", colour="red")
    assert caught.value.code == "render_option_unknown"


class Shouting:
    """A renderer of somebody else's."""

    name = "acme_shout"
    media_type = "text/x-shout"
    suffix = ".shout"

    def render(self, document, *, options):
        if document.title == "break":
            raise ZeroDivisionError("oh")
        if document.title == "number":
            return 3
        return f"{document.title.upper()} charts={options.charts}".encode()


class ShoutingPlugin:
    @hookimpl
    def contexta_report_renderers(self):
        return [
            Provider("acme_shout", lambda context, options: Shouting()),
            Provider("acme_nothing", lambda context, options: object()),
        ]


def test_a_renderer_of_a_third_party_is_used_the_same_way(open_workspace, tmp_path):
    """It is asked for by name, is given the options, and writes files of its suffix."""
    ctx = open_workspace(plugins=[ShoutingPlugin()])
    with ctx.run("quiet"):
        pass
    report = ctx.build_snapshot_report("quiet")
    assert report.render("acme_shout", charts=False).endswith(b"QUIET charts=False")
    path = report.save(tmp_path / "deep" / "report.shout")
    assert path.read_bytes().endswith(b"charts=True")


def test_a_renderer_that_fails_is_named(open_workspace):
    """Whatever it raises or returns, the error says which renderer it was, and others go on."""
    ctx = open_workspace(plugins=[ShoutingPlugin()])
    found = {}
    for title in ("break", "number"):
        with pytest.raises(RenderingError, match="acme_shout") as caught:
            ctx.presenter.render(ReportDocument(title), "acme_shout", {})
        found[title] = caught.value.code
    with pytest.raises(RenderingError, match="media_type, name, render, suffix") as caught:
        ctx.presenter.render(ReportDocument("x"), "acme_nothing", {})
    assert {"break": "renderer_failed", "number": "renderer_invalid"} == found
    assert caught.value.code == "renderer_invalid"
    assert ReportDocument("x").to_markdown() == "# x\n"


def test_a_report_is_saved_as_its_suffix_says(open_workspace, tmp_path):
    """The suffix chooses the renderer, a name overrules it, and an unknown one is refused with those there are."""
    ctx = open_workspace()
    with ctx.run("kept"):
        pass
    report = ctx.build_snapshot_report("kept")
    assert report.save(tmp_path / "a.md").read_text(encoding="utf-8") == report.to_markdown()
    assert report.save(tmp_path / "a.txt", renderer="json").read_text(encoding="utf-8") == report.render(
        "json"
    )
    assert report.save(str(tmp_path / "plain")).read_text(encoding="utf-8").startswith("<!DOCTYPE")
    with pytest.raises(RenderingError, match=r"\.csv, \.html, \.json, \.md, \.txt") as caught:
        report.save(tmp_path / "a.docx")
    assert caught.value.code == "renderer_unknown_suffix"


def test_a_report_is_plain_data(open_workspace):
    """It can be copied field by field, compared and pickled, wherever it came from."""
    ctx = open_workspace()
    with ctx.run("kept"):
        pass
    report = ctx.build_snapshot_report("kept")
    copied = pickle.loads(pickle.dumps(report))
    assert report == copied
    assert asdict(report)["title"] == report.title
    assert report.to_markdown() == copied.to_markdown() == replace(report).to_markdown()
