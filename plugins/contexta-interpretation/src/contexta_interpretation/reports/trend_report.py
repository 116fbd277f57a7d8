"""The report on a metric over runs."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from contexta.spi.directions import higher_is_better
from contexta.spi.report_parts import FigureLine, FigureSeries, ReportFigure, ReportFinding
from contexta.spi.reports import ReportDocument, ReportSection
from contexta.spi.views import EvidenceLink
from contexta_interpretation.reports.figures import finite
from contexta_interpretation.reports.sections import columns, notes_section, table_section
from contexta_interpretation.reports.wording import counted, number_text, percent_text

if TYPE_CHECKING:
    from contexta.spi.trends import MetricTrend, TrendPoint

__all__ = ["trend_report"]


def trend_report(trend: MetricTrend) -> tuple[ReportDocument, tuple[EvidenceLink, ...]]:
    """Return the report, and what it rests on.

    Args:
        trend: The metric.
    """
    points = trend.points
    links = tuple(EvidenceLink("run", point.run_id, point.run_name) for point in points)
    where = f" in {trend.project_name}" if trend.project_name else ""
    sections = (
        _findings_section(trend),
        table_section(
            "Series",
            columns("Run", "Value:number", "Stage", "Captured:time", "Reference:ref"),
            (
                (point.run_name, point.value, point.stage_name, point.captured_at, point.run_id)
                for point in points
            ),
            (f"{point.run_id}: value={point.value}, captured_at={point.captured_at}" for point in points),
            empty="No series points.",
            figures=(_figure(trend),) if len(points) > 1 else (),
            evidence_links=links,
        ),
        notes_section(trend.completeness_notes),
    )
    summary = f"{trend.metric_key}{where} over {counted(len(points), 'run')}, the oldest first."
    return ReportDocument(f"Trend Report: {trend.metric_key}", sections, summary), links


def _drawable(trend: MetricTrend) -> list[tuple[TrendPoint, float]]:
    return [(point, value) for point in trend.points if (value := finite(point.value)) is not None]


def _findings_section(trend: MetricTrend) -> ReportSection:
    known = _drawable(trend)
    if not known:
        return ReportSection("Findings", "No run has the metric.")
    upwards = higher_is_better(trend.metric_key)
    best_point, best = (max if upwards else min)(known, key=lambda pair: pair[1])
    findings = [
        ReportFinding("good", f"The best value is {number_text(best)}, of {best_point.run_name}.", "best_run")
    ]
    if len(known) > 1:
        *earlier, (latest_point, latest) = known
        usual = median(value for _, value in earlier)
        change = f" ({percent_text((latest - usual) / abs(usual))})" if usual else ""
        same = latest == usual
        better = (latest > usual) == upwards
        word = "equal to" if same else "better than" if better else "worse than"
        findings.append(
            ReportFinding(
                "info" if same else "good" if better else "warning",
                f"The newest value, {number_text(latest)} of {latest_point.run_name}, is {word} the median of the "
                f"{counted(len(earlier), 'run')} before it, {number_text(usual)}{change}.",
                "newest_value",
            )
        )
    return ReportSection(
        "Findings",
        "\n".join(finding.summary for finding in findings),
        findings=tuple(findings),
        body_repeats_content=True,
    )


def _figure(trend: MetricTrend) -> ReportFigure:
    known = _drawable(trend)
    lines = (FigureLine(median(value for _, value in known), "median"),) if known else ()
    points = tuple((place, finite(point.value)) for place, point in enumerate(trend.points))
    return ReportFigure(
        trend.metric_key,
        (FigureSeries(trend.metric_key, points),),
        x_label="run",
        y_label=trend.metric_key,
        categories=tuple(point.run_name for point in trend.points),
        lines=lines,
    )
