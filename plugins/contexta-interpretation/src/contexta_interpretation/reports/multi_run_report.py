"""The report on several runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.report_parts import FigureSeries, ReportFigure, ReportFinding, TableColumn
from contexta.spi.reports import ReportDocument, ReportSection
from contexta_interpretation.reports.figures import MOST_FIGURES, curve_figures, finite
from contexta_interpretation.reports.sections import columns, notes_section, table_section
from contexta_interpretation.reports.wording import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.comparison import MultiRunComparison, MultiRunMetricRow
    from contexta.spi.repository import SupportsBulkQueries

__all__ = ["multi_run_report"]

#: Metrics whose best run is a finding.
_MOST_FINDINGS = 8


def multi_run_report(comparison: MultiRunComparison, curves: SupportsBulkQueries | None) -> ReportDocument:
    """Return the report.

    Args:
        comparison: The runs.
        curves: Where their metrics are read; None where they are not.
    """
    names = _names(comparison)
    figures = [_row_figure(row, names) for row in _telling(comparison.metric_table)[:MOST_FIGURES]]
    if curves is not None:
        by_id = dict(zip(comparison.run_ids, names, strict=True))
        figures += curve_figures(curves, curves.metric_summaries(comparison.run_ids), by_id)[0]
    kinds = comparison.artifact_kind_counts
    sections = (
        ReportSection(
            "Summary",
            comparison.summary,
            evidence_links=comparison.evidence_links,
            findings=tuple(
                _best_finding(row, comparison.run_ids, names)
                for row in _telling(comparison.metric_table)
                if row.best_run_id in comparison.run_ids
            )[:_MOST_FINDINGS],
        ),
        table_section(
            "Run IDs",
            columns("Run", "Reference:ref"),
            zip(comparison.run_names, comparison.run_ids, strict=True),
            comparison.run_ids,
            empty="No runs.",
        ),
        table_section(
            "Metric Table",
            [*columns("Stage", "Metric"), *_number_columns(names), *columns("Best")],
            (
                (row.stage_name, row.metric_key, *row.values, _best_name(row, comparison.run_ids, names))
                for row in comparison.metric_table
            ),
            (f"{row.stage_name or 'run'}/{row.metric_key}: {row.values}" for row in comparison.metric_table),
            empty="No metric rows.",
            figures=tuple(figures),
        ),
        table_section(
            "Artifacts",
            [*columns("Kind"), *_number_columns(names)],
            ((row.artifact_kind, *row.counts) for row in kinds),
            (f"{row.artifact_kind}: {row.counts}" for row in kinds),
            empty="No artifacts.",
        ),
        notes_section(comparison.completeness_notes),
    )
    return ReportDocument(
        f"Multi Run Report: {len(names)} runs", sections, f"{', '.join(names)} side by side."
    )


def _names(comparison: MultiRunComparison) -> list[str]:
    """Return what the runs are called; where several have one name, their identifiers."""
    names = list(comparison.run_names)
    return names if len(set(names)) == len(names) else list(comparison.run_ids)


def _number_columns(names: Sequence[str]) -> list[TableColumn]:
    return [TableColumn(name, "number") for name in names]


def _telling(rows: Sequence[MultiRunMetricRow]) -> list[MultiRunMetricRow]:
    """Return the rows in which runs differ."""
    return [row for row in rows if len({value for value in map(finite, row.values) if value is not None}) > 1]


def _row_figure(row: MultiRunMetricRow, names: Sequence[str]) -> ReportFigure:
    title = f"{row.stage_name}/{row.metric_key}" if row.stage_name else row.metric_key
    points = tuple((place, finite(value)) for place, value in enumerate(row.values))
    return ReportFigure(
        title,
        (FigureSeries(row.metric_key, points),),
        kind="bar",
        y_label=row.metric_key,
        categories=tuple(names),
    )


def _best_name(row: MultiRunMetricRow, run_ids: Sequence[str], names: Sequence[str]) -> str | None:
    return names[run_ids.index(row.best_run_id)] if row.best_run_id in run_ids else None


def _best_finding(row: MultiRunMetricRow, run_ids: Sequence[str], names: Sequence[str]) -> ReportFinding:
    title = f"{row.stage_name}/{row.metric_key}" if row.stage_name else row.metric_key
    place = run_ids.index(row.best_run_id or "")
    return ReportFinding(
        "good", f"{title} is best in {names[place]}: {number_text(row.values[place])}.", "best_run"
    )
