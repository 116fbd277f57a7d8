"""Questions whose answers are findings: diagnoses, lineage, alerts and audits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.alerts import AlertReport, AlertResult, AlertRule
    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.lineage import LineageTraversal
    from contexta.spi.provenance import ReproducibilityAudit
    from contexta.spi.querying import RunListQuery

__all__ = ["FindingQuestions"]


class FindingQuestions(ServiceAccess):
    """Diagnoses, lineage, alerts and audits."""

    def diagnose_run(self, run_id: str) -> DiagnosticsResult:
        """Return what went wrong in a run, or looks as if it had.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
            MissingPluginError: No installed plugin provides the service ``diagnostics``.
        """
        return self.diagnostics_service.diagnose_run(run_id)

    def traverse_lineage(
        self, subject_ref: str, *, direction: str | None = None, max_depth: int | None = None
    ) -> LineageTraversal:
        """Follow what a thing came from and what came from it.

        Args:
            subject_ref: Reference of the artifact or run to begin at.
            direction: ``upstream`` (what it came from), ``downstream`` (what came from it), or None for both.
            max_depth: At most so many edges away; None for no end.

        Raises:
            LineageError: An unknown direction, a depth that is no count, or a short name of nothing.
            MissingPluginError: No installed plugin provides the service ``lineage``.
        """
        return self.lineage_service.traverse_lineage(subject_ref, direction=direction, max_depth=max_depth)

    def evaluate_alerts(self, run_id: str, rules: Sequence[AlertRule]) -> tuple[AlertResult, ...]:
        """Evaluate alert rules against one run.

        Args:
            run_id: The run.
            rules: The rules.

        Returns:
            A result for each rule, in their order; where the first rule that fires ends the evaluation, up to it.

        Raises:
            RunNotFoundError: There is no such run.
            AlertError: Something among the rules is none.
            MissingPluginError: No installed plugin provides the service ``alert``.
        """
        return self.alert_service.evaluate_alerts(run_id, rules)

    def evaluate_alerts_fleet(
        self,
        rules: Sequence[AlertRule],
        *,
        project_name: str | None = None,
        query: RunListQuery | None = None,
    ) -> AlertReport:
        """Evaluate alert rules against many runs.

        Args:
            rules: The rules.
            project_name: Only runs of this project.
            query: Which runs to look at, in which order.

        Raises:
            AlertError: Something among the rules is none.
            MissingPluginError: No installed plugin provides the service ``alert``.
        """
        return self.alert_service.evaluate_alerts_fleet(rules, query=query, project_name=project_name)

    def audit_reproducibility(self, run_id: str) -> ReproducibilityAudit:
        """Tell how well a run could be reproduced from what is recorded.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
            MissingPluginError: No installed plugin provides the service ``provenance``.
        """
        return self.provenance_service.audit_reproducibility(run_id)
