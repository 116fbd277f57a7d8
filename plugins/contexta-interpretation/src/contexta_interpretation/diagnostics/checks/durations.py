"""Runs and stages that took much longer or shorter than in earlier runs."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.many_runs import stages_of_runs
from contexta.spi.views import EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.views import RunRecord, StageRecord

__all__ = ["durations"]

#: What is usual takes at least so many earlier durations to tell.
_LEAST = 3
#: Durations that differ by less are not unusual, in seconds.
_NEGLIGIBLE = 1.0


def durations(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find unusual durations of the run and of its stages."""
    run = subject.run
    taken = _seconds(run)
    # What ended early because it failed has a finding of its own.
    stages = [
        (stage, seconds)
        for stage in subject.stages
        if stage.status == "completed" and (seconds := _seconds(stage)) is not None
    ]
    if (taken is None and not stages) or len(subject.earlier_runs) < _LEAST:
        return
    if taken is not None and run.status == "completed":
        usual = [seconds for each in subject.earlier_runs if (seconds := _seconds(each)) is not None]
        link = EvidenceLink("run", run.run_id, run.name)
        yield from _unusual(subject, f"the run {run.name!r}", run.run_id, link, taken, usual)
    earlier_runs = [each.run_id for each in subject.earlier_runs] if stages else []
    by_run = stages_of_runs(subject.repository, earlier_runs)
    earlier = [stage for run_id in earlier_runs for stage in by_run.get(run_id, ())]
    for stage, seconds in stages:
        usual = [
            known
            for each in earlier
            if each.name == stage.name
            and each.status == "completed"
            and (known := _seconds(each)) is not None
        ]
        link = EvidenceLink("stage", stage.stage_id, stage.name)
        yield from _unusual(subject, f"the stage {stage.name!r}", stage.stage_id, link, seconds, usual)


def _seconds(each: RunRecord | StageRecord) -> float | None:
    if each.started_at is None or each.ended_at is None:
        return None
    return (instant(each.ended_at) - instant(each.started_at)) / 1e9


def _unusual(
    subject: DiagnosedRun, what: str, ref: str, link: EvidenceLink, seconds: float, earlier: Sequence[float]
) -> Iterator[DiagnosticsIssue]:
    if len(earlier) < _LEAST:
        return
    usual, factor = median(earlier), subject.policy.duration_factor
    if abs(seconds - usual) < _NEGLIGIBLE or usual / factor <= seconds <= usual * factor:
        return
    longer = seconds > usual
    yield DiagnosticsIssue(
        "warning",
        "unusual_duration",
        f"{what} took {seconds:,.1f} seconds, where {usual:,.1f} is usual",
        {
            "duration_seconds": seconds,
            "usual_seconds": usual,
            "earlier_count": len(earlier),
            "duration_factor": factor,
        },
        ref,
        (link,),
        "compare the two environments, and look for stalls"
        if longer
        else "see whether all of the data was there, and whether it ended early",
    )
