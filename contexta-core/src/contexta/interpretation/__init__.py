"""The answers: result models, and the service classes behind the facade's questions.

The service classes live in plugins; the names here are always the stock classes.  What a ``Contexta`` object uses
follows its configuration: ask ``ctx.query_service`` and its like.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import AlertPolicy as AlertPolicy
    from contexta.config.models import AnomalyPolicy as AnomalyPolicy
    from contexta.config.models import ComparisonPolicy as ComparisonPolicy
    from contexta.config.models import DiagnosticsPolicy as DiagnosticsPolicy
    from contexta.config.models import LineagePolicy as LineagePolicy
    from contexta.config.models import SearchPolicy as SearchPolicy
    from contexta.config.models import TrendPolicy as TrendPolicy
    from contexta.errors import AggregationError as AggregationError
    from contexta.errors import AlertError as AlertError
    from contexta.errors import AnomalyError as AnomalyError
    from contexta.errors import ComparisonError as ComparisonError
    from contexta.errors import DiagnosticsError as DiagnosticsError
    from contexta.errors import LineageError as LineageError
    from contexta.errors import ProvenanceError as ProvenanceError
    from contexta.errors import TrendError as TrendError
    from contexta.interpretation.repositories import CompositeStoreRepository as CompositeStoreRepository
    from contexta.spi.aggregation import GroupedMetric as GroupedMetric
    from contexta.spi.aggregation import GroupedRuns as GroupedRuns
    from contexta.spi.aggregation import MetricAggregate as MetricAggregate
    from contexta.spi.aggregation import RunGroup as RunGroup
    from contexta.spi.aggregation import RunStatusDistribution as RunStatusDistribution
    from contexta.spi.aggregation import RunSummaryTable as RunSummaryTable
    from contexta.spi.aggregation import StageAggregate as StageAggregate
    from contexta.spi.aggregation import StatusCount as StatusCount
    from contexta.spi.alert_rules import load_alert_rules as load_alert_rules
    from contexta.spi.alerts import AlertReport as AlertReport
    from contexta.spi.alerts import AlertResult as AlertResult
    from contexta.spi.alerts import AlertRule as AlertRule
    from contexta.spi.anomalies import AnomalyReport as AnomalyReport
    from contexta.spi.anomalies import AnomalyResult as AnomalyResult
    from contexta.spi.anomalies import MetricBaseline as MetricBaseline
    from contexta.spi.comparison import ArtifactChange as ArtifactChange
    from contexta.spi.comparison import ArtifactKindCountRow as ArtifactKindCountRow
    from contexta.spi.comparison import MetricDelta as MetricDelta
    from contexta.spi.comparison import MultiRunComparison as MultiRunComparison
    from contexta.spi.comparison import MultiRunMetricRow as MultiRunMetricRow
    from contexta.spi.comparison import ProvenanceComparison as ProvenanceComparison
    from contexta.spi.comparison import ReportComparison as ReportComparison
    from contexta.spi.comparison import RunComparison as RunComparison
    from contexta.spi.comparison import SectionDiff as SectionDiff
    from contexta.spi.comparison import StageComparison as StageComparison
    from contexta.spi.comparison import ValueChange as ValueChange
    from contexta.spi.diagnostics import DiagnosticsIssue as DiagnosticsIssue
    from contexta.spi.diagnostics import DiagnosticsResult as DiagnosticsResult
    from contexta.spi.lineage import LineageEdge as LineageEdge
    from contexta.spi.lineage import LineageTraversal as LineageTraversal
    from contexta.spi.provenance import EnvironmentDiff as EnvironmentDiff
    from contexta.spi.provenance import EnvironmentDifference as EnvironmentDifference
    from contexta.spi.provenance import EnvironmentValueChange as EnvironmentValueChange
    from contexta.spi.provenance import ReproducibilityAudit as ReproducibilityAudit
    from contexta.spi.provenance import ReproducibilityCriterion as ReproducibilityCriterion
    from contexta.spi.provenance import RunOrigin as RunOrigin
    from contexta.spi.querying import MetricCondition as MetricCondition
    from contexta.spi.querying import RunListQuery as RunListQuery
    from contexta.spi.querying import RunSnapshot as RunSnapshot
    from contexta.spi.querying import TimeRange as TimeRange
    from contexta.spi.report_parts import FigureLine as FigureLine
    from contexta.spi.report_parts import FigureSeries as FigureSeries
    from contexta.spi.report_parts import ReportFigure as ReportFigure
    from contexta.spi.report_parts import ReportFinding as ReportFinding
    from contexta.spi.report_parts import ReportTable as ReportTable
    from contexta.spi.report_parts import TableColumn as TableColumn
    from contexta.spi.reports import RenderOptions as RenderOptions
    from contexta.spi.reports import ReportDocument as ReportDocument
    from contexta.spi.reports import ReportRenderer as ReportRenderer
    from contexta.spi.reports import ReportSection as ReportSection
    from contexta.spi.repository import ArtifactStoreReader as ArtifactStoreReader
    from contexta.spi.repository import CompositeRepository as CompositeRepository
    from contexta.spi.repository import RecordStoreReader as RecordStoreReader
    from contexta.spi.repository import RelationStoreReader as RelationStoreReader
    from contexta.spi.repository import RunStoreReader as RunStoreReader
    from contexta.spi.trends import ArtifactSizePoint as ArtifactSizePoint
    from contexta.spi.trends import ArtifactSizeTrend as ArtifactSizeTrend
    from contexta.spi.trends import ChangePoint as ChangePoint
    from contexta.spi.trends import DurationTrend as DurationTrend
    from contexta.spi.trends import MetricTrend as MetricTrend
    from contexta.spi.trends import StageDurationPoint as StageDurationPoint
    from contexta.spi.trends import StepPoint as StepPoint
    from contexta.spi.trends import StepSeries as StepSeries
    from contexta.spi.trends import TrendPoint as TrendPoint
    from contexta.spi.views import ArtifactRecord as ArtifactRecord
    from contexta.spi.views import BatchRecord as BatchRecord
    from contexta.spi.views import CompletenessNote as CompletenessNote
    from contexta.spi.views import DeploymentRecord as DeploymentRecord
    from contexta.spi.views import EnvironmentView as EnvironmentView
    from contexta.spi.views import EvidenceLink as EvidenceLink
    from contexta.spi.views import ObservationRecord as ObservationRecord
    from contexta.spi.views import ProvenanceView as ProvenanceView
    from contexta.spi.views import RelationRecord as RelationRecord
    from contexta.spi.views import RunRecord as RunRecord
    from contexta.spi.views import SampleRecord as SampleRecord
    from contexta.spi.views import StageRecord as StageRecord
    from contexta_interpretation.aggregation.service import AggregationService as AggregationService
    from contexta_interpretation.alert.service import AlertService as AlertService
    from contexta_interpretation.anomaly.service import AnomalyService as AnomalyService
    from contexta_interpretation.compare.service import CompareService as CompareService
    from contexta_interpretation.diagnostics.service import DiagnosticsService as DiagnosticsService
    from contexta_interpretation.lineage.service import LineageService as LineageService
    from contexta_interpretation.provenance.service import ProvenanceService as ProvenanceService
    from contexta_interpretation.query.service import QueryService as QueryService
    from contexta_interpretation.reports.builder import ReportBuilder as ReportBuilder
    from contexta_interpretation.trend.service import TrendService as TrendService

#: The package of the stock services.
_STOCK = "contexta_interpretation"

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "AggregationError": "contexta.errors",
        "AggregationService": "contexta_interpretation.aggregation.service",
        "AlertError": "contexta.errors",
        "AlertPolicy": "contexta.config.models",
        "AlertReport": "contexta.spi.alerts",
        "AlertResult": "contexta.spi.alerts",
        "AlertRule": "contexta.spi.alerts",
        "AlertService": "contexta_interpretation.alert.service",
        "AnomalyError": "contexta.errors",
        "AnomalyPolicy": "contexta.config.models",
        "AnomalyReport": "contexta.spi.anomalies",
        "AnomalyResult": "contexta.spi.anomalies",
        "AnomalyService": "contexta_interpretation.anomaly.service",
        "ArtifactChange": "contexta.spi.comparison",
        "ArtifactKindCountRow": "contexta.spi.comparison",
        "ArtifactRecord": "contexta.spi.views",
        "ArtifactSizePoint": "contexta.spi.trends",
        "ArtifactSizeTrend": "contexta.spi.trends",
        "ChangePoint": "contexta.spi.trends",
        "ArtifactStoreReader": "contexta.spi.repository",
        "BatchRecord": "contexta.spi.views",
        "CompareService": "contexta_interpretation.compare.service",
        "ComparisonError": "contexta.errors",
        "ComparisonPolicy": "contexta.config.models",
        "CompletenessNote": "contexta.spi.views",
        "CompositeRepository": "contexta.spi.repository",
        "CompositeStoreRepository": "contexta.interpretation.repositories",
        "DeploymentRecord": "contexta.spi.views",
        "DiagnosticsError": "contexta.errors",
        "DiagnosticsIssue": "contexta.spi.diagnostics",
        "DiagnosticsPolicy": "contexta.config.models",
        "DiagnosticsResult": "contexta.spi.diagnostics",
        "DiagnosticsService": "contexta_interpretation.diagnostics.service",
        "DurationTrend": "contexta.spi.trends",
        "EnvironmentDiff": "contexta.spi.provenance",
        "EnvironmentDifference": "contexta.spi.provenance",
        "EnvironmentValueChange": "contexta.spi.provenance",
        "EnvironmentView": "contexta.spi.views",
        "EvidenceLink": "contexta.spi.views",
        "FigureLine": "contexta.spi.report_parts",
        "FigureSeries": "contexta.spi.report_parts",
        "GroupedMetric": "contexta.spi.aggregation",
        "GroupedRuns": "contexta.spi.aggregation",
        "LineageEdge": "contexta.spi.lineage",
        "LineageError": "contexta.errors",
        "LineagePolicy": "contexta.config.models",
        "LineageService": "contexta_interpretation.lineage.service",
        "LineageTraversal": "contexta.spi.lineage",
        "MetricAggregate": "contexta.spi.aggregation",
        "MetricBaseline": "contexta.spi.anomalies",
        "MetricCondition": "contexta.spi.querying",
        "MetricDelta": "contexta.spi.comparison",
        "MetricTrend": "contexta.spi.trends",
        "MultiRunComparison": "contexta.spi.comparison",
        "MultiRunMetricRow": "contexta.spi.comparison",
        "ObservationRecord": "contexta.spi.views",
        "ProvenanceComparison": "contexta.spi.comparison",
        "ProvenanceError": "contexta.errors",
        "ProvenanceService": "contexta_interpretation.provenance.service",
        "ProvenanceView": "contexta.spi.views",
        "QueryService": "contexta_interpretation.query.service",
        "RecordStoreReader": "contexta.spi.repository",
        "RelationRecord": "contexta.spi.views",
        "RelationStoreReader": "contexta.spi.repository",
        "RenderOptions": "contexta.spi.reports",
        "ReportBuilder": "contexta_interpretation.reports.builder",
        "ReportComparison": "contexta.spi.comparison",
        "ReportDocument": "contexta.spi.reports",
        "ReportFigure": "contexta.spi.report_parts",
        "ReportFinding": "contexta.spi.report_parts",
        "ReportRenderer": "contexta.spi.reports",
        "ReportSection": "contexta.spi.reports",
        "ReportTable": "contexta.spi.report_parts",
        "ReproducibilityAudit": "contexta.spi.provenance",
        "ReproducibilityCriterion": "contexta.spi.provenance",
        "RunComparison": "contexta.spi.comparison",
        "RunGroup": "contexta.spi.aggregation",
        "RunListQuery": "contexta.spi.querying",
        "RunOrigin": "contexta.spi.provenance",
        "RunRecord": "contexta.spi.views",
        "RunSnapshot": "contexta.spi.querying",
        "RunStatusDistribution": "contexta.spi.aggregation",
        "RunStoreReader": "contexta.spi.repository",
        "RunSummaryTable": "contexta.spi.aggregation",
        "SampleRecord": "contexta.spi.views",
        "SearchPolicy": "contexta.config.models",
        "SectionDiff": "contexta.spi.comparison",
        "StageAggregate": "contexta.spi.aggregation",
        "StageComparison": "contexta.spi.comparison",
        "StageDurationPoint": "contexta.spi.trends",
        "StageRecord": "contexta.spi.views",
        "StatusCount": "contexta.spi.aggregation",
        "StepPoint": "contexta.spi.trends",
        "StepSeries": "contexta.spi.trends",
        "TableColumn": "contexta.spi.report_parts",
        "TimeRange": "contexta.spi.querying",
        "TrendError": "contexta.errors",
        "TrendPoint": "contexta.spi.trends",
        "TrendPolicy": "contexta.config.models",
        "TrendService": "contexta_interpretation.trend.service",
        "ValueChange": "contexta.spi.comparison",
        "load_alert_rules": "contexta.spi.alert_rules",
    },
)


def _offered() -> "list[str]":
    """Return the names that can be had here: without the stock services' package, all but theirs."""
    from importlib.util import find_spec

    if find_spec(_STOCK) is not None:
        return _names
    return [name for name in _names if not name.endswith(("Builder", "Service"))]


__all__ = _offered()  # noqa: PLE0605 - what is installed is known only when it is looked at


def __dir__() -> "list[str]":
    return list(__all__)


def __getattr__(name: str) -> object:
    try:
        return _from_table(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != _STOCK:
            raise
        from contexta.errors import MissingPluginError
        from contexta.plugins.install_hints import EVERYTHING

        raise MissingPluginError(
            f"{name} is a stock service, and the package {_STOCK!r} that brings it is not installed; "
            f'install: pip install "{EVERYTHING}"',
            details={"name": name, "package": _STOCK},
        ) from error
