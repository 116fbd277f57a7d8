"""What templates are given: sections with their cells, badges and drawings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta_renderers.cells import MISSING, RIGHT_ALIGNED, about_text, cell_text, note_text
from contexta_renderers.charts.bar_chart import bar_chart
from contexta_renderers.charts.line_chart import line_chart
from contexta_renderers.sparkline import figure_lines

if TYPE_CHECKING:
    from contexta.spi.report_parts import ReportFigure, ReportFinding, ReportTable
    from contexta.spi.reports import RenderOptions, ReportDocument, ReportSection
    from contexta.spi.views import CompletenessNote, EvidenceLink
    from contexta_renderers.charts.drawing import Chart

__all__ = ["report_view"]

#: Words of a status or severity, by how they look.
_TONES = {
    "completed": "good",
    "good": "good",
    "added": "good",
    "failed": "error",
    "error": "error",
    "removed": "error",
    "interrupted": "warning",
    "cancelled": "warning",
    "warning": "warning",
    "changed": "warning",
    "ambiguous": "warning",
    "open": "info",
    "info": "info",
}


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: its text, how it looks, and what it says in full where the text is shorter."""

    text: str
    look: str
    full: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table."""

    title: str
    headings: tuple[CellView, ...]
    rows: tuple[tuple[CellView, ...], ...]


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure: drawn, or told in lines where it is not to be drawn or there is nothing to draw."""

    title: str
    caption: str
    chart: Chart | None
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NoteView:
    """A completeness note."""

    severity: str
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section."""

    title: str
    paragraph: tuple[str, ...]
    findings: tuple[ReportFinding, ...]
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]
    notes: tuple[NoteView, ...]
    evidence: tuple[EvidenceLink, ...]


def report_view(document: ReportDocument, options: RenderOptions) -> tuple[SectionView, ...]:
    """Return the sections as templates write them.

    Args:
        document: The report.
        options: What is shown.
    """
    wanted = [
        section
        for section in document.sections
        if not options.section_titles or section.title in options.section_titles
    ]
    views = [_section(section, options) for section in wanted]
    return tuple(
        view
        for view, section in zip(views, wanted, strict=True)
        # Of a section that holds nothing but notes, nothing is left without them.
        if not section.body_repeats_content or view.findings or view.figures or view.tables or view.notes
    )


def _section(section: ReportSection, options: RenderOptions) -> SectionView:
    return SectionView(
        section.title,
        () if section.body_repeats_content else tuple(section.body.splitlines()),
        section.findings,
        tuple(_figure(figure, options) for figure in section.figures),
        tuple(_table(table) for table in section.tables),
        tuple(_note(note) for note in section.notes) if options.completeness_notes else (),
        section.evidence_links,
    )


def _figure(figure: ReportFigure, options: RenderOptions) -> FigureView:
    chart = None
    if options.charts:
        chart = bar_chart(figure) if figure.kind == "bar" else line_chart(figure)
    lines = () if chart is not None else tuple(figure_lines(figure, charts=False))
    return FigureView(figure.title, figure.caption, chart, lines)


def _table(table: ReportTable) -> TableView:
    headings = tuple(
        CellView(column.title, "right" if column.kind in RIGHT_ALIGNED else "") for column in table.columns
    )
    rows = tuple(
        tuple(_cell(cell, column.kind) for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    )
    return TableView(table.title, headings, rows)


def _cell(value: Any, kind: str) -> CellView:
    text = cell_text(value, kind)
    if text == MISSING:
        return CellView(text, "missing right" if kind in RIGHT_ALIGNED else "missing")
    if kind in {"status", "severity"}:
        return CellView(text, "badge", tone=_TONES.get(text, "plain"))
    if kind in RIGHT_ALIGNED:
        exact = str(value)
        return CellView(text, "right", exact if exact != text else "")
    if kind == "time":
        return CellView(text, "time", str(value))
    return CellView(text, "ref" if kind == "ref" else "")


def _note(note: CompletenessNote) -> NoteView:
    return NoteView(note.severity, note_text(note.summary), about_text(note.details))
