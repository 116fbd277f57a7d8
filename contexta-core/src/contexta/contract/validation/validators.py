"""Full validation of every model: all problems of an object or of a raw mapping, each with its exact path.

The functions never raise.  They take an instance, whatever was done to it, or the plain data that a decoder would
take, and return a report: errors for broken rules, warnings for what is legal and yet worth a look.  Without a
registry the extensions of a model are only checked for being well-formed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    DegradedRecord,
    MetricRecord,
    RecordEnvelope,
    StructuredEventRecord,
    TraceSpanRecord,
)
from contexta.contract.registry import ExtensionRegistry
from contexta.contract.validation.report import ValidationReport
from contexta.contract.validation.walk import ModelWalk
from contexta.contract.vocabularies import EXTENSION_TARGET_MODELS

if TYPE_CHECKING:
    from contexta.contract.contract_model import ContractModel

__all__ = [
    "validate_artifact_manifest",
    "validate_batch_execution",
    "validate_degraded_record",
    "validate_deployment_execution",
    "validate_environment_snapshot",
    "validate_extension_field_set",
    "validate_lineage_edge",
    "validate_metric_record",
    "validate_operation_context",
    "validate_project",
    "validate_provenance_record",
    "validate_record_envelope",
    "validate_run",
    "validate_sample_observation",
    "validate_stage_execution",
    "validate_structured_event_record",
    "validate_trace_span_record",
]


def _validate(model: type[ContractModel], value: object, registry: object) -> ValidationReport:
    """Walk over one object."""
    walk = _walk(registry)
    walk.root(model, value)
    return ValidationReport.from_issues(walk.issues)


def _walk(registry: object) -> ModelWalk:
    """Start a walk; something that is no registry is an issue, like everything else."""
    known = registry if isinstance(registry, ExtensionRegistry) else None
    walk = ModelWalk(known)
    if registry is not None and known is None:
        message = f"registry must be an ExtensionRegistry or None, not {type(registry).__name__}."
        walk.add("extension.invalid_registry", "$", message)
    return walk


def validate_project(project: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a project.

    Args:
        project: A ``Project``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(Project, project, registry)


def validate_run(run: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a run.

    Args:
        run: A ``Run``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(Run, run, registry)


def validate_deployment_execution(
    deployment: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate a deployment.

    Args:
        deployment: A ``DeploymentExecution``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(DeploymentExecution, deployment, registry)


def validate_stage_execution(stage: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a stage.

    Args:
        stage: A ``StageExecution``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(StageExecution, stage, registry)


def validate_batch_execution(batch: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a batch.

    Args:
        batch: A ``BatchExecution``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(BatchExecution, batch, registry)


def validate_sample_observation(
    sample: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate a sample.

    Args:
        sample: A ``SampleObservation``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(SampleObservation, sample, registry)


def validate_operation_context(
    operation: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate an operation.

    Args:
        operation: An ``OperationContext``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(OperationContext, operation, registry)


def validate_environment_snapshot(
    snapshot: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate an environment snapshot.

    Args:
        snapshot: An ``EnvironmentSnapshot``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(EnvironmentSnapshot, snapshot, registry)


def validate_record_envelope(envelope: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a record envelope.

    Args:
        envelope: A ``RecordEnvelope``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(RecordEnvelope, envelope, registry)


def validate_structured_event_record(
    record: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate an event record.

    Args:
        record: An ``StructuredEventRecord``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(StructuredEventRecord, record, registry)


def validate_metric_record(record: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a metric record.

    Warns where the unit is missing.

    Args:
        record: A ``MetricRecord``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(MetricRecord, record, registry)


def validate_trace_span_record(record: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a span record.

    Args:
        record: A ``TraceSpanRecord``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(TraceSpanRecord, record, registry)


def validate_degraded_record(record: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a degraded record.

    Args:
        record: A ``DegradedRecord``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(DegradedRecord, record, registry)


def validate_artifact_manifest(
    manifest: Any, *, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate an artifact manifest.

    Warns where ``hash_value`` or ``size_bytes`` is missing.

    Args:
        manifest: An ``ArtifactManifest``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(ArtifactManifest, manifest, registry)


def validate_lineage_edge(edge: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a lineage edge.

    Warns where ``evidence_refs`` is empty, and again where the confidence is low besides.

    Args:
        edge: A ``LineageEdge``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(LineageEdge, edge, registry)


def validate_provenance_record(record: Any, *, registry: ExtensionRegistry | None = None) -> ValidationReport:
    """Validate a provenance record.

    Warns where ``policy_ref`` or ``evidence_bundle_ref`` is missing.

    Args:
        record: A ``ProvenanceRecord``, or a raw mapping.
        registry: Judges the extensions; without one they are not validated.

    Returns:
        The report of everything that was found.
    """
    return _validate(ProvenanceRecord, record, registry)


def validate_extension_field_set(
    ext: Any, *, target_model: str, registry: ExtensionRegistry | None = None
) -> ValidationReport:
    """Validate an extension set for the model that it is to extend.

    Args:
        ext: An ``ExtensionFieldSet``, or a raw mapping.
        target_model: One of ``EXTENSION_TARGET_MODELS``.
        registry: Knows the namespaces, the models that they extend and their fields; without one only the set
            itself is checked.

    Returns:
        The report of everything that was found.
    """
    walk = _walk(registry)
    if not isinstance(target_model, str) or target_model not in EXTENSION_TARGET_MODELS:
        message = f"No such model can be extended; the models are {', '.join(EXTENSION_TARGET_MODELS)}."
        walk.add("extension.invalid_target_model", "$", message)
        walk.registry = None
    walk.root_extension(ext, target_model)
    return ValidationReport.from_issues(walk.issues)
