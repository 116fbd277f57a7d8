"""The report on one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.directions import higher_is_better
from contexta.spi.reports import ReportDocument, ReportSection
from contexta.spi.stage_names import stage_component
from contexta.spi.views import CompletenessNote
from contexta_interpretation.reports.figures import curve_figures
from contexta_interpretation.reports.sections import (
    columns,
    diagnostics_section,
    facts_section,
    links_of,
    notes_section,
    table_section,
)
from contexta_interpretation.reports.wording import counted, number_text, seconds_between, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.lineage import LineageEdge, LineageTraversal
    from contexta.spi.querying import RunSnapshot
    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import SupportsBulkQueries
    from contexta.spi.views import RelationRecord

__all__ = ["snapshot_report"]

#: Samples that are listed one by one.
_LISTED_SAMPLES = 20
#: Edges of the lineage that are listed one by one, the nearest first.
_LISTED_EDGES = 50


def snapshot_report(
    snapshot: RunSnapshot,
    diagnostics: DiagnosticsResult,
    curves: SupportsBulkQueries,
    *,
    include_lineage: bool,
    lineage: LineageTraversal | None,
) -> ReportDocument:
    """Return the report.

    Args:
        snapshot: The run.
        diagnostics: What was found in it.
        curves: Where its metrics are read.
        include_lineage: Whether a section lists what it came from, and what came from it.
        lineage: Its lineage; None where only its recorded relations are known.
    """
    summaries = sorted(
        curves.metric_summaries([snapshot.run.run_id]), key=lambda each: (each.key, each.stage or "")
    )
    sections = [
        diagnostics_section(diagnostics),
        _run_section(snapshot),
        _metrics_section(snapshot, summaries, curves),
        _parameters_section(snapshot),
        _stages_section(snapshot),
        _artifacts_section(snapshot),
        _batches_section(snapshot),
        _deployments_section(snapshot),
        _samples_section(snapshot),
    ]
    if include_lineage:
        sections.append(_lineage_section(snapshot, lineage))
    if snapshot.provenance is not None:
        sections.append(_provenance_section(snapshot))
    details = {"run_id": snapshot.run.run_id}
    words = [CompletenessNote("warning", str(note), details) for note in snapshot.completeness_notes]
    sections.append(notes_section([*words, *diagnostics.completeness_notes]))
    return ReportDocument(
        f"Run Snapshot Report: {snapshot.run.run_id}", tuple(sections), _summary(snapshot, diagnostics)
    )


def _summary(snapshot: RunSnapshot, diagnostics: DiagnosticsResult) -> str:
    run = snapshot.run
    took = seconds_between(run)
    counts = [
        counted(sum(issue.severity == severity for issue in diagnostics.issues), severity)
        for severity in ("error", "warning")
    ]
    lasted = "" if took is None else f" after {seconds_text(took)}"
    state = "is still open" if run.status == "open" else f"is {run.status}{lasted}"
    return f"{run.name} of {run.project_name} {state}; {counts[0]}, {counts[1]}."


def _run_section(snapshot: RunSnapshot) -> ReportSection:
    run = snapshot.run
    took = seconds_between(run)
    return facts_section(
        "Run Summary",
        [
            ("run_id", run.run_id),
            ("name", run.name),
            ("status", run.status),
            ("project", run.project_name),
            ("started_at", run.started_at),
            ("ended_at", run.ended_at),
            ("duration", None if took is None else seconds_text(took)),
            ("code_revision", run.code_revision),
            ("dataset", run.dataset_ref),
            *((f"tags.{name}", value) for name, value in run.tags.items()),
            *((f"note of {note.author}, {note.written_at}", note.text) for note in run.notes),
        ],
        evidence_links=links_of("run", snapshot.evidence_links),
    )


def _metrics_section(
    snapshot: RunSnapshot, summaries: list[MetricSummary], curves: SupportsBulkQueries
) -> ReportSection:
    run = snapshot.run
    stage_names = {stage.stage_id: stage.name for stage in snapshot.stages}
    figures, left_out = curve_figures(curves, summaries, {run.run_id: run.name}, stage_names=stage_names)
    section_notes: tuple[CompletenessNote, ...] = ()
    if left_out:
        section_notes = (CompletenessNote("info", f"figures_left_out:{left_out}", {"run_id": run.run_id}),)
    return table_section(
        "Metrics",
        columns(
            "Metric", "Stage", "Latest:number", "Best:number", "Minimum:number", "Maximum:number", "Mean:number",
            "Points:number", "Unit",
        ),
        (
            (
                each.key, _stage_name(each.stage, stage_names), each.latest.value, _best(each, snapshot),
                each.least.value, each.greatest.value, each.mean, each.count, each.unit,
            )
            for each in summaries
        ),
        (f"{each.key}: latest={number_text(each.latest.value)}, points={each.count}" for each in summaries),
        empty="No metrics.",
        figures=tuple(figures),
        notes=section_notes,
    )  # fmt: skip


def _best(summary: MetricSummary, snapshot: RunSnapshot) -> float:
    upwards = higher_is_better(summary.key, [snapshot.run.metadata])
    return summary.greatest.value if upwards else summary.least.value


def _stage_name(stage_id: str | None, names: dict[str, str]) -> str | None:
    return None if stage_id is None else names.get(stage_id) or stage_component(stage_id)


def _parameters_section(snapshot: RunSnapshot) -> ReportSection:
    rows = [(name, _plain(value)) for name, value in snapshot.run.parameters.items()]
    return table_section(
        "Parameters",
        columns("Parameter", "Value:value"),
        rows,
        (f"{name}: {value}" for name, value in rows),
        empty="No parameters.",
    )


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _stages_section(snapshot: RunSnapshot) -> ReportSection:
    return table_section(
        "Stages",
        columns("Stage", "Status:status", "Duration:seconds", "Started:time", "Reference:ref"),
        (
            (each.name, each.status, seconds_between(each), each.started_at, each.stage_id)
            for each in snapshot.stages
        ),
        (f"{each.name}: status={each.status}, stage_id={each.stage_id}" for each in snapshot.stages),
        empty="No stages.",
        evidence_links=links_of("stage", snapshot.evidence_links),
    )


def _artifacts_section(snapshot: RunSnapshot) -> ReportSection:
    return table_section(
        "Artifacts",
        columns("Kind", "Size:bytes", "Created:time", "Digest:ref", "Reference:ref"),
        (
            (each.kind, each.size_bytes, each.created_at, each.hash_value, each.artifact_ref)
            for each in snapshot.artifacts
        ),
        (f"{each.kind}: ref={each.artifact_ref}, location={each.location}" for each in snapshot.artifacts),
        empty="No artifacts.",
        evidence_links=links_of("artifact", snapshot.evidence_links),
    )


def _batches_section(snapshot: RunSnapshot) -> ReportSection:
    names = {stage.stage_id: stage.name for stage in snapshot.stages}
    return table_section(
        "Batches",
        columns("Batch", "Stage", "Status:status", "Order:number"),
        (
            (each.name, _stage_name(each.stage_id, names), each.status, each.order)
            for each in snapshot.batches
        ),
        (
            f"{each.name}: stage={stage_component(each.stage_id)}, status={each.status}, order={each.order}"
            for each in snapshot.batches
        ),
        empty="No batches.",
        evidence_links=links_of("batch", snapshot.evidence_links),
    )


def _deployments_section(snapshot: RunSnapshot) -> ReportSection:
    return table_section(
        "Deployments",
        columns("Deployment", "Status:status", "Started:time", "Artifact:ref"),
        ((each.name, each.status, each.started_at, each.artifact_ref) for each in snapshot.deployments),
        (
            f"{each.name}: status={each.status}"
            + (f", run_id={each.run_id}" if each.run_id else "")
            + (f", artifact_ref={each.artifact_ref}" if each.artifact_ref else "")
            for each in snapshot.deployments
        ),
        empty="No deployments.",
        evidence_links=links_of("deployment", snapshot.evidence_links),
    )


def _samples_section(snapshot: RunSnapshot) -> ReportSection:
    listed = snapshot.samples[:_LISTED_SAMPLES]

    def lines() -> Iterator[str]:
        for each in listed:
            retention = f", retention={each.retention_class}" if each.retention_class else ""
            redaction = f", redaction={each.redaction_profile}" if each.redaction_profile else ""
            yield f"{each.name}: observed_at={each.observed_at}{retention}{redaction}"
        if len(snapshot.samples) > len(listed):
            yield f"... and {len(snapshot.samples) - len(listed)} more."

    rows = [(each.name, each.observed_at, each.retention_class, each.redaction_profile) for each in listed]
    if len(snapshot.samples) > len(listed):
        rows.append((f"... and {len(snapshot.samples) - len(listed)} more.", None, None, None))  # type: ignore[arg-type]  # cells
    return table_section(
        "Samples",
        columns("Sample", "Observed:time", "Retention", "Redaction"),
        rows,
        lines(),
        empty="No samples.",
        evidence_links=links_of("sample", snapshot.evidence_links),
    )


def _lineage_section(snapshot: RunSnapshot, lineage: LineageTraversal | None) -> ReportSection:
    """Return what the run came from and what came from it; without a traversal its recorded relations."""
    links: Sequence[LineageEdge | RelationRecord] = snapshot.relations if lineage is None else lineage.edges
    listed = links[:_LISTED_EDGES]
    rows: list[tuple[object, ...]] = [
        (getattr(each, "direction", None), each.source_ref, each.relation_type, each.target_ref)
        for each in listed
    ]
    lines = [f"{each.source_ref} {each.relation_type} {each.target_ref}" for each in listed]
    if len(links) > len(listed):
        lines.append(f"... and {len(links) - len(listed)} more.")
        rows.append((None, lines[-1], None, None))
    return table_section(
        "Lineage",
        columns("Direction", "Source:ref", "Relation", "Target:ref"),
        rows,
        lines,
        empty="No lineage is known.",
    )


def _provenance_section(snapshot: RunSnapshot) -> ReportSection:
    provenance = snapshot.provenance
    assert provenance is not None  # noqa: S101 - the caller looked
    links = snapshot.evidence_links
    return facts_section(
        "Provenance",
        [
            ("provenance_ref", provenance.provenance_ref),
            ("relation_ref", provenance.relation_ref or None),
            ("assertion_mode", provenance.assertion_mode),
            ("asserted_at", provenance.asserted_at),
            ("formation_context_ref", provenance.formation_context_ref),
            ("policy_ref", provenance.policy_ref),
            ("evidence_bundle_ref", provenance.evidence_bundle_ref),
        ],
        evidence_links=(*links_of("run", links), *links_of("artifact", links)),
    )
