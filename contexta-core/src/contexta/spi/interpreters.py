"""What the services behind the facade's questions implement; a plugin that replaces one has these methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.aggregation import GroupedRuns, MetricAggregate, RunStatusDistribution, RunSummaryTable
    from contexta.spi.alerts import AlertReport, AlertResult, AlertRule
    from contexta.spi.anomalies import AnomalyReport, AnomalyResult, MetricBaseline
    from contexta.spi.comparison import MultiRunComparison, ReportComparison, RunComparison
    from contexta.spi.diagnostics import DiagnosticsResult
    from contexta.spi.lineage import LineageTraversal
    from contexta.spi.provenance import EnvironmentDiff, ReproducibilityAudit
    from contexta.spi.querying import RunListQuery, RunSnapshot
    from contexta.spi.reports import ReportDocument
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.trends import ArtifactSizeTrend, ChangePoint, DurationTrend, MetricTrend, StepSeries
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        CompletenessNote,
        DeploymentRecord,
        ProvenanceView,
        RunRecord,
        SampleRecord,
    )

__all__ = [
    "AggregationInterpreter",
    "AlertInterpreter",
    "AnomalyInterpreter",
    "CompareInterpreter",
    "DiagnosticsInterpreter",
    "LineageInterpreter",
    "ProvenanceInterpreter",
    "QueryInterpreter",
    "ReportsInterpreter",
    "SupportsChangePoints",
    "TrendInterpreter",
]


@runtime_checkable
class QueryInterpreter(Protocol):
    """The service ``query``."""

    @property
    def repository(self) -> CompositeRepository:
        """The read model that is asked."""

    def list_projects(self) -> tuple[str, ...]:
        """Return the names of all projects, sorted."""

    def list_runs(
        self, project_name: str | None = None, *, query: RunListQuery | None = None
    ) -> tuple[RunRecord, ...]:
        """Return the runs that match, in the query's order; the query's expression is understood here."""

    def search_runs(
        self,
        text: str,
        *,
        project_name: str | None = None,
        query: RunListQuery | None = None,
        limit: int | None = None,
    ) -> tuple[RunRecord, ...]:
        """Return the runs that hold a text, in the query's order."""

    def search_artifacts(
        self, text: str, *, kind: str | None = None, limit: int | None = None
    ) -> tuple[ArtifactRecord, ...]:
        """Return the artifacts that hold a text, as they were registered."""

    def get_run_snapshot(self, run_id: str) -> RunSnapshot:
        """Return everything that is known of a run."""

    def get_artifact_origin(self, artifact_ref: str) -> RunSnapshot | None:
        """Return the snapshot of the run that made an artifact, or None."""

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> tuple[DeploymentRecord, ...]:
        """Return the deployments of a project, of a run, or all."""

    def list_batches(self, run_id: str, stage_id: str | None = None) -> tuple[BatchRecord, ...]:
        """Return the batches of a run or of one of its stages."""

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> tuple[SampleRecord, ...]:
        """Return the samples of a run, or of one of its stages or batches."""


@runtime_checkable
class CompareInterpreter(Protocol):
    """The service ``compare``."""

    def compare_runs(self, left_run_id: str, right_run_id: str) -> RunComparison:
        """Compare two runs."""

    def compare_multiple_runs(self, run_ids: Sequence[str]) -> MultiRunComparison:
        """Compare several runs side by side."""

    def select_best_run(
        self,
        run_ids: Sequence[str],
        metric_key: str,
        *,
        stage_name: str | None = None,
        higher_is_better: bool | None = True,
    ) -> str | None:
        """Return the run with the best value of a metric, or None."""

    def compare_report_documents(self, left: Any, right: Any) -> ReportComparison:
        """Compare two reports section by section."""


@runtime_checkable
class AggregationInterpreter(Protocol):
    """The service ``aggregation``."""

    def aggregate_metric(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricAggregate:
        """Sum one metric up over runs, one value for each run."""

    def aggregate_by_stage(
        self, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> RunSummaryTable:
        """Sum all observations of all metrics up, by the names of stages."""

    def run_status_distribution(
        self, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> RunStatusDistribution:
        """Count runs by status."""

    def aggregate_groups(
        self,
        group_by: str | Sequence[str],
        metric_keys: Sequence[str] = (),
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> GroupedRuns:
        """Compare groups of runs by mean, deviation and count of metrics."""


@runtime_checkable
class TrendInterpreter(Protocol):
    """The service ``trend``."""

    def get_metric_trend(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricTrend:
        """Return a metric over runs, the oldest first."""

    def get_step_series(self, run_id: str, metric_key: str, *, stage_id: str | None = None) -> StepSeries:
        """Return a metric within one run, by step, then by time."""

    def get_stage_duration_trend(
        self, stage_name: str, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> DurationTrend:
        """Return how long a stage took over runs, the oldest first."""

    def get_artifact_size_trend(
        self, artifact_kind: str, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> ArtifactSizeTrend:
        """Return the sizes of artifacts of a kind over runs, the oldest first."""


@runtime_checkable
class SupportsChangePoints(Protocol):
    """A service ``trend`` that can tell where a level changed."""

    def find_change_points(self, trend: MetricTrend) -> tuple[ChangePoint, ...]:
        """Return where the level of a trend changed, the oldest change first."""


@runtime_checkable
class AnomalyInterpreter(Protocol):
    """The service ``anomaly``."""

    def compute_baseline(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricBaseline:
        """Return what is usual of a metric."""

    def detect_anomalies(
        self, run_id: str, *, baseline: MetricBaseline, stage_name: str | None = None
    ) -> tuple[AnomalyResult, ...]:
        """Return the anomaly that a run's value is, or nothing."""

    def detect_anomalies_in_run(
        self,
        run_id: str,
        *,
        baseline_query: RunListQuery | None = None,
        metric_keys: tuple[str, ...] | None = None,
        stage_name: str | None = None,
    ) -> tuple[AnomalyResult, ...]:
        """Return the anomalies among the metrics of a run, each beside its earlier runs."""

    def examine_run(
        self,
        run_id: str,
        *,
        baseline_query: RunListQuery | None = None,
        metric_keys: tuple[str, ...] | None = None,
        stage_name: str | None = None,
    ) -> AnomalyReport:
        """Return the same, and what could not be judged."""


@runtime_checkable
class AlertInterpreter(Protocol):
    """The service ``alert``."""

    @property
    def configured_rules(self) -> tuple[AlertRule, ...]:
        """The rules of the configuration."""

    def evaluate_alerts(self, run_id: str, rules: Sequence[AlertRule]) -> tuple[AlertResult, ...]:
        """Return what rules say of one run."""

    def evaluate_alerts_fleet(
        self,
        rules: Sequence[AlertRule],
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
    ) -> AlertReport:
        """Return what rules say of many runs."""


@runtime_checkable
class DiagnosticsInterpreter(Protocol):
    """The service ``diagnostics``."""

    def diagnose_run(self, run_id: str) -> DiagnosticsResult:
        """Return what went wrong in a run, or looks as if it had."""


@runtime_checkable
class LineageInterpreter(Protocol):
    """The service ``lineage``."""

    def traverse_lineage(
        self, subject_ref: str, *, direction: str | None = None, max_depth: int | None = None
    ) -> LineageTraversal:
        """Follow what a thing came from, and what came from it."""


@runtime_checkable
class ProvenanceInterpreter(Protocol):
    """The service ``provenance``."""

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return what a run was made from, or None where nothing is known."""

    def audit_reproducibility(self, run_id: str) -> ReproducibilityAudit:
        """Tell how well a run could be reproduced from what is recorded."""

    def compare_environments(self, left_run_id: str, right_run_id: str) -> EnvironmentDiff:
        """Compare the environments of two runs."""


@runtime_checkable
class ReportsInterpreter(Protocol):
    """The service ``reports``."""

    def build_snapshot_report(self, snapshot: RunSnapshot, diagnostics: DiagnosticsResult) -> ReportDocument:
        """Sum up one run with its diagnosis."""

    def build_run_report(self, comparison: RunComparison, diagnostics: DiagnosticsResult) -> ReportDocument:
        """Sum up the comparison of two runs, with a diagnosis."""

    def build_project_summary_report(
        self,
        project_name: str,
        *,
        runs: tuple[RunRecord, ...] = (),
        notes: tuple[CompletenessNote, ...] = (),
    ) -> ReportDocument:
        """Sum up the runs of a project."""

    def build_trend_report(self, trend: MetricTrend) -> ReportDocument:
        """Sum up a metric over runs."""

    def build_alert_report(self, results: list[AlertResult] | tuple[AlertResult, ...]) -> ReportDocument:
        """Sum up the evaluation of alert rules."""

    def build_multi_run_report(self, comparison: MultiRunComparison) -> ReportDocument:
        """Sum up several runs side by side."""
