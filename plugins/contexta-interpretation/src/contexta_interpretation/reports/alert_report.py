"""The report on the evaluation of alert rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.report_parts import ReportFinding
from contexta.spi.reports import ReportDocument, ReportSection
from contexta_interpretation.reports.sections import columns, notes_section, table_section
from contexta_interpretation.reports.wording import counted, number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.alerts import AlertResult
    from contexta.spi.views import EvidenceLink

__all__ = ["alert_report"]

_SIGNS = {"gt": ">", "lt": "<", "gte": "≥", "lte": "≤", "eq": "=", "ne": "≠"}
_GRAVEST_FIRST = ("error", "warning", "info")


def alert_report(results: Sequence[AlertResult]) -> tuple[ReportDocument, tuple[EvidenceLink, ...]]:
    """Return the report, and what it rests on.

    A rule whose metric is missing has neither passed nor been triggered, and stands apart.

    Args:
        results: The ``AlertResult`` objects.
    """
    triggered = sorted((each for each in results if each.triggered), key=_gravity)
    unknown = [each for each in results if not each.triggered and each.actual_value is None]
    passed = [each for each in results if not each.triggered and each.actual_value is not None]
    links = tuple(dict.fromkeys(link for each in results for link in each.evidence_links))
    notes = [note for each in results for note in each.completeness_notes]
    sections = (
        _triggered_section(triggered),
        _results_section("Not Evaluated", unknown, "Every rule was evaluated."),
        _results_section("Passed", passed, "No passing alerts."),
        notes_section(notes),
    )
    summary = (
        f"{counted(len(results), 'rule')} evaluated: {len(triggered)} triggered, {len(passed)} passed, "
        f"{len(unknown)} without a value."
    )
    return ReportDocument("Alert Report", sections, summary), links


def _gravity(result: AlertResult) -> int:
    return _GRAVEST_FIRST.index(result.severity) if result.severity in _GRAVEST_FIRST else len(_GRAVEST_FIRST)


def _triggered_section(results: Sequence[AlertResult]) -> ReportSection:
    findings = tuple(
        ReportFinding(
            result.severity if result.severity in _GRAVEST_FIRST else "warning",
            f"{result.rule_name}: {result.metric_key} is {number_text(result.actual_value)}, and "
            f"{_condition(result)} triggers.",
            "alert_triggered",
            evidence_links=tuple(result.evidence_links),
        )
        for result in results
    )
    return _results_section("Triggered", results, "No triggered alerts.", findings=findings)


def _results_section(title: str, results: Sequence[AlertResult], empty: str, **more: Any) -> ReportSection:
    return table_section(
        title,
        columns("Rule", "Severity:severity", "Metric", "Stage", "Value:number", "Triggers", "Run:ref"),
        (
            (
                each.rule_name, each.severity, each.metric_key, each.stage_name, each.actual_value,
                _condition(each), each.run_id,
            )
            for each in results
        ),
        (
            f"{each.run_id}: {each.rule_name} actual={each.actual_value} threshold={each.threshold}"
            for each in results
        ),
        empty=empty,
        **more,
    )  # fmt: skip


def _condition(result: AlertResult) -> str:
    return f"{_SIGNS.get(result.operator, result.operator)} {number_text(result.threshold)}"
