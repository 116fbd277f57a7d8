"""How a store mends what a check of it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["RepairCandidate", "RepairOutcome", "SupportsRepairs"]


@dataclass(frozen=True, slots=True)
class RepairCandidate:
    """One thing that can be done about one finding.

    Args:
        issue_code: Code of the finding.
        ref: What it is about: a reference, or a place below the root of the plane.
        action: What is done, as a stable word; one that begins with ``review_`` is left to people.
        rationale: Why, and what it leads to.
        is_automatic: Whether applying the plan does it.
    """

    issue_code: str
    ref: str
    action: str
    rationale: str
    is_automatic: bool = True


@dataclass(frozen=True, slots=True)
class RepairOutcome:
    """What became of one candidate.

    Args:
        candidate: The candidate.
        status: ``"applied"``, ``"skipped"`` (nothing to do any more, or somebody is at it) or ``"failed"``.
        detail: What was done or what stood in the way.
    """

    candidate: RepairCandidate
    status: str
    detail: str = ""


@runtime_checkable
class SupportsRepairs(Protocol):
    """A store that mends itself.  Repairing deletes nothing: what is taken out of use is moved to ``quarantine/``."""

    def repair_candidates(self, findings: Sequence[IntegrityFinding]) -> Sequence[RepairCandidate]:
        """Return what can be done about findings of this store; those that it does not know are left out."""

    def repair(self, candidates: Sequence[RepairCandidate]) -> Sequence[RepairOutcome]:
        """Do what the candidates say; doing it twice is harmless.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
        """
