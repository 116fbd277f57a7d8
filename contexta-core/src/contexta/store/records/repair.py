"""Repairing a record store: what dead writers left is cut to its last whole line and sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.repair import RepairOutcome, SupportsRepairs
from contexta.store.metadata.repair import (
    RepairCandidate,
    RepairPlan,
    RepairPreview,
    RepairResult,
    plan_of,
    preview_of,
)

if TYPE_CHECKING:
    from contexta.store.integrity import IntegrityReport
    from contexta.store.records.store import RecordStore

__all__ = [
    "RepairCandidate",
    "RepairOutcome",
    "RepairPlan",
    "RepairPreview",
    "RepairResult",
    "apply_repairs",
    "plan_repairs",
    "preview_of",
    "repair_truncated_tails",
]

_TORN_TAIL = "torn_tail"


def plan_repairs(store: RecordStore, report: IntegrityReport | None = None) -> RepairPlan:
    """Return what can be done about what a check found.

    Args:
        store: The store.
        report: The report; a check is made when None.
    """
    found = store.check_integrity() if report is None else report
    backend: Any = store.backend
    own = backend.repair_candidates(found.issues) if isinstance(backend, SupportsRepairs) else ()
    return plan_of(own, ok=found.ok)


def apply_repairs(store: RecordStore, plan: RepairPlan | None = None) -> RepairResult:
    """Do what a plan says, but for what it leaves to people; nothing is deleted.

    What is cut off is kept in ``quarantine/`` beside the segments.  Others may read and write meanwhile.  Doing it twice
    is harmless, and so is a crash in the middle.

    Args:
        store: The store.
        plan: The plan; one is made when None.

    Raises:
        ReadOnlyStoreError: The store is open for reading.
        StorageFullError: There is no space; what was not done can be done later.
    """
    chosen = plan_repairs(store) if plan is None else plan
    automatic = [each for each in chosen.candidates if each.is_automatic]
    backend: Any = store.backend
    outcomes: list[RepairOutcome] = []
    if automatic and isinstance(backend, SupportsRepairs):
        outcomes += backend.repair(automatic)
    outcomes += [
        RepairOutcome(each, "skipped", "left to people")
        for each in chosen.candidates
        if not each.is_automatic
    ]
    return RepairResult(chosen, tuple(outcomes), store.check_integrity())


def repair_truncated_tails(store: RecordStore) -> RepairResult:
    """Cut the torn tails of dead writers off and seal their segments; the rest of a plan is left alone.

    Args:
        store: The store.

    Raises:
        ReadOnlyStoreError: The store is open for reading.
    """
    plan = plan_repairs(store)
    torn = [each for each in plan.candidates if each.issue_code == _TORN_TAIL]
    return apply_repairs(store, plan_of(torn, ok=plan.ok))
