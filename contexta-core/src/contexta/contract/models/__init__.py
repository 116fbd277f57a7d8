"""The canonical models and the vocabularies of their fields."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.contract.fields import DEFAULT_CONTRACT_SCHEMA_VERSION as DEFAULT_CONTRACT_SCHEMA_VERSION
    from contexta.contract.models.artifacts import ArtifactManifest as ArtifactManifest
    from contexta.contract.models.deployment import DeploymentExecution as DeploymentExecution
    from contexta.contract.models.envelope import CorrelationRefs as CorrelationRefs
    from contexta.contract.models.envelope import RecordEnvelope as RecordEnvelope
    from contexta.contract.models.environment import EnvironmentSnapshot as EnvironmentSnapshot
    from contexta.contract.models.execution import BatchExecution as BatchExecution
    from contexta.contract.models.execution import StageExecution as StageExecution
    from contexta.contract.models.lineage import LineageEdge as LineageEdge
    from contexta.contract.models.lineage import ProvenanceRecord as ProvenanceRecord
    from contexta.contract.models.observation import OperationContext as OperationContext
    from contexta.contract.models.observation import SampleObservation as SampleObservation
    from contexta.contract.models.payloads import DegradedPayload as DegradedPayload
    from contexta.contract.models.payloads import MetricPayload as MetricPayload
    from contexta.contract.models.payloads import StructuredEventPayload as StructuredEventPayload
    from contexta.contract.models.payloads import TraceSpanPayload as TraceSpanPayload
    from contexta.contract.models.project import Project as Project
    from contexta.contract.models.records import DegradedRecord as DegradedRecord
    from contexta.contract.models.records import MetricRecord as MetricRecord
    from contexta.contract.models.records import StructuredEventRecord as StructuredEventRecord
    from contexta.contract.models.records import TraceSpanRecord as TraceSpanRecord
    from contexta.contract.models.run import Run as Run
    from contexta.contract.vocabularies import ARTIFACT_KINDS as ARTIFACT_KINDS
    from contexta.contract.vocabularies import ASSERTION_MODES as ASSERTION_MODES
    from contexta.contract.vocabularies import COMPLETENESS_MARKERS as COMPLETENESS_MARKERS
    from contexta.contract.vocabularies import CONFIDENCE_MARKERS as CONFIDENCE_MARKERS
    from contexta.contract.vocabularies import DEGRADATION_MARKERS as DEGRADATION_MARKERS
    from contexta.contract.vocabularies import DEGRADED_CATEGORIES as DEGRADED_CATEGORIES
    from contexta.contract.vocabularies import DEGRADED_SEVERITIES as DEGRADED_SEVERITIES
    from contexta.contract.vocabularies import EVENT_LEVELS as EVENT_LEVELS
    from contexta.contract.vocabularies import LINEAGE_ORIGIN_MARKERS as LINEAGE_ORIGIN_MARKERS
    from contexta.contract.vocabularies import METRIC_AGGREGATION_SCOPES as METRIC_AGGREGATION_SCOPES
    from contexta.contract.vocabularies import ORIGIN_MARKERS as ORIGIN_MARKERS
    from contexta.contract.vocabularies import RECORD_TYPES as RECORD_TYPES
    from contexta.contract.vocabularies import RELATION_TYPES as RELATION_TYPES
    from contexta.contract.vocabularies import RUN_STAGE_STATUSES as RUN_STAGE_STATUSES
    from contexta.contract.vocabularies import TRACE_SPAN_KINDS as TRACE_SPAN_KINDS
    from contexta.contract.vocabularies import TRACE_SPAN_STATUSES as TRACE_SPAN_STATUSES

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "ARTIFACT_KINDS": "contexta.contract.vocabularies",
        "ASSERTION_MODES": "contexta.contract.vocabularies",
        "ArtifactManifest": "contexta.contract.models.artifacts",
        "BatchExecution": "contexta.contract.models.execution",
        "COMPLETENESS_MARKERS": "contexta.contract.vocabularies",
        "CONFIDENCE_MARKERS": "contexta.contract.vocabularies",
        "CorrelationRefs": "contexta.contract.models.envelope",
        "DEFAULT_CONTRACT_SCHEMA_VERSION": "contexta.contract.fields",
        "DEGRADATION_MARKERS": "contexta.contract.vocabularies",
        "DEGRADED_CATEGORIES": "contexta.contract.vocabularies",
        "DEGRADED_SEVERITIES": "contexta.contract.vocabularies",
        "DegradedPayload": "contexta.contract.models.payloads",
        "DegradedRecord": "contexta.contract.models.records",
        "DeploymentExecution": "contexta.contract.models.deployment",
        "EVENT_LEVELS": "contexta.contract.vocabularies",
        "EnvironmentSnapshot": "contexta.contract.models.environment",
        "LINEAGE_ORIGIN_MARKERS": "contexta.contract.vocabularies",
        "LineageEdge": "contexta.contract.models.lineage",
        "METRIC_AGGREGATION_SCOPES": "contexta.contract.vocabularies",
        "MetricPayload": "contexta.contract.models.payloads",
        "MetricRecord": "contexta.contract.models.records",
        "ORIGIN_MARKERS": "contexta.contract.vocabularies",
        "OperationContext": "contexta.contract.models.observation",
        "Project": "contexta.contract.models.project",
        "ProvenanceRecord": "contexta.contract.models.lineage",
        "RECORD_TYPES": "contexta.contract.vocabularies",
        "RELATION_TYPES": "contexta.contract.vocabularies",
        "RUN_STAGE_STATUSES": "contexta.contract.vocabularies",
        "RecordEnvelope": "contexta.contract.models.envelope",
        "Run": "contexta.contract.models.run",
        "SampleObservation": "contexta.contract.models.observation",
        "StageExecution": "contexta.contract.models.execution",
        "StructuredEventPayload": "contexta.contract.models.payloads",
        "StructuredEventRecord": "contexta.contract.models.records",
        "TRACE_SPAN_KINDS": "contexta.contract.vocabularies",
        "TRACE_SPAN_STATUSES": "contexta.contract.vocabularies",
        "TraceSpanPayload": "contexta.contract.models.payloads",
        "TraceSpanRecord": "contexta.contract.models.records",
    },
)
