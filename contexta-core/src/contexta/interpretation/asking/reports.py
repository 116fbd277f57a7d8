"""Questions whose answers are report documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.alerts import AlertRule
    from contexta.spi.querying import RunListQuery
    from contexta.spi.reports import ReportDocument

__all__ = ["ReportQuestions"]


class ReportQuestions(ServiceAccess):
    """Report documents; the workspace's own plugins render them, as its configuration says.

    All raise ``MissingPluginError`` where no installed plugin provides the service ``reports``, or a service whose
    answer the report shows.
    """

    def build_snapshot_report(self, run_id: str) -> ReportDocument:
        """Sum up one run with its diagnosis.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        builder = self.report_builder
        diagnostics = self.diagnostics_service.diagnose_run(run_id)
        snapshot = self.query_service.get_run_snapshot(run_id)
        return self._presented(builder.build_snapshot_report(snapshot, diagnostics))

    def build_run_report(self, left_run_id: str, right_run_id: str) -> ReportDocument:
        """Sum up the comparison of two runs, with the diagnosis of the right one.

        Args:
            left_run_id: The run on the left.
            right_run_id: The run on the right.

        Raises:
            RunNotFoundError: There is no such run.
        """
        builder = self.report_builder
        diagnostics = self.diagnostics_service.diagnose_run(right_run_id)
        comparison = self.compare_service.compare_runs(left_run_id, right_run_id)
        return self._presented(builder.build_run_report(comparison, diagnostics))

    def build_project_summary_report(self, project_name: str) -> ReportDocument:
        """Sum up the runs of a project.

        Args:
            project_name: The project.
        """
        builder = self.report_builder
        from contexta.spi.views import CompletenessNote

        runs = self.query_service.list_runs(project_name)
        notes = (
            () if runs else (CompletenessNote("info", "project_runs_empty", {"project_name": project_name}),)
        )
        return self._presented(builder.build_project_summary_report(project_name, runs=runs, notes=notes))

    def build_trend_report(
        self,
        metric_key: str,
        *,
        project_name: str | None = None,
        stage_name: str | None = None,
        query: RunListQuery | None = None,
    ) -> ReportDocument:
        """Sum up a metric over runs.

        Args:
            metric_key: The metric.
            project_name: Only runs of this project.
            stage_name: Only values of this stage.
            query: Which runs to look at.
        """
        builder = self.report_builder
        trend = self.trend_service.get_metric_trend(
            metric_key, query=query, project_name=project_name, stage_name=stage_name
        )
        return self._presented(builder.build_trend_report(trend))

    def build_alert_report(self, run_id: str, rules: Sequence[AlertRule]) -> ReportDocument:
        """Sum up the evaluation of alert rules against one run.

        Args:
            run_id: The run.
            rules: The ``AlertRule`` objects.

        Raises:
            RunNotFoundError: There is no such run.
        """
        builder = self.report_builder
        results = self.alert_service.evaluate_alerts(run_id, rules)
        return self._presented(builder.build_alert_report(results))

    def build_multi_run_report(self, run_ids: Sequence[str]) -> ReportDocument:
        """Sum up several runs side by side.

        Args:
            run_ids: The runs, at least two different ones.

        Raises:
            RunNotFoundError: There is no such run.
        """
        builder = self.report_builder
        comparison = self.compare_service.compare_multiple_runs(run_ids)
        return self._presented(builder.build_multi_run_report(comparison))

    def _presented(self, report: ReportDocument) -> ReportDocument:
        from contexta.spi.rendering import present_with
        from contexta.spi.reports import ReportDocument

        # A builder of somebody else's may return a document of its own, which renders itself.
        return present_with(report, self.presenter) if isinstance(report, ReportDocument) else report
