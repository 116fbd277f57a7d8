"""The report on the runs of a project."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contexta.spi.report_parts import FigureSeries, ReportFigure, ReportFinding
from contexta.spi.reports import ReportDocument, ReportSection
from contexta.spi.run_selection import newest_values
from contexta.spi.views import EvidenceLink
from contexta_interpretation.reports.figures import finite
from contexta_interpretation.reports.sections import columns, notes_section, table_section
from contexta_interpretation.reports.wording import counted, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.repository import SupportsBulkQueries
    from contexta.spi.views import CompletenessNote, RunRecord

__all__ = ["project_report"]

#: Metrics that are drawn over the runs, those of most runs first.
_MOST_METRICS = 4
#: Runs that are drawn, the newest.
_MOST_RUNS = 60
#: Runs that a finding names.
_NAMED = 5

#: How bad it is when runs end like this.
_FINDINGS = {"failed": "error", "interrupted": "warning", "cancelled": "info", "open": "info"}
_STATUSES = ("completed", "failed", "interrupted", "cancelled", "open")


def project_report(
    project_name: str,
    runs: Sequence[RunRecord],
    notes: Sequence[CompletenessNote],
    curves: SupportsBulkQueries | None,
) -> tuple[ReportDocument, tuple[EvidenceLink, ...]]:
    """Return the report, and what it rests on.

    Args:
        project_name: The project.
        runs: Its runs.
        notes: What is missing.
        curves: Where their metrics are read; None where they are not.
    """
    links = tuple(EvidenceLink("run", run.run_id, run.name) for run in runs)
    drawn = sorted(runs, key=lambda run: (run.started_at or "", run.run_id))[-_MOST_RUNS:]
    sections = [
        _findings_section(runs),
        table_section(
            "Runs",
            columns("Run", "Status:status", "Started:time", "Duration:seconds", "Reference:ref"),
            ((run.name, run.status, run.started_at, seconds_between(run), run.run_id) for run in runs),
            (
                f"{run.run_id}: name={run.name}, status={run.status}, started_at={run.started_at}"
                for run in runs
            ),
            empty="No runs.",
            figures=tuple(_run_figures(runs, drawn)),
        ),
    ]
    if curves is not None and runs:
        sections.append(_metrics_section(drawn, curves))
    sections.append(notes_section(notes))
    counts = Counter(run.status for run in runs)
    told = ", ".join(f"{counts[status]} {status}" for status in _ordered(counts))
    summary = f"{counted(len(runs), 'run')} of {project_name}{f': {told}' if told else ''}."
    return ReportDocument(f"Project Summary Report: {project_name}", tuple(sections), summary), links


def _ordered(counts: Counter[str]) -> list[str]:
    return [*(status for status in _STATUSES if status in counts), *sorted(counts.keys() - set(_STATUSES))]


def _findings_section(runs: Sequence[RunRecord]) -> ReportSection:
    findings = []
    for status, severity in _FINDINGS.items():
        hit = [run for run in runs if run.status == status]
        if hit:
            named = ", ".join(run.name for run in hit[:_NAMED])
            more = f" and {len(hit) - _NAMED} more" if len(hit) > _NAMED else ""
            findings.append(
                ReportFinding(
                    severity,
                    f"{counted(len(hit), 'run is', 'runs are')} {status}: {named}{more}.",
                    f"runs_{status}",
                )
            )
    if runs and not findings:
        findings.append(ReportFinding("good", "Every run has completed.", "runs_completed"))
    return ReportSection(
        "Findings",
        "\n".join(finding.summary for finding in findings) or "There is nothing to find.",
        findings=tuple(findings),
        body_repeats_content=bool(findings),
    )


def _run_figures(runs: Sequence[RunRecord], drawn: Sequence[RunRecord]) -> Iterator[ReportFigure]:
    counts = Counter(run.status for run in runs)
    statuses = _ordered(counts)
    if runs:
        yield ReportFigure(
            "Runs by status",
            (FigureSeries("runs", tuple((place, counts[status]) for place, status in enumerate(statuses))),),
            kind="bar",
            y_label="runs",
            categories=tuple(statuses),
        )
    points = tuple((place, seconds_between(run)) for place, run in enumerate(drawn))
    if sum(seconds is not None for _, seconds in points) > 1:
        yield ReportFigure(
            "Duration of runs",
            (FigureSeries("duration", points, "s"),),
            x_label="run",
            y_label="seconds",
            categories=tuple(run.name for run in drawn),
            caption=_newest(len(runs), len(drawn)),
        )


def _newest(total: int, drawn: int) -> str:
    return f"The newest {drawn} of {total} runs." if total > drawn else ""


def _metrics_section(drawn: Sequence[RunRecord], curves: SupportsBulkQueries) -> ReportSection:
    summaries = curves.metric_summaries([run.run_id for run in drawn])
    by_runs = Counter(key for _, key in {(each.run, each.key) for each in summaries})
    keys = sorted(by_runs, key=lambda key: (-by_runs[key], key))
    figures: list[ReportFigure] = []
    for key in keys:
        values = newest_values(summaries, key)
        points = tuple((place, finite(values.get(run.run_id))) for place, run in enumerate(drawn))
        # What is the same in every run needs no drawing.
        if len(figures) < _MOST_METRICS and len({value for _, value in points if value is not None}) > 1:
            figures.append(
                ReportFigure(
                    key,
                    (FigureSeries(key, points),),
                    x_label="run",
                    y_label=key,
                    categories=tuple(run.name for run in drawn),
                )
            )
    return table_section(
        "Metrics",
        columns("Metric", "Runs:number"),
        ((key, by_runs[key]) for key in keys),
        (f"{key}: {counted(by_runs[key], 'run')}" for key in keys),
        empty="No metrics.",
        figures=tuple(figures),
    )
