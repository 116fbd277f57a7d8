"""What the statuses of a run and of what it consists of tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.views import EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.views import ObservationRecord, StageRecord

__all__ = ["batches", "deployments", "failure_of", "run_status", "stage_status"]


def run_status(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find a run that failed, was interrupted or cancelled, or is open and silent."""
    run = subject.run
    here = EvidenceLink("run", run.run_id, run.name)
    if run.status == "failed":
        failure = failure_of(subject)
        said = "" if failure is None else f": {failure.message}"
        links = (here,) if failure is None else (here, EvidenceLink("record", failure.record_id, failure.key))
        facts = {"status": run.status, "exception": _exception(failure)}
        yield DiagnosticsIssue(
            "error",
            "run_failed",
            f"the run failed{said}",
            facts,
            run.run_id,
            links,
            "read the traceback in the attributes of the failure's event"
            if failure is not None
            else "look at its last records",
        )
    elif run.status == "interrupted":
        yield DiagnosticsIssue(
            "error",
            "run_interrupted",
            "the process of the run ended without closing it",
            {"status": run.status, "started_at": run.started_at},
            run.run_id,
            (here,),
            "look for the end of the process in the system's log (out of memory, killed), then resume the run "
            "under its run_id",
        )
    elif run.status == "cancelled":
        yield DiagnosticsIssue(
            "info",
            "run_cancelled",
            "the run was cancelled",
            {"status": run.status},
            run.run_id,
            (here,),
            "nothing, where that was meant; otherwise run it again",
        )
    elif run.status == "open":
        yield from _stale(subject, here)


def _stale(subject: DiagnosedRun, here: EvidenceLink) -> Iterator[DiagnosticsIssue]:
    newest = _newest_sign_of_life(subject)
    if newest is None:
        return
    silent = (subject.now - newest) / 1e9
    if silent > subject.policy.stale_after_seconds:
        yield DiagnosticsIssue(
            "warning",
            "run_stale",
            f"the run is open, and nothing was recorded for {silent:,.0f} seconds",
            {"silent_seconds": silent, "stale_after_seconds": subject.policy.stale_after_seconds},
            subject.run.run_id,
            (here,),
            "see whether its process still works; where it hangs or runs elsewhere no longer, end the run",
        )


def _newest_sign_of_life(subject: DiagnosedRun) -> int | None:
    """Return the instant of the newest thing that is known of the run, in nanoseconds."""
    times = [subject.run.started_at]
    times += [time for stage in subject.stages for time in (stage.started_at, stage.ended_at)]
    times += [summary.latest.time for summary in subject.metrics]
    times += [record.observed_at for kind in ("event", "span") for record in subject.records(kind)]
    times += [artifact.created_at for artifact in subject.artifacts]
    return max((instant(time) for time in times if time), default=None)


def failure_of(subject: DiagnosedRun) -> ObservationRecord | None:
    """Return the event that tells why a run failed: the last one that an exception left; None where there is none.

    Args:
        subject: The run.
    """
    found = [
        record
        for record in subject.records("event")
        if record.key.endswith(".failed") and record.payload.get("level") in {"error", "critical"}
    ]
    return found[-1] if found else None


def _exception(failure: ObservationRecord | None) -> str | None:
    attributes = {} if failure is None else failure.payload.get("attributes") or {}
    return attributes.get("exception")


def stage_status(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find stages that failed, and those that were not completed although the run is over."""
    for stage in subject.stages:
        link = EvidenceLink("stage", stage.stage_id, stage.name)
        facts = {"status": stage.status, "run_id": stage.run_id, "stage_name": stage.name}
        if stage.status == "failed":
            summary = f"the stage {stage.name!r} failed"
            step = "read the event of its failure, then run the stage again"
            yield DiagnosticsIssue("error", "failed_stage", summary, facts, stage.stage_id, (link,), step)
        elif stage.status != "completed" and not _is_running(subject, stage):
            summary = f"the stage {stage.name!r} is {stage.status}, not completed"
            step = "see why it was not completed; what it recorded may be only a part"
            yield DiagnosticsIssue(
                "warning", "incomplete_stage", summary, facts, stage.stage_id, (link,), step
            )


def _is_running(subject: DiagnosedRun, stage: StageRecord) -> bool:
    return stage.status == "open" and subject.run.status == "open"


def batches(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find batches that failed, and those that were not completed although the run is over."""
    for batch in subject.batches:
        link = EvidenceLink("batch", batch.batch_id, batch.name)
        facts = {
            "batch_id": batch.batch_id,
            "stage_id": batch.stage_id,
            "run_id": batch.run_id,
            "status": batch.status,
        }
        if batch.status == "failed":
            summary = f"the batch {batch.name!r} failed"
            step = "look at its records, and run it again"
            yield DiagnosticsIssue("error", "failed_batch", summary, facts, batch.batch_id, (link,), step)
        elif batch.status != "completed" and not (batch.status == "open" and subject.run.status == "open"):
            summary = f"the batch {batch.name!r} is {batch.status}, not completed"
            step = "see why it was not completed; what it recorded may be only a part"
            yield DiagnosticsIssue(
                "warning", "incomplete_batch", summary, facts, batch.batch_id, (link,), step
            )


def deployments(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find deployments that failed or were cut off."""
    for each in subject.deployments:
        link = EvidenceLink("deployment", each.deployment_id, each.name)
        facts = {"deployment_id": each.deployment_id, "run_id": each.run_id, "status": each.status}
        if each.status in {"failed", "interrupted"}:
            code = "failed_deployment" if each.status == "failed" else "interrupted_deployment"
            summary = f"the deployment {each.name!r} {'failed' if each.status == 'failed' else 'was cut off'}"
            step = "see what is deployed now, and deploy again or roll back"
            yield DiagnosticsIssue("error", code, summary, facts, each.deployment_id, (link,), step)
