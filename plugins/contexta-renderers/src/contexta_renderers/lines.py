"""What a section says, in lines: for the formats that have no columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_renderers.cells import cell_text, note_text

if TYPE_CHECKING:
    from contexta.spi.reports import ReportSection

__all__ = ["section_lines"]


def section_lines(section: ReportSection, *, completeness_notes: bool) -> list[str]:
    """Return the lines of a section: its body, and what the body does not say.

    Args:
        section: The section.
        completeness_notes: Whether notes on missing data are among them.
    """
    if section.body_repeats_content:
        # The body of a section of notes alone would say them all the same.
        if section.notes and not (section.tables or section.findings) and not completeness_notes:
            return []
        return section.body.splitlines()
    lines = section.body.splitlines()
    lines += [f"{finding.severity}: {finding.summary}" for finding in section.findings]
    for table in section.tables:
        for row in table.rows:
            cells = zip(table.columns, row, strict=True)
            lines.append(
                ", ".join(f"{column.title}={cell_text(cell, column.kind)}" for column, cell in cells)
            )
    if completeness_notes:
        lines += [f"{note.severity}: {note_text(note.summary)}" for note in section.notes]
    return lines
