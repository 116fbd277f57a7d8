"""Entities and bound artifacts as the read model shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.spi.views import (
    ArtifactRecord,
    BatchRecord,
    DeploymentRecord,
    EnvironmentView,
    ProvenanceView,
    RelationRecord,
    RunNote,
    RunRecord,
    SampleRecord,
    StageRecord,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.artifacts import BoundArtifact
    from contexta.spi.metadata import Entity

__all__ = [
    "artifact_of",
    "batch_of",
    "deployment_of",
    "environment_of",
    "provenance_of",
    "relation_of",
    "run_of",
    "sample_of",
    "stage_of",
]

#: Fields of an environment that have a place of their own in the view, or are no part of what surrounded the run.
_ENVIRONMENT_FIELDS = frozenset(
    [
        "captured_at",
        "code",
        "config_snapshot",
        "environment_variables",
        "packages",
        "platform",
        "python_version",
        "run_ref",
    ]
)


def _component(ref: str) -> str:
    return ref.rpartition(":")[2].rpartition(".")[2]


def _project_name(document: Mapping[str, Any], ref: str) -> str:
    name: str | None = document.get("project_name")
    return name or ref.partition(":")[2].partition(".")[0]


def run_of(entity: Entity) -> RunRecord:
    """Return a run."""
    document = entity.document
    return RunRecord(
        entity.ref,
        _project_name(document, entity.ref),
        document.get("name") or _component(entity.ref),
        document.get("status") or "open",
        document.get("started_at"),
        document.get("ended_at"),
        document.get("tags") or EMPTY_MAPPING,
        document.get("metadata") or EMPTY_MAPPING,
        document.get("parameters") or EMPTY_MAPPING,
        document.get("code_revision"),
        document.get("dataset_ref"),
        document.get("archived_at"),
        _notes_of(document),
    )


def _notes_of(document: Mapping[str, Any]) -> tuple[RunNote, ...]:
    """Return the notes, the oldest first; their keys sort by time."""
    annotations = document.get("annotations")
    if not annotations:
        return ()
    return tuple(
        RunNote(str(entry.get("text", "")), str(entry.get("author", "")), str(entry.get("written_at", "")))
        for _, entry in sorted(annotations.items())
        if hasattr(entry, "get")
    )


def stage_of(entity: Entity) -> StageRecord:
    """Return a stage."""
    document = entity.document
    return StageRecord(
        stage_id=entity.ref,
        run_id=document.get("run_ref") or _owner_ref(entity.ref, "run", 2),
        name=document.get("name") or _component(entity.ref),
        status=document.get("status") or "open",
        order=document.get("order_index") or 0,
        started_at=document.get("started_at"),
        ended_at=document.get("ended_at"),
        tags=document.get("tags") or EMPTY_MAPPING,
        metadata=document.get("metadata") or EMPTY_MAPPING,
    )


def batch_of(entity: Entity) -> BatchRecord:
    """Return a batch."""
    document = entity.document
    return BatchRecord(
        batch_id=entity.ref,
        run_id=document.get("run_ref") or _owner_ref(entity.ref, "run", 2),
        stage_id=document.get("stage_ref") or _owner_ref(entity.ref, "stage", 3),
        name=document.get("name") or _component(entity.ref),
        status=document.get("status") or "open",
        order=document.get("order_index") or 0,
        started_at=document.get("started_at"),
        ended_at=document.get("ended_at"),
        metadata=document.get("metadata") or EMPTY_MAPPING,
    )


def sample_of(entity: Entity) -> SampleRecord:
    """Return a sample."""
    document = entity.document
    return SampleRecord(
        sample_id=entity.ref,
        run_id=document.get("run_ref") or _owner_ref(entity.ref, "run", 2),
        stage_id=document.get("stage_ref") or _owner_ref(entity.ref, "stage", 3),
        batch_id=document.get("batch_ref"),
        name=document.get("name") or _component(entity.ref),
        observed_at=document.get("observed_at") or document.get("started_at") or "",
        retention_class=document.get("retention_class"),
        redaction_profile=document.get("redaction_profile"),
        metadata=document.get("metadata") or EMPTY_MAPPING,
    )


def deployment_of(entity: Entity) -> DeploymentRecord:
    """Return a deployment."""
    document = entity.document
    return DeploymentRecord(
        deployment_id=entity.ref,
        project_name=_project_name(document, entity.ref),
        name=document.get("name") or _component(entity.ref),
        status=document.get("status") or "open",
        run_id=document.get("run_ref"),
        artifact_ref=document.get("artifact_ref"),
        started_at=document.get("started_at"),
        ended_at=document.get("ended_at"),
        order=document.get("order_index") or 0,
        metadata=document.get("metadata") or EMPTY_MAPPING,
    )


def relation_of(entity: Entity) -> RelationRecord:
    """Return a recorded relation."""
    document = entity.document
    return RelationRecord(
        relation_ref=entity.ref,
        relation_type=document.get("relation_type", ""),
        source_ref=document.get("source_ref", ""),
        target_ref=document.get("target_ref", ""),
        recorded_at=document.get("recorded_at", ""),
        origin_marker=document.get("origin_marker", ""),
        confidence_marker=document.get("confidence_marker", ""),
    )


def provenance_of(entity: Entity, run_ref: str) -> ProvenanceView:
    """Return an assertion about a relation of a run."""
    document = entity.document
    return ProvenanceView(
        run_id=run_ref,
        provenance_ref=entity.ref,
        relation_ref=document.get("relation_ref", ""),
        assertion_mode=document.get("assertion_mode", ""),
        asserted_at=document.get("asserted_at", ""),
        formation_context_ref=document.get("formation_context_ref"),
        policy_ref=document.get("policy_ref"),
        evidence_bundle_ref=document.get("evidence_bundle_ref"),
    )


def environment_of(entity: Entity) -> EnvironmentView:
    """Return what surrounded a run."""
    document = entity.document
    return EnvironmentView(
        environment_ref=entity.ref,
        run_id=document.get("run_ref") or _owner_ref(entity.ref, "run", 2),
        captured_at=document.get("captured_at", ""),
        python_version=document.get("python_version"),
        platform=document.get("platform"),
        packages=document.get("packages") or EMPTY_MAPPING,
        environment_variables=document.get("environment_variables") or EMPTY_MAPPING,
        code=document.get("code") or EMPTY_MAPPING,
        config_snapshot=document.get("config_snapshot") or EMPTY_MAPPING,
        details={name: value for name, value in document.items() if name not in _ENVIRONMENT_FIELDS},
    )


def artifact_of(bound: BoundArtifact) -> ArtifactRecord:
    """Return an artifact; digest and size are those of the body, where there is one."""
    manifest, content = bound.manifest, bound.content
    attributes = manifest.get("attributes") or EMPTY_MAPPING
    content_type = attributes.get("content_type")
    return ArtifactRecord(
        artifact_ref=bound.artifact_ref,
        run_id=str(manifest.get("run_ref") or _owner_ref(bound.artifact_ref, "run", 2)),
        stage_id=manifest.get("stage_execution_ref"),
        kind=manifest.get("artifact_kind", ""),
        created_at=manifest.get("created_at") or bound.bound_at or None,
        location=manifest.get("location_ref"),
        hash_value=manifest.get("hash_value") if content is None else content.digest,
        size_bytes=manifest.get("size_bytes") if content is None else content.size_bytes,
        attributes=attributes,
        content_type=content_type if isinstance(content_type, str) else None,
    )


def _owner_ref(ref: str, kind: str, components: int) -> str:
    """Return the reference of an owner, which is the beginning of the reference of what it owns."""
    return f"{kind}:{'.'.join(ref.partition(':')[2].split('.')[:components])}"
