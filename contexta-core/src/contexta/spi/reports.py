"""Reports as data, and what a plugin implements that renders them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from contexta.spi.freezing import freeze_fields
from contexta.spi.presentation import Presented
from contexta.spi.rendering import Rendered

if TYPE_CHECKING:
    from contexta.config.models import SurfaceConfig
    from contexta.spi.report_parts import ReportFigure, ReportFinding, ReportTable
    from contexta.spi.views import CompletenessNote, EvidenceLink

__all__ = [
    "RenderOptions",
    "RendererContext",
    "ReportDocument",
    "ReportRenderer",
    "ReportSection",
]


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One section of a report.

    Args:
        title: Its heading; blanks around it are dropped.
        body: Its text, in lines; blanks around it are dropped.
        evidence_links: Where its statements come from.
        findings: What a reader should know first.
        tables: Its tables.
        figures: Its figures.
        notes: What is missing, or limits what it says.
        body_repeats_content: Whether the body says in lines what findings, tables and notes say; a renderer that
            shows those leaves the body out.
    """

    title: str
    body: str = ""
    evidence_links: tuple[EvidenceLink, ...] = ()
    findings: tuple[ReportFinding, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    figures: tuple[ReportFigure, ...] = ()
    notes: tuple[CompletenessNote, ...] = ()
    body_repeats_content: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title.strip())
        object.__setattr__(self, "body", self.body.strip())
        freeze_fields(self, sequences=("evidence_links", "findings", "tables", "figures", "notes"))

    def to_dict(self) -> dict[str, Any]:
        """Return the section as plain data; what it does not have beside its text is left out."""
        made: dict[str, Any] = {
            "title": self.title,
            "body": self.body,
            "evidence_links": [_link(link) for link in self.evidence_links],
        }
        for name in ("findings", "tables", "figures"):
            parts = getattr(self, name)
            if parts:
                made[name] = [part.to_dict() for part in parts]
        if self.notes:
            made["notes"] = [_note(note) for note in self.notes]
        if self.body_repeats_content:
            made["body_repeats_content"] = True
        return made


@dataclass(frozen=True, slots=True)
class ReportDocument(Rendered, Presented):
    """A report as data: sections with text, findings, tables, figures and notes.

    A report that a workspace has built is rendered by its plugins and as its configuration says; one that was made
    by hand by those of the workspace that was opened last, or by what is installed.

    Args:
        title: Its title; blanks around it are dropped.
        sections: Its sections, in the order of reading.
        summary: The whole in one sentence.
    """

    title: str
    sections: tuple[ReportSection, ...] = ()
    summary: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title.strip())
        freeze_fields(self, sequences=("sections",))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        made: dict[str, Any] = {
            "title": self.title,
            "sections": [section.to_dict() for section in self.sections],
        }
        if self.summary:
            made["summary"] = self.summary
        return made

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data that JSON can hold; ``render("json")`` returns text."""
        return self.to_dict()

    def to_report(self) -> ReportDocument:
        """Return the report itself: it is what is rendered."""
        return self


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a report is to be rendered; a renderer looks at what concerns its format.

    Args:
        charts: Whether figures are drawn; otherwise their values are named.
        completeness_notes: Whether notes on missing data are written.
        csv_delimiter: Character between the columns of CSV.
        section_titles: Titles of the only sections to write; all when empty.
        fragment: Whether a part of a page is wanted in place of a page of its own, for formats that know pages.
    """

    charts: bool = True
    completeness_notes: bool = True
    csv_delimiter: str = ","
    section_titles: tuple[str, ...] = ()
    fragment: bool = False


@dataclass(frozen=True, slots=True)
class RendererContext:
    """What the factory of a renderer is given.

    Args:
        surfaces: The surfaces section of the configuration.
    """

    surfaces: SurfaceConfig


@runtime_checkable
class ReportRenderer(Protocol):
    """Writes reports in one format; a plugin of the kind ``report_renderer`` whose factory takes a RendererContext.

    Content is hostile: it comes from whoever named a run.  A renderer escapes it for its format.
    """

    @property
    def name(self) -> str:
        """The word that asks for it."""

    @property
    def media_type(self) -> str:
        """What it writes: ``text/html``."""

    @property
    def suffix(self) -> str:
        """The suffix of files that hold it, with the dot: ``.html``."""

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str | bytes:
        """Return a report in this format."""


def _link(link: EvidenceLink) -> dict[str, str]:
    return {"kind": link.kind, "ref": link.ref, "label": link.label}


def _note(note: CompletenessNote) -> dict[str, Any]:
    return {"severity": note.severity, "summary": note.summary, "details": dict(note.details or {})}
