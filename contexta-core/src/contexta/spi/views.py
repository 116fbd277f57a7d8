"""What the read model gives out: projected runs, stages, records and their like.

Every model is a frozen standard-library dataclass; sequences are tuples, mappings are read-only and sorted by key.
Identifiers are the repository's own: full references (``run:demo.r1``) from the stores of a workspace, anything else
from a repository of the user's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.spi.freezing import freeze_fields, sorted_frozen
from contexta.spi.presentation import Presented

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.provenance import RunOrigin

__all__ = [
    "ArtifactRecord",
    "BatchRecord",
    "CompletenessNote",
    "DeploymentRecord",
    "EnvironmentView",
    "EvidenceLink",
    "ObservationRecord",
    "ProvenanceView",
    "RelationRecord",
    "RunNote",
    "RunRecord",
    "SampleRecord",
    "StageRecord",
]


def _empty() -> Mapping[str, Any]:
    return EMPTY_MAPPING


@dataclass(frozen=True, slots=True)
class EvidenceLink:
    """Where a statement comes from.

    Args:
        kind: ``run``, ``deployment``, ``stage``, ``batch``, ``sample``, ``artifact``, ``record`` or ``environment``.
        ref: Identifier of the thing.
        label: Its name for people.
    """

    kind: str
    ref: str
    label: str


@dataclass(frozen=True, slots=True)
class CompletenessNote:
    """Something that is missing, or limits what an answer says.

    Args:
        severity: ``info``, ``warning`` or ``error``.
        summary: What it is, as a stable word, such as ``missing_stage:train``.
        details: The facts behind it.
        evidence_links: Where it was seen.
    """

    severity: str
    summary: str
    details: Mapping[str, Any] | None = None
    evidence_links: tuple[EvidenceLink, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("details",), sequences=("evidence_links",))


@dataclass(frozen=True, slots=True)
class RunNote:
    """What somebody wrote about a run afterwards.

    Args:
        text: The note.
        author: Who wrote it.
        written_at: When (ISO 8601, UTC).
    """

    text: str
    author: str
    written_at: str


@dataclass(frozen=True, slots=True)
class RunRecord(Presented):
    """One run.

    Args:
        run_id: Its identifier.
        project_name: Name of its project.
        name: The name for people; several runs may share it.
        status: ``open``, ``completed``, ``failed``, ``cancelled`` or ``interrupted``.
        started_at: When it started (ISO 8601).
        ended_at: When it ended (ISO 8601), or None.
        tags: Text pairs to filter by.
        metadata: JSON-safe data.
        parameters: Parameters by dotted name.
        code_revision: Revision of the code that the caller gave.
        dataset_ref: Reference of the primary dataset.
        archived_at: When it was archived (ISO 8601), or None.
        notes: What people wrote about it afterwards, the oldest first.
    """

    run_id: str
    project_name: str
    name: str
    status: str
    started_at: str | None = None
    ended_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=_empty)
    metadata: Mapping[str, Any] = field(default_factory=_empty)
    parameters: Mapping[str, Any] = field(default_factory=_empty)
    code_revision: str | None = None
    dataset_ref: str | None = None
    archived_at: str | None = None
    notes: tuple[RunNote, ...] = ()

    def __post_init__(self) -> None:
        # Written out: lists of thousands of runs are made at once.
        for name, value in (
            ("tags", self.tags),
            ("metadata", self.metadata),
            ("parameters", self.parameters),
        ):
            if type(value) is not FrozenMapping:
                object.__setattr__(self, name, sorted_frozen(value))


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One stage of a run.

    Args:
        stage_id: Its identifier.
        run_id: The run's.
        name: Its name.
        status: As of a run.
        order: Its number among the stages of the run, from 0.
        started_at: When it started (ISO 8601).
        ended_at: When it ended (ISO 8601), or None.
        tags: Text pairs.
        metadata: JSON-safe data.
    """

    stage_id: str
    run_id: str
    name: str
    status: str
    order: int = 0
    started_at: str | None = None
    ended_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=_empty)
    metadata: Mapping[str, Any] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("tags", "metadata"))


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment.

    Args:
        deployment_id: Its identifier.
        project_name: Name of its project.
        name: Its name.
        status: As of a run.
        run_id: The run whose result is deployed, or None.
        artifact_ref: The artifact that is deployed, or None.
        started_at: When it started (ISO 8601).
        ended_at: When it ended (ISO 8601), or None.
        order: Its number, from 0.
        metadata: JSON-safe data.
    """

    deployment_id: str
    project_name: str
    name: str
    status: str
    run_id: str | None = None
    artifact_ref: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    order: int = 0
    metadata: Mapping[str, Any] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("metadata",))


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch of a stage.

    Args:
        batch_id: Its identifier.
        run_id: The run's.
        stage_id: The stage's.
        name: Its name.
        status: As of a run.
        order: Its number among the batches of the stage, from 0.
        started_at: When it started (ISO 8601).
        ended_at: When it ended (ISO 8601), or None.
        metadata: JSON-safe data.
    """

    batch_id: str
    run_id: str
    stage_id: str
    name: str
    status: str
    order: int = 0
    started_at: str | None = None
    ended_at: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("metadata",))


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One sample of a stage or batch.

    Args:
        sample_id: Its identifier.
        run_id: The run's.
        stage_id: The stage's.
        batch_id: The batch's, or None.
        name: Its name.
        observed_at: When it was observed (ISO 8601).
        retention_class: How long it is to be kept.
        redaction_profile: How it is to be redacted.
        metadata: JSON-safe data.
    """

    sample_id: str
    run_id: str
    stage_id: str
    batch_id: str | None
    name: str
    observed_at: str
    retention_class: str | None = None
    redaction_profile: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("metadata",))


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """One artifact.

    Args:
        artifact_ref: Its identifier.
        run_id: The run that made it.
        stage_id: The stage that made it, or None.
        kind: Its kind: ``model``, ``dataset`` and the like.
        created_at: When it was registered (ISO 8601).
        location: Where its body is.
        hash_value: Digest of its content, ``sha256:…``, or None while there is no body.
        size_bytes: Size of its content.
        attributes: JSON-safe data.
        content_type: Media type of its content, where it is known.
    """

    artifact_ref: str
    run_id: str
    stage_id: str | None
    kind: str
    created_at: str | None = None
    location: str | None = None
    hash_value: str | None = None
    size_bytes: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=_empty)
    content_type: str | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("attributes",))


@dataclass(frozen=True, slots=True)
class ObservationRecord:
    """One event, metric, span or degraded marker.

    Args:
        record_id: Its identifier.
        run_id: The run's.
        stage_id: The stage's, or None for one of the run itself.
        record_type: ``event``, ``metric``, ``span`` or ``degraded``.
        key: Event key, metric key, span name or issue key.
        observed_at: When it was observed (ISO 8601).
        value: Value of a metric; duration of a span, in milliseconds.
        message: Text of an event; summary of a degraded marker.
        completeness_marker: How much of what happened it tells.
        degradation_marker: What was lost on the way to it.
        payload: Its fields by their names in the contract; ``step`` of a metric among them.
        tags: Text pairs.
        schema_version: Version of the contract that wrote it.
        producer_ref: Who captured it.
        correlation_id: The trace or session that it belongs to.
        unit: Unit of the value.
    """

    record_id: str
    run_id: str
    stage_id: str | None
    record_type: str
    key: str
    observed_at: str
    value: Any = None
    message: str | None = None
    completeness_marker: str = "complete"
    degradation_marker: str = "none"
    payload: Mapping[str, Any] = field(default_factory=_empty)
    tags: Mapping[str, str] = field(default_factory=_empty)
    schema_version: str = "1"
    producer_ref: str | None = None
    correlation_id: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("payload", "tags"))


@dataclass(frozen=True, slots=True)
class RelationRecord:
    """One recorded relation between two things.

    Args:
        relation_ref: Its identifier.
        relation_type: What it says, such as ``derived_from``.
        source_ref: Where it starts.
        target_ref: Where it ends.
        recorded_at: When it was recorded (ISO 8601).
        origin_marker: Who made it.
        confidence_marker: How sure it is.
    """

    relation_ref: str
    relation_type: str
    source_ref: str
    target_ref: str
    recorded_at: str
    origin_marker: str
    confidence_marker: str


@dataclass(frozen=True, slots=True)
class ProvenanceView:
    """The assertion behind a relation of a run, and what the run was made from.

    Args:
        run_id: The run's identifier.
        provenance_ref: The assertion's; where none was recorded, that of what was captured of the surroundings.
        relation_ref: The relation that it is about; empty where no assertion was recorded.
        assertion_mode: How it was asserted; ``captured`` where no assertion was recorded.
        asserted_at: When (ISO 8601).
        formation_context_ref: Where it was formed.
        policy_ref: The policy that it follows.
        evidence_bundle_ref: The artifact that holds the evidence.
        origin: Code, configuration, environment and data of the run, where the provenance service was asked.
    """

    run_id: str
    provenance_ref: str
    relation_ref: str
    assertion_mode: str
    asserted_at: str
    formation_context_ref: str | None = None
    policy_ref: str | None = None
    evidence_bundle_ref: str | None = None
    origin: RunOrigin | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """What surrounded a run.

    Args:
        environment_ref: Its identifier.
        run_id: The run's.
        captured_at: When it was captured (ISO 8601).
        python_version: Version of Python, where it was captured.
        platform: Name of the platform, where it was captured.
        packages: Installed distributions with their versions.
        environment_variables: The allow-listed variables.
        code: Revision, branch, dirty flag and diff of the repository around the program.
        config_snapshot: The configuration of the run.
        details: Everything else that was captured, such as ``hardware``.
    """

    environment_ref: str
    run_id: str
    captured_at: str
    python_version: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=_empty)
    environment_variables: Mapping[str, str] = field(default_factory=_empty)
    code: Mapping[str, Any] = field(default_factory=_empty)
    config_snapshot: Mapping[str, Any] = field(default_factory=_empty)
    details: Mapping[str, Any] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        freeze_fields(
            self, mappings=("packages", "environment_variables", "code", "config_snapshot", "details")
        )
