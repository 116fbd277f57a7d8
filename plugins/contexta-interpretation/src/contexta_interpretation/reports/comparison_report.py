"""The report on the differences between two runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta.spi.directions import higher_is_better
from contexta.spi.report_parts import FigureSeries, ReportFigure, ReportFinding
from contexta.spi.reports import ReportDocument, ReportSection
from contexta_interpretation.reports.figures import curve_figures
from contexta_interpretation.reports.sections import (
    columns,
    diagnostics_section,
    facts_section,
    notes_section,
    table_section,
)
from contexta_interpretation.reports.wording import counted, number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.comparison import MetricDelta, RunComparison, ValueChange
    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.repository import SupportsBulkQueries

__all__ = ["comparison_report"]

#: Metrics whose change is a finding, the greatest first.
_MOST_FINDINGS = 5
#: Metrics in the figure of relative changes.
_MOST_BARS = 20


def comparison_report(
    comparison: RunComparison, diagnostics: DiagnosticsResult, curves: SupportsBulkQueries | None
) -> ReportDocument:
    """Return the report.

    Args:
        comparison: The two runs.
        diagnostics: What was found in one of them.
        curves: Where their metrics are read; None where they are not.
    """
    deltas = [delta for row in comparison.stage_comparisons for delta in row.metric_deltas]
    names = _run_names(comparison)
    sections = [
        _summary_section(comparison, deltas),
        diagnostics_section(diagnostics),
        _metrics_section(deltas, comparison, names, curves),
        _values_section("Parameter Changes", comparison.parameter_changes, "No parameter changes."),
        _artifacts_section(comparison),
        _values_section("Environment Changes", comparison.environment_changes, "No environment changes."),
    ]
    provenance = comparison.provenance_comparison
    if provenance is not None:
        sections.append(
            facts_section(
                "Provenance",
                [
                    ("code_revision_changed", provenance.code_revision_changed),
                    ("config_hash_changed", provenance.config_hash_changed),
                    ("environment_changed", provenance.environment_changed),
                    ("dataset_refs_changed", provenance.dataset_refs_changed),
                ],
            )
        )
    sections.append(notes_section([*comparison.completeness_notes, *diagnostics.completeness_notes]))
    return ReportDocument(
        f"Run Comparison Report: {comparison.left_run_id} vs {comparison.right_run_id}",
        tuple(sections),
        _headline(names, deltas, comparison),
    )


def _headline(names: dict[str, str], deltas: Sequence[MetricDelta], comparison: RunComparison) -> str:
    left, right = names[comparison.left_run_id], names[comparison.right_run_id]
    verdicts = [
        (change > 0) == higher_is_better(delta.metric_key)
        for delta in deltas
        if (change := relative_change(delta))
    ]
    better, worse = verdicts.count(True), verdicts.count(False)
    return (
        f"{right} against {left}: {counted(better, 'metric')} better, {worse} worse; "
        f"{counted(len(comparison.parameter_changes), 'parameter')} and "
        f"{counted(len(comparison.artifact_changes), 'artifact')} changed."
    )


def _run_names(comparison: RunComparison) -> dict[str, str]:
    """Return the names of the two runs; their identifiers where both have one name."""
    labels = {link.ref: link.label for link in comparison.evidence_links if link.kind == "run"}
    ids = [comparison.left_run_id, comparison.right_run_id]
    names = {run_id: labels.get(run_id, run_id) for run_id in ids}
    return names if len(set(names.values())) == len(names) else {run_id: run_id for run_id in ids}


def _summary_section(comparison: RunComparison, deltas: Sequence[MetricDelta]) -> ReportSection:
    findings = tuple(_findings(comparison, deltas))
    return ReportSection(
        "Summary", comparison.summary, evidence_links=comparison.evidence_links, findings=findings
    )


def _findings(comparison: RunComparison, deltas: Sequence[MetricDelta]) -> Iterator[ReportFinding]:
    changed = [(delta, change) for delta in deltas if (change := relative_change(delta))]
    changed.sort(key=lambda pair: -abs(pair[1]))
    for delta, change in changed[:_MOST_FINDINGS]:
        better = (change > 0) == higher_is_better(delta.metric_key)
        yield ReportFinding(
            "good" if better else "warning",
            f"{_metric_name(delta)} is {'better' if better else 'worse'}: {number_text(delta.left_value)} → "
            f"{number_text(delta.right_value)} ({percent_text(change)}).",
            "metric_better" if better else "metric_worse",
        )
    for title, changes, code in (
        ("parameter", comparison.parameter_changes, "parameters_changed"),
        ("part", comparison.environment_changes, "environment_changed"),
    ):
        if changes:
            listed = ", ".join(change.key for change in changes[:_MOST_FINDINGS])
            more = len(changes) - _MOST_FINDINGS
            listed += f" and {more} more" if more > 0 else ""
            of_what = " of the environment" if title == "part" else ""
            verb = "differs" if len(changes) == 1 else "differ"
            yield ReportFinding("info", f"{counted(len(changes), title)}{of_what} {verb}: {listed}.", code)


def relative_change(delta: MetricDelta) -> float | None:
    """Return the change in relation to the left value; None where that is 0 or a side is missing."""
    if delta.delta is None or not delta.left_value:
        return None
    change = delta.delta / abs(delta.left_value)
    return change if math.isfinite(change) else None


def _metric_name(delta: MetricDelta) -> str:
    return f"{delta.stage_name}/{delta.metric_key}" if delta.stage_name else delta.metric_key


def _metrics_section(
    deltas: Sequence[MetricDelta],
    comparison: RunComparison,
    names: dict[str, str],
    curves: SupportsBulkQueries | None,
) -> ReportSection:
    figures = [figure for figure in (_change_figure(deltas),) if figure is not None]
    if curves is not None:
        keys = list(dict.fromkeys(delta.metric_key for delta in deltas))
        summaries = curves.metric_summaries([comparison.left_run_id, comparison.right_run_id], keys)
        figures += curve_figures(curves, summaries, names)[0]
    return table_section(
        "Metric Deltas",
        columns("Stage", "Metric", "Left:number", "Right:number", "Delta:number", "Relative Change"),
        (
            (
                delta.stage_name, delta.metric_key, delta.left_value, delta.right_value, delta.delta,
                None if (change := relative_change(delta)) is None else percent_text(change),
            )
            for delta in deltas
        ),
        (
            f"{delta.stage_name or 'run'}/{delta.metric_key}: left={delta.left_value}, right={delta.right_value}, "
            f"delta={delta.delta}"
            for delta in deltas
        ),
        empty="No metric deltas.",
        figures=tuple(figures),
    )  # fmt: skip


def _change_figure(deltas: Sequence[MetricDelta]) -> ReportFigure | None:
    changes = [(_metric_name(delta), change) for delta in deltas if (change := relative_change(delta))]
    if not changes:
        return None
    changes.sort(key=lambda pair: -abs(pair[1]))
    left_out = len(changes) - _MOST_BARS
    changes = changes[:_MOST_BARS]
    return ReportFigure(
        "Relative change",
        (
            FigureSeries(
                "change", tuple((place, change * 100) for place, (_, change) in enumerate(changes)), "%"
            ),
        ),
        kind="bar",
        y_label="% of the left value",
        categories=tuple(name for name, _ in changes),
        caption=f"The {_MOST_BARS} greatest changes; {left_out} more are in the table."
        if left_out > 0
        else "",
    )


def _values_section(title: str, changes: Sequence[ValueChange], empty: str) -> ReportSection:
    return table_section(
        title,
        columns("Name", "Change:status", "Left:value", "Right:value"),
        (
            (change.key, change.change, _plain(change.left_value), _plain(change.right_value))
            for change in changes
        ),
        (
            f"{change.key}: {change.change} ({change.left_value} -> {change.right_value})"
            for change in changes
        ),
        empty=empty,
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _artifacts_section(comparison: RunComparison) -> ReportSection:
    changes = comparison.artifact_changes
    return table_section(
        "Artifact Changes",
        columns("Kind", "Change:status", "Detail", "Left:ref", "Right:ref"),
        (
            (each.artifact_kind, each.change, each.change_detail, each.left_ref, each.right_ref)
            for each in changes
        ),
        (f"{each.artifact_kind}: {each.change} ({each.left_ref} -> {each.right_ref})" for each in changes),
        empty="No artifact changes.",
    )
