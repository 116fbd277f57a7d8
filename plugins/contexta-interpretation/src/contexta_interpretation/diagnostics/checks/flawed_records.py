"""What single records tell: lost captures, errors, values that are no numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.views import EvidenceLink
from contexta_interpretation.diagnostics.checks.statuses import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.views import ObservationRecord

__all__ = ["degraded_records", "error_events", "non_finite_values"]

#: Key of the events and markers that stand for a value which no series can hold.
_NON_FINITE = "metric.non_finite"
#: Events that an exception leaves when it ends something whose status is looked at.
_TOLD_BY_STATUS = frozenset({"batch.failed", "deployment.failed", "run.failed", "stage.failed"})
#: So many records are named one by one.
_NAMED = 50


def degraded_records(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find records that are degraded or incomplete, and markers of what was lost."""
    if not subject.policy.detect_degraded_records:
        return
    # Values that are no numbers have a finding of their own.
    flawed = [record for record in subject.flawed_records() if record.key != _NON_FINITE]
    for record in flawed[:_NAMED]:
        is_degraded = record.degradation_marker != "none"
        marker = record.degradation_marker if is_degraded else record.completeness_marker
        yield DiagnosticsIssue(
            "warning" if is_degraded else "info",
            "degraded_record" if is_degraded else "incomplete_record",
            f"the {record.record_type} {record.key!r} is marked {marker}"
            + (f": {record.message}" if record.message else ""),
            {
                "record_type": record.record_type,
                "degradation_marker": record.degradation_marker,
                "completeness_marker": record.completeness_marker,
                "stage_id": record.stage_id,
            },
            record.record_id,
            (EvidenceLink("record", record.record_id, record.key),),
            "see what was lost at the time, and do not rely on the value alone",
        )
    if len(flawed) > _NAMED:
        yield DiagnosticsIssue(
            "warning",
            "more_degraded_records",
            f"{len(flawed) - _NAMED} more records are degraded or incomplete",
            {"count": len(flawed), "named": _NAMED},
            subject.run.run_id,
            (EvidenceLink("run", subject.run.run_id, subject.run.name),),
            "see whether a sink or a disk failed throughout",
        )


def error_events(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find events of the levels error and critical, those of one key together."""
    by_key: dict[tuple[str, str | None], list[ObservationRecord]] = {}
    ended_by = failure_of(subject) if subject.run.status == "failed" else None
    for record in subject.records("event"):
        # What ended the run, a stage or a batch is told by the status of what it ended.
        is_told = record.key in _TOLD_BY_STATUS or (
            ended_by is not None and record.record_id == ended_by.record_id
        )
        if record.payload.get("level") in {"error", "critical"} and not is_told:
            by_key.setdefault((record.key, record.stage_id), []).append(record)
    for (key, stage_id), records in by_key.items():
        is_critical = any(record.payload.get("level") == "critical" for record in records)
        yield DiagnosticsIssue(
            "error" if is_critical else "warning",
            "critical_event" if is_critical else "error_event",
            f"{_times(len(records), 'event')} {key!r}: {records[-1].message}",
            {"event_key": key, "count": len(records), "stage_id": stage_id},
            records[-1].record_id,
            tuple(
                EvidenceLink("record", record.record_id, key)
                for record in (records[0], records[-1])[-len(records) :]
            ),
            "read the events and their attributes",
        )


def non_finite_values(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find metrics with values that are NaN or infinite, those of one metric and stage together."""
    found: dict[tuple[str, str | None], list[tuple[str, Any, str]]] = {}
    for record in subject.records("event"):
        if record.key == _NON_FINITE:
            attributes = record.payload.get("attributes") or {}
            identity = (str(attributes.get("metric_key")), record.stage_id)
            fact = (str(attributes.get("value")), attributes.get("step"), record.record_id)
            found.setdefault(identity, []).append(fact)
    # A repository of the user's, and what was imported, may hold such values themselves.
    for summary in subject.metrics:
        if not math.isfinite(summary.total):
            stray = [
                (str(point.value), point.step, point.record_id)
                for point in subject.points(summary.key, summary.stage)
                if point.stage == summary.stage and not math.isfinite(point.value)
            ]
            if stray:
                found.setdefault((summary.key, summary.stage), []).extend(stray)
    for (key, stage_id), facts in found.items():
        yield _non_finite(subject, key, stage_id, facts)


def _non_finite(
    subject: DiagnosedRun, key: str, stage_id: str | None, facts: Sequence[tuple[str, Any, str]]
) -> DiagnosticsIssue:
    value, step, record_id = facts[0]
    at = "" if step is None else f" at step {step}"
    return DiagnosticsIssue(
        "error",
        "metric_non_finite",
        f"the metric {key!r} became {value}{at}; {_times(len(facts), 'value')} not finite",
        {
            "metric_key": key,
            "stage_id": stage_id,
            "count": len(facts),
            "first_value": value,
            "first_step": step,
        },
        stage_id or subject.run.run_id,
        (EvidenceLink("record", record_id, key),),
        "lower the learning rate or clip gradients, and look at the batch of that step",
    )


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
