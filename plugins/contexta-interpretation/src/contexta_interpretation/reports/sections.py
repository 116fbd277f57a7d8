"""What reports have in common: their sections, and what the policy leaves out of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contexta.spi.report_parts import ReportFinding, ReportTable, TableColumn
from contexta.spi.reports import ReportSection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.config.models import ReportPolicy
    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.reports import ReportDocument
    from contexta.spi.views import CompletenessNote, EvidenceLink

__all__ = [
    "columns",
    "diagnostics_section",
    "distinct_notes",
    "facts_section",
    "finished",
    "links_of",
    "notes_section",
    "table_section",
]

NOTES_TITLE = "Completeness Notes"
EVIDENCE_TITLE = "Evidence"


def columns(*described: str) -> tuple[TableColumn, ...]:
    """Return columns from texts like ``"Size:bytes"``; text where no kind is said."""
    return tuple(
        TableColumn(title, kind or "text") for title, _, kind in (each.partition(":") for each in described)
    )


def table_section(
    title: str,
    table_columns: Sequence[TableColumn],
    rows: Iterable[Sequence[Any]],
    lines: Iterable[str],
    *,
    empty: str,
    **more: Any,
) -> ReportSection:
    """Return a section with one table, and its lines as text; a sentence in their place where there are none.

    Args:
        title: Its heading.
        table_columns: The columns of the table.
        rows: Its rows.
        lines: One line for each row.
        empty: What to say where there is no row.
        **more: Further fields of the section.
    """
    made = tuple(tuple(row) for row in rows)
    if not made:
        return ReportSection(title, empty, **more)
    return ReportSection(
        title,
        "\n".join(lines),
        tables=(ReportTable(tuple(table_columns), made),),
        body_repeats_content=True,
        **more,
    )


def facts_section(title: str, facts: Iterable[tuple[str, Any]], **more: Any) -> ReportSection:
    """Return a section of named values; None is left out."""
    known = [(name, value) for name, value in facts if value is not None]
    return table_section(
        title,
        columns("Field", "Value:value"),
        known,
        (f"{name}: {value}" for name, value in known),
        empty="Nothing is known.",
        **more,
    )


def diagnostics_section(diagnostics: DiagnosticsResult) -> ReportSection:
    """Return the findings of a diagnosis, the gravest first."""
    findings = tuple(
        ReportFinding(issue.severity, issue.summary, issue.code, issue.next_step, issue.evidence_links)
        for issue in diagnostics.issues
    )
    if not findings:
        return ReportSection("Diagnostics", "No diagnostics issues.")
    return ReportSection(
        "Diagnostics",
        "\n".join(f"{issue.severity}:{issue.code}: {issue.summary}" for issue in diagnostics.issues),
        evidence_links=tuple(diagnostics.evidence_links),
        findings=findings,
        body_repeats_content=True,
    )


def notes_section(notes: Iterable[CompletenessNote]) -> ReportSection:
    """Return the notes on what is missing."""
    made = distinct_notes(notes)
    lines = [f"{note.severity}: {note.summary}" for note in made]
    if not made:
        return ReportSection(NOTES_TITLE, "No completeness notes.")
    return ReportSection(NOTES_TITLE, "\n".join(lines), notes=made, body_repeats_content=True)


def distinct_notes(notes: Iterable[CompletenessNote]) -> tuple[CompletenessNote, ...]:
    """Return the notes, the first of those that say the same of the same."""
    first: dict[tuple[str, str, str], CompletenessNote] = {}
    for note in notes:
        first.setdefault((note.severity, note.summary, str(dict(note.details or {}))), note)
    return tuple(first.values())


def links_of(kind: str, links: Iterable[EvidenceLink]) -> tuple[EvidenceLink, ...]:
    """Return the links to things of one kind."""
    return tuple(link for link in links if link.kind == kind)


def finished(
    report: ReportDocument, policy: ReportPolicy, evidence: Iterable[EvidenceLink]
) -> ReportDocument:
    """Return a report as the policy wants it.

    Args:
        report: The report with everything in it.
        policy: What reports hold.
        evidence: What all of it rests on.
    """
    sections = list(report.sections)
    if not policy.include_completeness_notes:
        sections = [replace(section, notes=()) for section in sections if section.title != NOTES_TITLE]
    if policy.include_evidence_summary:
        shown = {link for section in sections for link in section.evidence_links}
        links = tuple(dict.fromkeys(evidence))
        sections.append(_evidence_section(links, tuple(link for link in links if link not in shown)))
    else:
        sections = [_without_evidence(section) for section in sections]
    return replace(report, sections=tuple(sections))


def _without_evidence(section: ReportSection) -> ReportSection:
    findings = tuple(replace(finding, evidence_links=()) for finding in section.findings)
    return replace(section, evidence_links=(), findings=findings)


def _evidence_section(links: Sequence[EvidenceLink], unseen: tuple[EvidenceLink, ...]) -> ReportSection:
    """Return how much evidence of each kind there is, with the links that no other section shows."""
    counts: dict[str, int] = {}
    for link in links:
        counts[link.kind] = counts.get(link.kind, 0) + 1
    rows = sorted(counts.items())
    return table_section(
        EVIDENCE_TITLE,
        columns("Kind", "Links:number"),
        rows,
        (f"{kind}: {count}" for kind, count in rows),
        empty="No evidence links.",
        evidence_links=unseen,
    )
