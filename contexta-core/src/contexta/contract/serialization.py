"""Canonical payloads and canonical JSON of models, and the way back.

The payload of a model is its plain data with sorted keys, without the optional fields that are None; what users
attached keeps its nulls.  Its JSON is compact UTF-8 and the same on every run.  Decoding takes plain data, text,
bytes or a ready instance, keeps fields that it does not know (a newer minor version wrote them) and refuses another
major version.  The ``deserialize_*`` functions raise :class:`~contexta.errors.SerializationError` for broken shapes,
:class:`~contexta.errors.ValidationError` for broken rules, each with the path of the fault, and
:class:`~contexta.errors.SchemaVersionError` for another major version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.decoding import decode_model, decode_ref
from contexta.contract.encoding import to_json, to_payload
from contexta.contract.extensions import ExtensionFieldSet
from contexta.contract.models.artifacts import ArtifactManifest
from contexta.contract.models.context import (
    BatchExecution,
    DeploymentExecution,
    EnvironmentSnapshot,
    OperationContext,
    Project,
    Run,
    SampleObservation,
    StageExecution,
)
from contexta.contract.models.lineage import LineageEdge, ProvenanceRecord
from contexta.contract.models.records import (
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    MetricPayload,
    MetricRecord,
    RecordEnvelope,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
)

if TYPE_CHECKING:
    from contexta.contract.refs import StableRef
    from contexta.contract.registry import ExtensionRegistry

__all__ = [
    "deserialize_artifact_manifest",
    "deserialize_batch_execution",
    "deserialize_correlation_refs",
    "deserialize_degraded_payload",
    "deserialize_degraded_record",
    "deserialize_deployment_execution",
    "deserialize_environment_snapshot",
    "deserialize_extension_field_set",
    "deserialize_lineage_edge",
    "deserialize_metric_payload",
    "deserialize_metric_record",
    "deserialize_operation_context",
    "deserialize_project",
    "deserialize_provenance_record",
    "deserialize_record_envelope",
    "deserialize_run",
    "deserialize_sample_observation",
    "deserialize_stable_ref",
    "deserialize_stage_execution",
    "deserialize_structured_event_payload",
    "deserialize_structured_event_record",
    "deserialize_trace_span_payload",
    "deserialize_trace_span_record",
    "to_json",
    "to_payload",
]


def deserialize_project(data: Any, *, registry: ExtensionRegistry | None = None) -> Project:
    """Decode a project.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(Project, data, registry=registry)


def deserialize_run(data: Any, *, registry: ExtensionRegistry | None = None) -> Run:
    """Decode a run.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(Run, data, registry=registry)


def deserialize_deployment_execution(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> DeploymentExecution:
    """Decode a deployment.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(DeploymentExecution, data, registry=registry)


def deserialize_stage_execution(data: Any, *, registry: ExtensionRegistry | None = None) -> StageExecution:
    """Decode a stage.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(StageExecution, data, registry=registry)


def deserialize_batch_execution(data: Any, *, registry: ExtensionRegistry | None = None) -> BatchExecution:
    """Decode a batch.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(BatchExecution, data, registry=registry)


def deserialize_sample_observation(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> SampleObservation:
    """Decode a sample.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(SampleObservation, data, registry=registry)


def deserialize_operation_context(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> OperationContext:
    """Decode an operation.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(OperationContext, data, registry=registry)


def deserialize_environment_snapshot(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> EnvironmentSnapshot:
    """Decode an environment snapshot.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(EnvironmentSnapshot, data, registry=registry)


def deserialize_record_envelope(data: Any, *, registry: ExtensionRegistry | None = None) -> RecordEnvelope:
    """Decode a record's envelope.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(RecordEnvelope, data, registry=registry)


def deserialize_structured_event_record(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> StructuredEventRecord:
    """Decode an event.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(StructuredEventRecord, data, registry=registry)


def deserialize_metric_record(data: Any, *, registry: ExtensionRegistry | None = None) -> MetricRecord:
    """Decode a metric record.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(MetricRecord, data, registry=registry)


def deserialize_trace_span_record(data: Any, *, registry: ExtensionRegistry | None = None) -> TraceSpanRecord:
    """Decode a span.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(TraceSpanRecord, data, registry=registry)


def deserialize_degraded_record(data: Any, *, registry: ExtensionRegistry | None = None) -> DegradedRecord:
    """Decode a degraded marker.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(DegradedRecord, data, registry=registry)


def deserialize_artifact_manifest(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> ArtifactManifest:
    """Decode an artifact's manifest.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(ArtifactManifest, data, registry=registry)


def deserialize_lineage_edge(data: Any, *, registry: ExtensionRegistry | None = None) -> LineageEdge:
    """Decode a lineage edge.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(LineageEdge, data, registry=registry)


def deserialize_provenance_record(
    data: Any, *, registry: ExtensionRegistry | None = None
) -> ProvenanceRecord:
    """Decode a provenance record.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves the extensions; without one they pass through.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    return decode_model(ProvenanceRecord, data, registry=registry)


def deserialize_extension_field_set(data: Any) -> ExtensionFieldSet:
    """Decode a set of extension fields.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(ExtensionFieldSet, data)


def deserialize_correlation_refs(data: Any) -> CorrelationRefs:
    """Decode correlation ids.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(CorrelationRefs, data)


def deserialize_structured_event_payload(data: Any) -> StructuredEventPayload:
    """Decode an event's payload.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(StructuredEventPayload, data)


def deserialize_metric_payload(data: Any) -> MetricPayload:
    """Decode a metric's payload.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(MetricPayload, data)


def deserialize_trace_span_payload(data: Any) -> TraceSpanPayload:
    """Decode a span's payload.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(TraceSpanPayload, data)


def deserialize_degraded_payload(data: Any) -> DegradedPayload:
    """Decode a degraded marker's payload.

    Args:
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.

    Returns:
        The model.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
    """
    return decode_model(DegradedPayload, data)


def deserialize_stable_ref(data: Any) -> StableRef:
    """Decode a stable ref.

    Args:
        data: The ref's text, that text as JSON, its ``kind`` and ``value`` as a mapping, or a ref.

    Returns:
        The ref.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: The ref breaks the grammar.
    """
    return decode_ref(data)
