"""Reports on the integrity of a store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import utc_now_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["IntegrityReport", "IntegrityState"]


class IntegrityState(StrEnum):
    """How a store is, in one word."""

    #: Nothing was found.
    HEALTHY = "healthy"
    #: Everything that was acknowledged is there; something is untidy.
    DEGRADED = "degraded"
    #: Data is lost or wrong.
    CORRUPTED = "corrupted"


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """What a check of one store found.

    Args:
        ok: Whether nothing was found.
        checked_at: When the check ended (ISO 8601, UTC).
        issues: What was found, with its place.
    """

    ok: bool
    checked_at: str
    issues: tuple[IntegrityFinding, ...] = ()

    @classmethod
    def of(cls, findings: Sequence[IntegrityFinding]) -> IntegrityReport:
        """Return the report of a check that has just ended."""
        return cls(not findings, utc_now_text(), tuple(findings))

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return self.ok

    @property
    def state(self) -> IntegrityState:
        """How the store is, in one word."""
        if self.ok:
            return IntegrityState.HEALTHY
        severities = {issue.severity for issue in self.issues}
        return IntegrityState.DEGRADED if severities == {"warning"} else IntegrityState.CORRUPTED

    @property
    def issue_counts(self) -> dict[str, int]:
        """Number of issues by severity."""
        counts = {"error": 0, "warning": 0}
        for issue in self.issues:
            counts[issue.severity] = counts.get(issue.severity, 0) + 1
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "ok": self.ok,
            "checked_at": self.checked_at,
            "issue_counts": self.issue_counts,
            "issues": [
                {
                    "code": issue.code,
                    "severity": issue.severity,
                    "message": issue.message,
                    "location": issue.location,
                    "ref": issue.ref,
                }
                for issue in self.issues
            ],
        }
