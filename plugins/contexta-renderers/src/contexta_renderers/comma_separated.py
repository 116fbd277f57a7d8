"""Reports as CSV."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from contexta.contract.spreadsheets import field_text
from contexta_renderers.lines import section_lines

if TYPE_CHECKING:
    from contexta.spi.reports import RendererContext, RenderOptions, ReportDocument

__all__ = ["CsvRenderer", "build"]


class CsvRenderer:
    """Writes one row for each section: its title, and what it says in lines.  RFC 4180, every field quoted."""

    name = "csv"
    media_type = "text/csv"
    suffix = ".csv"

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str:
        """Return the report as CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
        stream = StringIO()
        writer = csv.writer(
            stream, delimiter=options.csv_delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n"
        )
        stream.write(f"section_title{options.csv_delimiter}body\r\n")
        for section in document.sections:
            if not options.section_titles or section.title in options.section_titles:
                lines = section_lines(section, completeness_notes=options.completeness_notes)
                writer.writerow([field_text(section.title), field_text("\n".join(lines))])
        return stream.getvalue()


def build(context: RendererContext, options: None) -> CsvRenderer:  # noqa: ARG001 - the factory's signature
    """Build the renderer."""
    return CsvRenderer()
