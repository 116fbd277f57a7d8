"""What stages recorded, and which of them are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.stage_names import is_spelled, stage_spellings
from contexta.spi.views import EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.diagnostics import DiagnosedRun

__all__ = ["silent_stages", "stage_metrics", "terminal_stages"]

#: Beginning of the snapshot's notes on stages without any record.
_SILENT = "missing_stage_records:"


def stage_metrics(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find completed stages without a metric."""
    if not subject.policy.require_metrics_for_completed_stages:
        return
    with_metrics = {summary.stage for summary in subject.metrics}
    for stage in subject.stages:
        if stage.status == "completed" and stage.stage_id not in with_metrics:
            yield DiagnosticsIssue(
                "info",
                "missing_stage_metrics",
                f"the stage {stage.name!r} was completed without a metric",
                {"stage_name": stage.name, "run_id": stage.run_id},
                stage.stage_id,
                (EvidenceLink("stage", stage.stage_id, stage.name),),
                "record what the stage achieved: stage.metric(key, value)",
            )


def silent_stages(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find stages that are over and left neither a record nor an artifact nor a batch."""
    silent = {
        note.removeprefix(_SILENT) for note in subject.snapshot.completeness_notes if note.startswith(_SILENT)
    }
    if not silent:
        return
    heard = {artifact.stage_id for artifact in subject.artifacts} | {
        batch.stage_id for batch in subject.batches
    }
    for stage in subject.stages:
        is_over = stage.status != "open" or subject.run.status != "open"
        if is_over and stage.name in silent and stage.stage_id not in heard:
            yield DiagnosticsIssue(
                "warning",
                "silent_stage",
                f"the stage {stage.name!r} recorded nothing",
                {"stage_name": stage.name, "run_id": stage.run_id, "status": stage.status},
                stage.stage_id,
                (EvidenceLink("stage", stage.stage_id, stage.name),),
                "see whether its work was skipped, or captured outside of the stage",
            )


def terminal_stages(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find expected stages that a run which is over does not have."""
    run = subject.run
    if run.status == "open":
        return
    for name in subject.policy.expected_terminal_stage_names:
        spellings = stage_spellings(name)
        if not any(is_spelled(stage.name, spellings) for stage in subject.stages):
            yield DiagnosticsIssue(
                "info",
                "missing_expected_stage",
                f"the run has no stage {name!r}",
                {"expected_stage_name": name, "run_id": run.run_id},
                run.run_id,
                (EvidenceLink("run", run.run_id, run.name),),
                "add the stage, or take it out of interpretation.diagnostics.expected_terminal_stage_names",
            )
