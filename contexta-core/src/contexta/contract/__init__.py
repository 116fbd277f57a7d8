"""The contract: canonical models, refs, vocabularies, times and canonical JSON."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.contract.conversion import make_converter as make_converter
    from contexta.contract.extensions import ExtensionFieldSet as ExtensionFieldSet
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
    from contexta.contract.refs import StableRef as StableRef
    from contexta.contract.registry import ExtensionRegistry as ExtensionRegistry
    from contexta.contract.registry_entry import ExtensionRegistryEntry as ExtensionRegistryEntry
    from contexta.contract.schema import json_schema as json_schema
    from contexta.contract.serialization import deserialize_artifact_manifest as deserialize_artifact_manifest
    from contexta.contract.serialization import deserialize_batch_execution as deserialize_batch_execution
    from contexta.contract.serialization import deserialize_correlation_refs as deserialize_correlation_refs
    from contexta.contract.serialization import deserialize_degraded_payload as deserialize_degraded_payload
    from contexta.contract.serialization import deserialize_degraded_record as deserialize_degraded_record
    from contexta.contract.serialization import (
        deserialize_deployment_execution as deserialize_deployment_execution,
    )
    from contexta.contract.serialization import (
        deserialize_environment_snapshot as deserialize_environment_snapshot,
    )
    from contexta.contract.serialization import (
        deserialize_extension_field_set as deserialize_extension_field_set,
    )
    from contexta.contract.serialization import deserialize_lineage_edge as deserialize_lineage_edge
    from contexta.contract.serialization import deserialize_metric_payload as deserialize_metric_payload
    from contexta.contract.serialization import deserialize_metric_record as deserialize_metric_record
    from contexta.contract.serialization import deserialize_operation_context as deserialize_operation_context
    from contexta.contract.serialization import deserialize_project as deserialize_project
    from contexta.contract.serialization import deserialize_provenance_record as deserialize_provenance_record
    from contexta.contract.serialization import deserialize_record_envelope as deserialize_record_envelope
    from contexta.contract.serialization import deserialize_run as deserialize_run
    from contexta.contract.serialization import (
        deserialize_sample_observation as deserialize_sample_observation,
    )
    from contexta.contract.serialization import deserialize_stable_ref as deserialize_stable_ref
    from contexta.contract.serialization import deserialize_stage_execution as deserialize_stage_execution
    from contexta.contract.serialization import (
        deserialize_structured_event_payload as deserialize_structured_event_payload,
    )
    from contexta.contract.serialization import (
        deserialize_structured_event_record as deserialize_structured_event_record,
    )
    from contexta.contract.serialization import (
        deserialize_trace_span_payload as deserialize_trace_span_payload,
    )
    from contexta.contract.serialization import deserialize_trace_span_record as deserialize_trace_span_record
    from contexta.contract.serialization import to_json as to_json
    from contexta.contract.serialization import to_payload as to_payload
    from contexta.contract.text import display_safe as display_safe
    from contexta.contract.text import slug as slug
    from contexta.contract.timestamps import instant as instant
    from contexta.contract.timestamps import normalize_timestamp as normalize_timestamp
    from contexta.contract.timestamps import parse_timestamp as parse_timestamp
    from contexta.contract.timestamps import text_from_ns as text_from_ns
    from contexta.contract.timestamps import utc_now_text as utc_now_text
    from contexta.contract.validation.report import ValidationIssue as ValidationIssue
    from contexta.contract.validation.report import ValidationReport as ValidationReport
    from contexta.contract.validation.validators import (
        validate_artifact_manifest as validate_artifact_manifest,
    )
    from contexta.contract.validation.validators import validate_batch_execution as validate_batch_execution
    from contexta.contract.validation.validators import validate_degraded_record as validate_degraded_record
    from contexta.contract.validation.validators import (
        validate_deployment_execution as validate_deployment_execution,
    )
    from contexta.contract.validation.validators import (
        validate_environment_snapshot as validate_environment_snapshot,
    )
    from contexta.contract.validation.validators import (
        validate_extension_field_set as validate_extension_field_set,
    )
    from contexta.contract.validation.validators import validate_lineage_edge as validate_lineage_edge
    from contexta.contract.validation.validators import validate_metric_record as validate_metric_record
    from contexta.contract.validation.validators import (
        validate_operation_context as validate_operation_context,
    )
    from contexta.contract.validation.validators import validate_project as validate_project
    from contexta.contract.validation.validators import (
        validate_provenance_record as validate_provenance_record,
    )
    from contexta.contract.validation.validators import validate_record_envelope as validate_record_envelope
    from contexta.contract.validation.validators import validate_run as validate_run
    from contexta.contract.validation.validators import (
        validate_sample_observation as validate_sample_observation,
    )
    from contexta.contract.validation.validators import validate_stage_execution as validate_stage_execution
    from contexta.contract.validation.validators import (
        validate_structured_event_record as validate_structured_event_record,
    )
    from contexta.contract.validation.validators import (
        validate_trace_span_record as validate_trace_span_record,
    )
    from contexta.contract.vocabularies import ARTIFACT_KINDS as ARTIFACT_KINDS
    from contexta.contract.vocabularies import ASSERTION_MODES as ASSERTION_MODES
    from contexta.contract.vocabularies import COMPLETENESS_MARKERS as COMPLETENESS_MARKERS
    from contexta.contract.vocabularies import CONFIDENCE_MARKERS as CONFIDENCE_MARKERS
    from contexta.contract.vocabularies import DEGRADATION_MARKERS as DEGRADATION_MARKERS
    from contexta.contract.vocabularies import DEGRADED_CATEGORIES as DEGRADED_CATEGORIES
    from contexta.contract.vocabularies import DEGRADED_SEVERITIES as DEGRADED_SEVERITIES
    from contexta.contract.vocabularies import EVENT_LEVELS as EVENT_LEVELS
    from contexta.contract.vocabularies import EXTENSION_OWNERSHIP_CLASSES as EXTENSION_OWNERSHIP_CLASSES
    from contexta.contract.vocabularies import EXTENSION_REGISTRY_STATUSES as EXTENSION_REGISTRY_STATUSES
    from contexta.contract.vocabularies import EXTENSION_TARGET_MODELS as EXTENSION_TARGET_MODELS
    from contexta.contract.vocabularies import LINEAGE_ORIGIN_MARKERS as LINEAGE_ORIGIN_MARKERS
    from contexta.contract.vocabularies import METRIC_AGGREGATION_SCOPES as METRIC_AGGREGATION_SCOPES
    from contexta.contract.vocabularies import ORIGIN_MARKERS as ORIGIN_MARKERS
    from contexta.contract.vocabularies import RECORD_TYPES as RECORD_TYPES
    from contexta.contract.vocabularies import RELATION_TYPES as RELATION_TYPES
    from contexta.contract.vocabularies import RUN_STAGE_STATUSES as RUN_STAGE_STATUSES
    from contexta.contract.vocabularies import TRACE_SPAN_KINDS as TRACE_SPAN_KINDS
    from contexta.contract.vocabularies import TRACE_SPAN_STATUSES as TRACE_SPAN_STATUSES
    from contexta.contract.vocabularies import VALIDATION_SEVERITIES as VALIDATION_SEVERITIES

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
        "EXTENSION_OWNERSHIP_CLASSES": "contexta.contract.vocabularies",
        "EXTENSION_REGISTRY_STATUSES": "contexta.contract.vocabularies",
        "EXTENSION_TARGET_MODELS": "contexta.contract.vocabularies",
        "EnvironmentSnapshot": "contexta.contract.models.environment",
        "ExtensionFieldSet": "contexta.contract.extensions",
        "ExtensionRegistry": "contexta.contract.registry",
        "ExtensionRegistryEntry": "contexta.contract.registry_entry",
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
        "StableRef": "contexta.contract.refs",
        "StageExecution": "contexta.contract.models.execution",
        "StructuredEventPayload": "contexta.contract.models.payloads",
        "StructuredEventRecord": "contexta.contract.models.records",
        "TRACE_SPAN_KINDS": "contexta.contract.vocabularies",
        "TRACE_SPAN_STATUSES": "contexta.contract.vocabularies",
        "TraceSpanPayload": "contexta.contract.models.payloads",
        "TraceSpanRecord": "contexta.contract.models.records",
        "VALIDATION_SEVERITIES": "contexta.contract.vocabularies",
        "ValidationIssue": "contexta.contract.validation.report",
        "ValidationReport": "contexta.contract.validation.report",
        "deserialize_artifact_manifest": "contexta.contract.serialization",
        "deserialize_batch_execution": "contexta.contract.serialization",
        "deserialize_correlation_refs": "contexta.contract.serialization",
        "deserialize_degraded_payload": "contexta.contract.serialization",
        "deserialize_degraded_record": "contexta.contract.serialization",
        "deserialize_deployment_execution": "contexta.contract.serialization",
        "deserialize_environment_snapshot": "contexta.contract.serialization",
        "deserialize_extension_field_set": "contexta.contract.serialization",
        "deserialize_lineage_edge": "contexta.contract.serialization",
        "deserialize_metric_payload": "contexta.contract.serialization",
        "deserialize_metric_record": "contexta.contract.serialization",
        "deserialize_operation_context": "contexta.contract.serialization",
        "deserialize_project": "contexta.contract.serialization",
        "deserialize_provenance_record": "contexta.contract.serialization",
        "deserialize_record_envelope": "contexta.contract.serialization",
        "deserialize_run": "contexta.contract.serialization",
        "deserialize_sample_observation": "contexta.contract.serialization",
        "deserialize_stable_ref": "contexta.contract.serialization",
        "deserialize_stage_execution": "contexta.contract.serialization",
        "deserialize_structured_event_payload": "contexta.contract.serialization",
        "deserialize_structured_event_record": "contexta.contract.serialization",
        "deserialize_trace_span_payload": "contexta.contract.serialization",
        "deserialize_trace_span_record": "contexta.contract.serialization",
        "display_safe": "contexta.contract.text",
        "instant": "contexta.contract.timestamps",
        "json_schema": "contexta.contract.schema",
        "make_converter": "contexta.contract.conversion",
        "normalize_timestamp": "contexta.contract.timestamps",
        "parse_timestamp": "contexta.contract.timestamps",
        "slug": "contexta.contract.text",
        "text_from_ns": "contexta.contract.timestamps",
        "to_json": "contexta.contract.serialization",
        "to_payload": "contexta.contract.serialization",
        "utc_now_text": "contexta.contract.timestamps",
        "validate_artifact_manifest": "contexta.contract.validation.validators",
        "validate_batch_execution": "contexta.contract.validation.validators",
        "validate_degraded_record": "contexta.contract.validation.validators",
        "validate_deployment_execution": "contexta.contract.validation.validators",
        "validate_environment_snapshot": "contexta.contract.validation.validators",
        "validate_extension_field_set": "contexta.contract.validation.validators",
        "validate_lineage_edge": "contexta.contract.validation.validators",
        "validate_metric_record": "contexta.contract.validation.validators",
        "validate_operation_context": "contexta.contract.validation.validators",
        "validate_project": "contexta.contract.validation.validators",
        "validate_provenance_record": "contexta.contract.validation.validators",
        "validate_record_envelope": "contexta.contract.validation.validators",
        "validate_run": "contexta.contract.validation.validators",
        "validate_sample_observation": "contexta.contract.validation.validators",
        "validate_stage_execution": "contexta.contract.validation.validators",
        "validate_structured_event_record": "contexta.contract.validation.validators",
        "validate_trace_span_record": "contexta.contract.validation.validators",
    },
)
