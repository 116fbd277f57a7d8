"""Two reports section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contexta.errors import ComparisonError
from contexta.spi.comparison import ReportComparison, SectionDiff
from contexta.spi.views import CompletenessNote

__all__ = ["compare_documents"]


def compare_documents(left: Any, right: Any) -> ReportComparison:
    """Compare two reports; sections belong together by their titles.

    Args:
        left: The report on the left: a mapping, or an object with ``to_dict()`` or attributes.
        right: The report on the right.

    Raises:
        ComparisonError: One of them is no report.
    """
    before, after = _as_mapping(left), _as_mapping(right)
    left_sections, right_sections = _sections(before), _sections(after)
    titles = sorted(left_sections.keys() | right_sections.keys())
    diffs = tuple(
        SectionDiff(
            title,
            left_sections.get(title),
            right_sections.get(title),
            left_sections.get(title) != right_sections.get(title),
        )
        for title in titles
    )
    notes = tuple(
        CompletenessNote(
            "warning",
            f"section_presence_changed:{title}",
            {"left_present": title in left_sections, "right_present": title in right_sections},
        )
        for title in titles
        if (title in left_sections) != (title in right_sections)
    )
    return ReportComparison(_title(before), _title(after), diffs, notes)


def _as_mapping(document: Any) -> Mapping[str, Any]:
    if isinstance(document, Mapping):
        return document
    if callable(getattr(document, "to_dict", None)):
        made = document.to_dict()
        if isinstance(made, Mapping):
            return made
    fields: Mapping[str, Any] | None = getattr(document, "__dict__", None)
    if fields:
        return fields
    raise ComparisonError(
        f"{type(document).__name__} is no report; pass a mapping with title and sections, or an object with to_dict()",
        code="compare_invalid_report_document",
        details={"type": type(document).__name__},
    )


def _title(document: Mapping[str, Any]) -> str:
    return str(document.get("title") or "Untitled Report")


def _sections(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bodies by title; of several with one title the last."""
    sections = [_as_mapping(each) for each in document.get("sections") or ()]
    return {str(each.get("title") or "Untitled Section"): each.get("body") for each in sections}
