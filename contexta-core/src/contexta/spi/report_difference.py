"""The differences between two reports, as a report."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from contexta.spi.report_parts import ReportTable, TableColumn
from contexta.spi.reports import ReportDocument, ReportSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.comparison import ReportComparison, SectionDiff

__all__ = ["report_of_difference"]

_LINE_COLUMNS = (TableColumn("Change", "status"), TableColumn("Left"), TableColumn("Right"))
_SECTION_COLUMNS = (TableColumn("Section"), TableColumn("Change", "status"))


def report_of_difference(comparison: ReportComparison) -> ReportDocument:
    """Return the differences between two reports as a report: an overview, then the lines that differ by section.

    Args:
        comparison: The differences.
    """
    diffs = comparison.section_diffs
    changed = [diff for diff in diffs if diff.changed]
    sections = [ReportSection("Sections", tables=(_overview(diffs),))] if diffs else []
    sections += [ReportSection(diff.section_title, tables=_tables(diff)) for diff in changed]
    # That a section is on one side alone stands in the overview already.
    notes = tuple(
        note
        for note in comparison.completeness_notes
        if not note.summary.startswith("section_presence_changed:")
    )
    if notes:
        sections.append(ReportSection("Completeness Notes", notes=notes))
    of_all = f"{len(diffs)} {'section' if len(diffs) == 1 else 'sections'}"
    summary = f"{len(changed)} of {of_all} differ." if changed else f"No difference in {of_all}."
    return ReportDocument(f"{comparison.left_title} → {comparison.right_title}", tuple(sections), summary)


def _lines(body: Any) -> list[str]:
    """Return the lines of the body of a section; any other value than text is one line."""
    if body is None:
        return []
    return body.splitlines() if isinstance(body, str) else [str(body)]


def _overview(diffs: tuple[SectionDiff, ...]) -> ReportTable:
    return ReportTable(_SECTION_COLUMNS, tuple((diff.section_title, diff.change) for diff in diffs))


def _tables(diff: SectionDiff) -> tuple[ReportTable, ...]:
    rows = tuple(_line_rows(diff))
    # A section without a line on either side differs in being there.
    return (ReportTable(_LINE_COLUMNS, rows),) if rows else ()


def _line_rows(diff: SectionDiff) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the lines that differ; those that took each other's place stand beside each other."""
    left, right = _lines(diff.left_body), _lines(diff.right_body)
    for word, start, end, other_start, other_end in SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        if word == "equal":
            continue
        before, after = left[start:end], right[other_start:other_end]
        for place in range(max(len(before), len(after))):
            one = before[place] if place < len(before) else None
            other = after[place] if place < len(after) else None
            yield _change(one, other), one, other


def _change(left: str | None, right: str | None) -> str:
    if left is None:
        return "added"
    return "removed" if right is None else "changed"
