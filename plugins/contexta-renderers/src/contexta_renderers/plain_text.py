"""Reports as plain text."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta_renderers.cells import RIGHT_ALIGNED, about_text, cell_text, note_text
from contexta_renderers.sparkline import figure_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.report_parts import ReportFigure, ReportTable
    from contexta.spi.reports import RendererContext, RenderOptions, ReportDocument, ReportSection

__all__ = ["TextRenderer", "build"]


class TextRenderer:
    """Writes text with aligned tables, for terminals, logs and mails."""

    name = "text"
    media_type = "text/plain"
    suffix = ".txt"

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str:
        """Return the report as text without control characters."""
        title = display_safe(document.title)
        lines = [title, "=" * _width(title)]
        if document.summary:
            lines += ["", display_safe(document.summary)]
        for section in document.sections:
            if options.section_titles and section.title not in options.section_titles:
                continue
            content = list(_section(section, options))
            if content or not section.body_repeats_content:
                heading = display_safe(section.title)
                lines += ["", heading, "-" * _width(heading), *content]
        return "\n".join(line.rstrip() for line in lines) + "\n"


def _section(section: ReportSection, options: RenderOptions) -> Iterator[str]:
    if not section.body_repeats_content:
        yield from (display_safe(line) for line in section.body.splitlines())
    for finding in section.findings:
        yield f"[{finding.severity}] {display_safe(finding.summary)}"
        if finding.next_step:
            yield f"    next: {display_safe(finding.next_step)}"
    for figure in section.figures:
        yield from _figure(figure, options)
    for table in section.tables:
        yield from _table(table)
    if options.completeness_notes:
        for note in section.notes:
            about = about_text(note.details)
            told = f"{note.severity}: {note_text(note.summary)}"
            yield display_safe(f"{told} ({about})" if about else told)
    if section.evidence_links:
        yield ""
        yield "Evidence:"
        for link in section.evidence_links:
            yield display_safe(f"  {link.label} ({link.kind}: {link.ref})")


def _figure(figure: ReportFigure, options: RenderOptions) -> Iterator[str]:
    drawn = [
        (display_safe(name), display_safe(text)) for name, text in figure_lines(figure, charts=options.charts)
    ]
    width = max((_width(name) for name, _ in drawn), default=0)
    yield display_safe(figure.title)
    for name, text in drawn:
        yield f"  {_padded(name, width)}  {text}"
    if figure.caption:
        yield f"  {display_safe(figure.caption)}"
    yield ""


def _table(table: ReportTable) -> Iterator[str]:
    if table.title:
        yield display_safe(table.title)
    rows = [[display_safe(column.title) for column in table.columns]]
    rows += [
        [display_safe(cell_text(cell, column.kind)) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    widths = [max(_width(row[place]) for row in rows) for place in range(len(table.columns))]
    right = [column.kind in RIGHT_ALIGNED for column in table.columns]
    for row in rows:
        yield _aligned(row, widths, right)


def _aligned(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = zip(row, widths, right, strict=True)
    return "  ".join(_padded(text, width, right=to_right) for text, width, to_right in cells)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks


def _width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def build(context: RendererContext, options: None) -> TextRenderer:  # noqa: ARG001 - the factory's signature
    """Build the renderer."""
    return TextRenderer()
