"""Nothing that somebody calls a run harms whoever reads a report of it, in any format."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from contexta.contract.text import display_safe

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

#: The elements and attributes that our templates write.
ELEMENTS = {
    "a", "article", "body", "code", "details", "div", "figcaption", "figure", "h1", "h2", "h3", "head",
    "html", "li", "main", "meta", "nav", "p", "section", "span", "style", "summary", "table", "tbody", "td",
    "th", "thead", "title", "tr", "ul", "br", "svg", "line", "text", "path", "circle", "rect",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "charset", "class", "color-scheme", "content", "cx", "cy", "d", "height",
    "href", "http-equiv", "id", "lang", "name", "r", "role", "rx", "scope", "tabindex", "title",
    "transform", "viewbox", "width", "x", "x1", "x2", "y", "y1", "y2",
}  # fmt: skip


class Page(HTMLParser):
    """Every element, attribute and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.texts = set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        pytest.fail(f"a comment: {data}")


def rendered(document, name, **options):
    """Render a document as text."""
    text = document.render(name, **options)
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("fragment", [False, True])
def test_html_has_only_the_elements_of_our_templates(document_saying, hostile_texts, fragment):
    """Content is text: no element, attribute, address or comment comes from it, and no control character stays."""
    for hostile in hostile_texts:
        text = rendered(document_saying(hostile), "html", fragment=fragment)
        page = Page(text)
        assert page.elements <= ELEMENTS, hostile
        assert {name for name, _ in page.attributes} <= ATTRIBUTES, hostile
        assert all(value.startswith("#section-") for name, value in page.attributes if name == "href"), (
            hostile
        )
        assert "javascript:" not in text.lower()
        assert CONTROLS.search(text) is None, hostile


def test_html_shows_what_was_said(document_saying, hostile_texts):
    """What is written is what was said, control and direction characters in their visible form."""
    for hostile in hostile_texts:
        page = Page(rendered(document_saying(hostile), "html"))
        first_line = display_safe(hostile, multiline=True).strip().splitlines()[0].strip()
        assert first_line in "".join(page.texts), hostile


def test_templates_do_not_run_content(document_saying):
    """Content that looks like a template is shown and not worked out."""
    text = rendered(document_saying("{{ 7919 * 7907 }}"), "html")
    assert "{{ 7919 * 7907 }}" in text
    assert "62615533" not in "".join(Page(text).texts)


def _markdown_parts(text):
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
    tokens = parser.parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    return tokens, inline


@pytest.mark.parametrize("kind", ["document", "title"])
def test_markdown_has_no_markup_of_content(document_saying, hostile_texts, kind):
    """In a parser's eyes there is no HTML, link, image, code or emphasis from content, and no forged heading."""
    for hostile in hostile_texts:
        document = document_saying(hostile)
        text = rendered(document, "markdown")
        tokens, inline = _markdown_parts(text)
        types = {token.type for token in tokens} | {token.type for token in inline}
        assert not types & {
            "html_block",
            "html_inline",
            "link_open",
            "image",
            "fence",
            "code_block",
            "hr",
            "s_open",
        }
        headings = [token for token in tokens if token.type == "heading_open"]
        assert len(headings) == 1 + len(document.sections), hostile
        assert "javascript:" not in text.lower()
        assert CONTROLS.search(text) is None, hostile
        if kind == "title":
            first = next(token for token in tokens if token.type == "inline")
            shown = "".join(child.content for child in first.children)
            assert display_safe(hostile.strip()).strip() == shown.strip()


@given(st.text(min_size=1, max_size=40))
def test_any_title_is_shown_by_markdown_as_it_is(text):
    """A Markdown parser gives back the text that was escaped, whatever it is."""
    from contexta_renderers.markdown import escaped

    tokens, _ = _markdown_parts(f"# {escaped(text)} .")
    assert [token.type for token in tokens] == ["heading_open", "inline", "heading_close"]
    shown = "".join(child.content for child in tokens[1].children)
    assert " ".join(f"{display_safe(text)} .".split()) == " ".join(shown.split())


def test_csv_has_no_formula_and_no_control_character(document_saying, hostile_texts):
    """No field starts a formula in a spreadsheet; the rows are those of RFC 4180."""
    for hostile in hostile_texts:
        text = rendered(document_saying(hostile), "csv")
        rows = list(csv.reader(StringIO(text, newline=""), strict=True))
        assert ["section_title", "body"] == rows[0]
        assert all(len(row) == 2 for row in rows)
        for row in rows[1:]:
            assert not [field for field in row if field.lstrip(" ").startswith(tuple("=+-@\t\r"))], hostile
        assert CONTROLS.search(text.replace("\r\n", "")) is None, hostile


def test_json_is_data_that_a_page_can_embed(document_saying, hostile_texts):
    """JSON gives back exactly what was said, in ASCII without a character of markup."""
    for hostile in hostile_texts:
        document = document_saying(hostile)
        text = rendered(document, "json")
        assert document.to_dict() == json.loads(text)
        assert text.isascii()
        assert not set("<>&\x1b") & set(text)


def test_plain_text_has_no_control_character(document_saying, hostile_texts):
    """A terminal that shows the text is not steered by it."""
    for hostile in hostile_texts:
        text = rendered(document_saying(hostile), "text")
        assert CONTROLS.search(text) is None, hostile


def test_reports_of_hostile_runs_are_harmless(open_workspace, hostile_texts):
    """From capture to page: runs, stages, tags, parameters and events with hostile names make harmless pages."""
    ctx = open_workspace()
    ids = []
    for number, hostile in enumerate(text for text in hostile_texts if "\x00" not in text):
        with ctx.run(hostile, run_id=f"r{number}", tags={"who": hostile}) as run:
            run.params({"note": hostile})
            with run.stage(hostile) as stage:
                stage.metric("loss", number / 7)
            run.event("said", message=hostile)
        ids.append(f"r{number}")
    reports = [
        ctx.build_snapshot_report(ids[0]),
        ctx.build_run_report(ids[0], ids[1]),
        ctx.build_multi_run_report(ids),
        ctx.build_project_summary_report(ctx.project_name),
        ctx.build_trend_report("loss"),
    ]
    for report in reports:
        page = Page(report.to_html())
        assert page.elements <= ELEMENTS
        tokens, inline = _markdown_parts(report.to_markdown())
        assert not {"html_inline", "link_open", "image"} & {token.type for token in [*tokens, *inline]}
        assert CONTROLS.search(report.to_html() + report.to_markdown() + report.render("text")) is None
