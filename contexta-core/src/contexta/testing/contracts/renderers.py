"""The contract of report renderers."""

from __future__ import annotations

import re
from typing import ClassVar

from contexta.spi.reports import RenderOptions, ReportDocument, ReportRenderer, ReportSection
from contexta.testing.contracts.contract import Contract

__all__ = ["ReportRendererContract"]


_HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) \x1b[31mred \u202egnirts"
_DOCUMENT = ReportDocument(
    title="Run of a model",
    sections=(
        ReportSection("Summary", "It went well.\nIt took an hour."),
        ReportSection("Metrics", "loss fell to 0.25"),
    ),
)
#: Cells that a spreadsheet would run.
_FORMULAS = ("=1+1", "+1+1", "-1+1+cmd", "@SUM(1)")


class ReportRendererContract(Contract, contract=True):
    """What a report renderer promises (``contexta.spi.reports.ReportRenderer``).

    ::

        class TestMyRenderer(ReportRendererContract):
            def open_renderer(self):
                return MyRenderer()
    """

    required: ClassVar[tuple[str, ...]] = ("open_renderer",)

    def open_renderer(self) -> ReportRenderer:
        """Make the renderer that is tested; every subclass gives this."""
        raise AssertionError  # never called: a subclass without it cannot be defined

    def _text(self, document: ReportDocument, **options: object) -> str:
        rendered = self.open_renderer().render(document, options=RenderOptions(**options))  # type: ignore[arg-type]  # as given
        return rendered if isinstance(rendered, str) else rendered.decode("utf-8", "replace")

    def test_it_says_what_it_writes(self) -> None:
        """It has a name, a media type and a suffix with its dot."""
        renderer = self.open_renderer()
        assert isinstance(renderer, ReportRenderer)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", renderer.name)
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", renderer.media_type.partition(";")[0])
        assert re.fullmatch(r"\.[a-z0-9.]+", renderer.suffix)

    def test_it_returns_text_or_bytes(self) -> None:
        """A rendered report is text, or bytes, and not empty."""
        rendered: object = self.open_renderer().render(_DOCUMENT, options=RenderOptions())
        assert isinstance(rendered, (str, bytes))
        assert rendered

    def test_everything_is_in_it(self) -> None:
        """Titles and bodies are in what is written."""
        text = self._text(_DOCUMENT)
        for wanted in ("Summary", "It went well.", "Metrics", "loss fell to 0.25"):
            assert wanted in text

    def test_it_renders_the_same_each_time(self) -> None:
        """The same report is rendered to the same bytes, and is not changed by it."""
        before = _DOCUMENT.to_dict()
        assert self._text(_DOCUMENT) == self._text(_DOCUMENT)
        assert before == _DOCUMENT.to_dict()

    def test_only_the_sections_that_are_asked_for(self) -> None:
        """With titles of sections only those are written."""
        text = self._text(_DOCUMENT, section_titles=("Metrics",))
        assert "loss fell to 0.25" in text
        assert "It went well." not in text

    def test_an_empty_report_is_no_error(self) -> None:
        """A report without sections is rendered."""
        self._text(ReportDocument(title="Nothing", sections=()))

    def test_hostile_text_is_escaped(self) -> None:
        """Markup, control characters and formulas that somebody named a run are no markup, control or formula."""
        sections = (ReportSection(_HOSTILE, _HOSTILE), *(ReportSection(each, each) for each in _FORMULAS))
        text = self._text(ReportDocument(title=_HOSTILE, sections=sections))
        assert "\x1b" not in text
        media_type = self.open_renderer().media_type
        if media_type.startswith(("text/html", "text/markdown")):
            assert "<script" not in text
            assert not re.search(r"(?i)(?:href|src)\s*=\s*[\"']?javascript:", text)
        if media_type.startswith("text/csv"):
            import csv
            import io

            cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
            assert [] == [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
