"""What diagnostics find, and what a check of one's own implements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.errors import ValidationError
from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from contexta.config.models import DiagnosticsPolicy
    from contexta.spi.querying import RunSnapshot
    from contexta.spi.records import MetricPoint, MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        CompletenessNote,
        DeploymentRecord,
        EvidenceLink,
        ObservationRecord,
        RunRecord,
        StageRecord,
    )

__all__ = [
    "SEVERITIES",
    "DiagnosedRun",
    "DiagnosticsCheck",
    "DiagnosticsCheckContext",
    "DiagnosticsIssue",
    "DiagnosticsResult",
]

_T = TypeVar("_T")

#: From harmless to grave.
SEVERITIES = ("info", "warning", "error")


def _empty() -> Mapping[str, Any]:
    return EMPTY_MAPPING


@dataclass(frozen=True, slots=True)
class DiagnosticsIssue:
    """One finding.

    Args:
        severity: ``info``, ``warning`` or ``error``.
        code: What it is, as a stable word, such as ``metric_diverged``.
        summary: The finding in one sentence.
        details: The facts behind it.
        subject_ref: What it is about: a run, stage, batch, deployment, record or artifact.
        evidence_links: Where it was seen.
        next_step: What to do about it.

    Raises:
        ValidationError: The severity is none of the three, or the code is no text.
    """

    severity: str
    code: str
    summary: str
    details: Mapping[str, Any] = field(default_factory=_empty)
    subject_ref: str = ""
    evidence_links: tuple[EvidenceLink, ...] = ()
    next_step: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValidationError(
                f"severity is {self.severity!r}; use {', '.join(SEVERITIES)}",
                code="diagnostics_invalid_severity",
            )
        code: object = self.code
        if not isinstance(code, str) or not code.strip():
            raise ValidationError(
                f"code must be text that is not blank, not {self.code!r}", code="diagnostics_invalid_code"
            )
        freeze_fields(self, mappings=("details",), sequences=("evidence_links",))


@dataclass(frozen=True, slots=True)
class DiagnosticsResult:
    """What was found in one run.

    Args:
        run_id: The run.
        issues: The findings, the gravest first; those of one check in its order.
        completeness_notes: What is missing, and which checks could not be made.
        evidence_links: Where the findings were seen.
    """

    run_id: str
    issues: tuple[DiagnosticsIssue, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("issues", "completeness_notes", "evidence_links"))

    @property
    def worst_severity(self) -> str | None:
        """The severity of the gravest finding, or None."""
        return max((issue.severity for issue in self.issues), key=SEVERITIES.index, default=None)

    def at_least(self, severity: str) -> tuple[DiagnosticsIssue, ...]:
        """Return the findings that are at least so grave.

        Args:
            severity: ``info``, ``warning`` or ``error``.
        """
        least = SEVERITIES.index(severity)
        return tuple(issue for issue in self.issues if SEVERITIES.index(issue.severity) >= least)


@runtime_checkable
class DiagnosedRun(Protocol):
    """What a check is given: one run; each part is read when a check first looks at it, once for all checks."""

    @property
    def run(self) -> RunRecord:
        """The run."""

    @property
    def policy(self) -> DiagnosticsPolicy:
        """The thresholds, as configured."""

    @property
    def metric_directions(self) -> Mapping[str, str]:
        """``lower`` or ``higher`` by metric, as configured; what the run declares wins."""

    @property
    def repository(self) -> CompositeRepository:
        """The read model, for what is not offered here."""

    @property
    def snapshot(self) -> RunSnapshot:
        """The snapshot of the run; what is small in it was read already."""

    @property
    def now(self) -> int:
        """The instant of the diagnosis, in nanoseconds since 1970; the same for all checks."""

    @property
    def stages(self) -> Sequence[StageRecord]:
        """Its stages, in order."""

    @property
    def batches(self) -> Sequence[BatchRecord]:
        """Its batches."""

    @property
    def deployments(self) -> Sequence[DeploymentRecord]:
        """Its deployments."""

    @property
    def artifacts(self) -> Sequence[ArtifactRecord]:
        """Its artifacts."""

    @property
    def metrics(self) -> Sequence[MetricSummary]:
        """What is known of each of its metrics, by stage: count, extremes, first and latest point."""

    @property
    def earlier_runs(self) -> Sequence[RunRecord]:
        """The newest completed runs of its project that started before it, the newest first; as many as configured."""

    def points(self, metric_key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric, by step, then by time; None for all stages."""

    def records(self, record_type: str) -> Sequence[ObservationRecord]:
        """Return its records of one type, in the order of appending."""

    def once(self, name: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was made under a name, making it at the first call: checks share what takes long to derive.

        Args:
            name: What it is; a check of one's own begins a tuple with its own name.
            make: Makes it.
        """

    def flawed_records(self) -> Sequence[ObservationRecord]:
        """Return its records that are incomplete or degraded."""


@runtime_checkable
class DiagnosticsCheck(Protocol):
    """One check: any function of a run that yields what it finds."""

    def __call__(self, subject: DiagnosedRun) -> Iterable[DiagnosticsIssue]:
        """Yield the findings; nothing where all is well."""


@dataclass(frozen=True, slots=True)
class DiagnosticsCheckContext:
    """What the factory of a check is given.

    Args:
        policy: The thresholds, as configured.
    """

    policy: DiagnosticsPolicy
