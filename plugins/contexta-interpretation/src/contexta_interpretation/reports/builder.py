"""The service that builds report documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.config.models import ReportPolicy
from contexta.errors import PluginError
from contexta.spi.plain_queries import PlainQueries, bulk_queries
from contexta_interpretation.reports.alert_report import alert_report
from contexta_interpretation.reports.comparison_report import comparison_report
from contexta_interpretation.reports.multi_run_report import multi_run_report
from contexta_interpretation.reports.project_report import project_report
from contexta_interpretation.reports.sections import finished
from contexta_interpretation.reports.snapshot_report import snapshot_report
from contexta_interpretation.reports.trend_report import trend_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.alerts import AlertResult
    from contexta.spi.comparison import MultiRunComparison, RunComparison
    from contexta.spi.context import InterpretationContext
    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.interpreters import LineageInterpreter
    from contexta.spi.querying import RunSnapshot
    from contexta.spi.reports import ReportDocument
    from contexta.spi.repository import CompositeRepository, SupportsBulkQueries
    from contexta.spi.trends import MetricTrend
    from contexta.spi.views import CompletenessNote, ObservationRecord, RunRecord

__all__ = ["ReportBuilder", "build"]

#: How many edges away from the run a report looks.
_LINEAGE_DEPTH = 2


class ReportBuilder:
    """Builds report documents from the answers of the other services.

    Findings stand first; figures and tables follow as data, so that every renderer draws them in its own way.

    Args:
        config: What reports hold; the default policy when None.
        repository: Where curves of metrics are read.  Without it a snapshot report draws the records of its
            snapshot, and the reports about several runs draw no curves.
        lineage_service: Where a run's lineage is asked.  Without it a snapshot report lists the recorded relations
            of its snapshot.
    """

    def __init__(
        self,
        *,
        config: ReportPolicy | None = None,
        repository: CompositeRepository | None = None,
        lineage_service: LineageInterpreter | None = None,
    ) -> None:
        self.config = ReportPolicy() if config is None else config
        self._lineage = lineage_service
        self._curves: SupportsBulkQueries | None = None if repository is None else bulk_queries(repository)

    def build_snapshot_report(self, snapshot: RunSnapshot, diagnostics: DiagnosticsResult) -> ReportDocument:
        """Sum up one run with its diagnosis.

        Args:
            snapshot: The run.
            diagnostics: What was found in it.
        """
        curves = self._curves or PlainQueries(_RecordsOf(snapshot))  # type: ignore[arg-type]  # only records are asked
        include_lineage = self.config.include_lineage_summary
        lineage = None
        if include_lineage and self._lineage is not None:
            lineage = self._lineage.traverse_lineage(snapshot.run.run_id, max_depth=_LINEAGE_DEPTH)
        report = snapshot_report(
            snapshot, diagnostics, curves, include_lineage=include_lineage, lineage=lineage
        )
        return finished(report, self.config, snapshot.evidence_links)

    def build_run_report(self, comparison: RunComparison, diagnostics: DiagnosticsResult) -> ReportDocument:
        """Sum up the comparison of two runs, with a diagnosis.

        Args:
            comparison: The two runs.
            diagnostics: What was found in one of them, usually the right one.
        """
        report = comparison_report(comparison, diagnostics, self._curves)
        return finished(report, self.config, comparison.evidence_links)

    def build_project_summary_report(
        self,
        project_name: str,
        *,
        runs: tuple[RunRecord, ...] = (),
        notes: tuple[CompletenessNote, ...] = (),
    ) -> ReportDocument:
        """Sum up the runs of a project.

        Args:
            project_name: The project.
            runs: Its runs.
            notes: What is missing.
        """
        report, evidence = project_report(project_name, tuple(runs), tuple(notes), self._curves)
        return finished(report, self.config, evidence)

    def build_trend_report(self, trend: MetricTrend) -> ReportDocument:
        """Sum up a metric over runs.

        Args:
            trend: The metric.
        """
        report, evidence = trend_report(trend)
        return finished(report, self.config, evidence)

    def build_alert_report(self, results: list[AlertResult] | tuple[AlertResult, ...]) -> ReportDocument:
        """Sum up the evaluation of alert rules.

        Args:
            results: The ``AlertResult`` objects.
        """
        report, evidence = alert_report(tuple(results))
        return finished(report, self.config, evidence)

    def build_multi_run_report(self, comparison: MultiRunComparison) -> ReportDocument:
        """Sum up several runs side by side.

        Args:
            comparison: The runs.
        """
        return finished(multi_run_report(comparison, self._curves), self.config, comparison.evidence_links)


class _RecordsOf:
    """The records of a snapshot, as a repository gives them out."""

    def __init__(self, snapshot: RunSnapshot) -> None:
        self._snapshot = snapshot

    def list_records(
        self, *, run_id: str, stage_id: str | None = None, record_type: str | None = None
    ) -> Sequence[ObservationRecord]:
        """Return the records that match."""
        return [
            record
            for record in self._snapshot.records
            if record.run_id == run_id
            and stage_id in {None, record.stage_id}
            and record_type in {None, record.record_type}
        ]


def build(context: InterpretationContext, options: None) -> ReportBuilder:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    try:
        lineage = context.service("lineage")
    except PluginError:
        # Switched off, or not installed: the report does without.
        lineage = None
    return ReportBuilder(
        config=context.policies.reports, repository=context.repository, lineage_service=lineage
    )
