"""Reports as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta_renderers.cells import RIGHT_ALIGNED, about_text, cell_text, note_text
from contexta_renderers.sparkline import figure_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.report_parts import ReportFigure, ReportFinding, ReportTable
    from contexta.spi.reports import RendererContext, RenderOptions, ReportDocument, ReportSection
    from contexta.spi.views import EvidenceLink

__all__ = ["MarkdownRenderer", "build", "escaped"]

# Everything that starts or ends something in CommonMark or in GitHub's dialect of it.
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
# At the start of a line there are headings, lists, quotes and rules.
_LINE_START = re.compile(r"^(\s*)([-+#=:])")
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s|$)")
_AUTOLINK = re.compile(r"(?i)(script|https?|ftp|data|file|mailto|vbscript):|\b(www)\.|(@)")
_MARKS = {"good": "✅", "info": "ℹ️", "warning": "⚠️", "error": "❌"}  # noqa: RUF001 - the sign itself


class MarkdownRenderer:
    """Writes GitHub's Markdown: tables, and figures as lines of bars; content never becomes markup."""

    name = "markdown"
    media_type = "text/markdown"
    suffix = ".md"

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str:
        """Return the report as Markdown."""
        lines = [f"# {escaped(document.title)}"]
        if document.summary:
            lines += ["", escaped(document.summary)]
        for section in document.sections:
            if options.section_titles and section.title not in options.section_titles:
                continue
            content = list(_section(section, options))
            if content or not section.body_repeats_content:
                lines += ["", f"## {escaped(section.title)}", *content]
        return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    safe = display_safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _SPECIAL.sub(r"\\\1", safe)
    # Parsers make links of bare addresses; an entity in the place of the sign keeps them text.
    safe = _AUTOLINK.sub(_not_a_link, safe)
    return _NUMBERED.sub(r"\1\\\2", _LINE_START.sub(r"\1\\\2", safe))


def _not_a_link(match: re.Match[str]) -> str:
    if match[3]:
        return "&#64;"
    return f"{match[1]}&#58;" if match[1] else f"{match[2]}&#46;"


def _section(section: ReportSection, options: RenderOptions) -> Iterator[str]:
    if section.body and not section.body_repeats_content:
        yield ""
        # Two blanks end a line, and each line stays one.
        # Blanks before a line would make code of it.
        yield "  \n".join(escaped(line.strip()) for line in section.body.splitlines())
    yield from _findings(section.findings)
    for figure in section.figures:
        yield from _figure(figure, options)
    for table in section.tables:
        yield from _table(table)
    if options.completeness_notes and section.notes:
        yield ""
        for note in section.notes:
            about = about_text(note.details)
            yield f"- {note.severity}: {escaped(note_text(note.summary))}" + (
                f" ({escaped(about)})" if about else ""
            )
    yield from _evidence(section.evidence_links)


def _findings(findings: tuple[ReportFinding, ...]) -> Iterator[str]:
    if findings:
        yield ""
    for finding in findings:
        code = f" `{finding.code}`" if re.fullmatch(r"[\w.:-]+", finding.code) else ""
        yield f"- {_MARKS[finding.severity]} **{finding.severity}**{code}: {escaped(finding.summary)}"
        if finding.next_step:
            yield f"  - Next: {escaped(finding.next_step)}"


def _table(table: ReportTable) -> Iterator[str]:
    yield ""
    if table.title:
        yield f"**{escaped(table.title)}**"
        yield ""
    yield f"| {' | '.join(_cell(column.title, 'text') for column in table.columns)} |"
    yield f"| {' | '.join('---:' if column.kind in RIGHT_ALIGNED else '---' for column in table.columns)} |"
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        yield f"| {' | '.join(_cell(cell, column.kind) for column, cell in cells)} |"


def _cell(value: object, kind: str) -> str:
    return " / ".join(escaped(line) for line in cell_text(value, kind).splitlines())


def _figure(figure: ReportFigure, options: RenderOptions) -> Iterator[str]:
    yield ""
    yield f"**{escaped(figure.title)}**"
    yield ""
    for name, drawing in figure_lines(figure, charts=options.charts):
        yield f"- {escaped(name)}: {escaped(drawing)}"
    if figure.caption:
        yield ""
        yield escaped(figure.caption)


def _evidence(links: tuple[EvidenceLink, ...]) -> Iterator[str]:
    if not links:
        return
    yield ""
    yield "Evidence:"
    yield ""
    for link in links:
        yield f"- {escaped(link.label)} ({escaped(link.kind)}: {escaped(link.ref)})"


def build(context: RendererContext, options: None) -> MarkdownRenderer:  # noqa: ARG001 - the factory's signature
    """Build the renderer."""
    return MarkdownRenderer()
