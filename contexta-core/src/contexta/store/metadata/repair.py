"""Plans of what is done about the damage of a metadata store, and their execution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contexta.spi.repair import RepairCandidate, RepairOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.store.integrity import IntegrityReport
    from contexta.store.metadata.store import MetadataStore

__all__ = [
    "RepairCandidate",
    "RepairOutcome",
    "RepairPlan",
    "RepairPreview",
    "RepairResult",
    "check_integrity",
    "plan_repairs",
    "preview_repairs",
]


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What can be done about what a check found.

    Args:
        ok: Whether nothing needs to be done.
        candidates: One for each finding that something can be done about.
        actions: The different actions among them, in order.
    """

    ok: bool
    candidates: tuple[RepairCandidate, ...] = ()
    actions: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RepairPreview:
    """A plan for people.

    Args:
        plan: The plan.
        summary_lines: How many candidates there are, then one line for each.
    """

    plan: RepairPlan
    summary_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What became of a plan.

    Args:
        plan: The plan.
        outcomes: One for each candidate.
        report: A full check after the repair.
    """

    plan: RepairPlan
    outcomes: tuple[RepairOutcome, ...]
    report: IntegrityReport

    @property
    def ok(self) -> bool:
        """Whether nothing failed and the check found nothing any more."""
        return self.report.ok and all(each.status != "failed" for each in self.outcomes)


def plan_of(candidates: Sequence[RepairCandidate], *, ok: bool) -> RepairPlan:
    """Return the plan of candidates."""
    return RepairPlan(ok, tuple(candidates), tuple(dict.fromkeys(each.action for each in candidates)))


def preview_of(plan: RepairPlan) -> RepairPreview:
    """Return a plan in words."""
    if not plan.candidates:
        line = "Nothing needs to be repaired." if plan.ok else "Nothing can be done about what was found."
        return RepairPreview(plan, (line,))
    count = len(plan.candidates)
    lines = [f"{count} repair{'s' if count > 1 else ''}:"]
    lines += [
        f"{each.action}: {each.ref or '<store>'} ({each.issue_code}){'' if each.is_automatic else ', left to people'}"
        for each in plan.candidates
    ]
    return RepairPreview(plan, tuple(lines))


def check_integrity(store: MetadataStore, *, full: bool = True) -> IntegrityReport:
    """Look for damage; see :meth:`MetadataStore.check_integrity`."""
    return store.check_integrity(full=full)


def plan_repairs(store: MetadataStore, report: IntegrityReport | None = None) -> RepairPlan:
    """Return what can be done about what a check found; see :meth:`MetadataStore.plan_repairs`."""
    return store.plan_repairs(report)


def preview_repairs(plan: RepairPlan | None = None) -> RepairPreview:
    """Return a plan in words; that of a whole store when None."""
    return preview_of(RepairPlan(ok=True) if plan is None else plan)
