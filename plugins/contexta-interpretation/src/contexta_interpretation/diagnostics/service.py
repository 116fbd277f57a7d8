"""The diagnostics service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.config.models import DiagnosticsPolicy
from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.errors import DiagnosticsError
from contexta.spi.diagnostics import SEVERITIES, DiagnosticsIssue, DiagnosticsResult
from contexta.spi.views import CompletenessNote
from contexta_interpretation.diagnostics.registry import Checks
from contexta_interpretation.diagnostics.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.spi.context import ComponentSource, InterpretationContext
    from contexta.spi.diagnostics import DiagnosedRun, DiagnosticsCheck
    from contexta.spi.interpreters import QueryInterpreter

__all__ = ["DiagnosticsService", "build"]


class DiagnosticsService:
    """Finds what went wrong in a run, or looks as if it had.

    The checks are plugins of the kind ``diagnostics_check``: ours, and those that others have installed.

    Args:
        query_service: Where snapshots of runs come from.
        config: The thresholds; the default policy when None.
        checks: The only checks to make, by name; those that are installed when None.
        components: Where installed checks are found; the process's own plugins when None.
        metric_directions: ``lower`` or ``higher`` by metric, where the run does not declare it.
    """

    def __init__(
        self,
        query_service: QueryInterpreter,
        *,
        config: DiagnosticsPolicy | None = None,
        checks: Mapping[str, DiagnosticsCheck] | None = None,
        components: ComponentSource | None = None,
        metric_directions: Mapping[str, str] = EMPTY_MAPPING,
    ) -> None:
        self._metric_directions = metric_directions
        self.query_service = query_service
        self.config = DiagnosticsPolicy() if config is None else config
        self._checks = Checks(self.config, components, checks)

    def diagnose_run(self, run_id: str) -> DiagnosticsResult:
        """Return what went wrong in a run, the gravest first.

        A check that fails spoils only itself: a note tells of it.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        snapshot = self.query_service.get_run_snapshot(run_id)
        subject = Subject(self.query_service, snapshot, self.config, self._metric_directions)
        details = {"run_id": snapshot.run.run_id}
        issues: list[DiagnosticsIssue] = []
        notes = [CompletenessNote("warning", str(note), details) for note in snapshot.completeness_notes]
        notes += self._checks.unusable()
        for name, check in self._checks.usable():
            try:
                issues.extend(_found(name, check, subject))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may raise anything
                notes.append(_failed(name, error))
        issues.sort(key=lambda issue: -SEVERITIES.index(issue.severity))
        return DiagnosticsResult(
            run_id=snapshot.run.run_id,
            issues=tuple(issues),
            completeness_notes=tuple(notes),
            evidence_links=tuple(dict.fromkeys(link for issue in issues for link in issue.evidence_links)),
        )


def _found(name: str, check: DiagnosticsCheck, subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    for issue in check(subject) or ():
        if not isinstance(issue, DiagnosticsIssue):
            raise DiagnosticsError(
                f"the check {name!r} yielded a {type(issue).__name__}; a check yields DiagnosticsIssue objects",
                code="diagnostics_invalid_issue",
            )
        yield issue


def _failed(name: str, error: BaseException) -> CompletenessNote:
    facts = {"check": name, "error": f"{type(error).__name__}: {error}"}
    return CompletenessNote("warning", f"diagnostics_check_failed:{name}", facts)


def build(context: InterpretationContext, options: None) -> DiagnosticsService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return DiagnosticsService(
        context.service("query"),
        config=context.policies.diagnostics,
        components=context.components,
        metric_directions=context.policies.comparison.metric_directions,
    )
