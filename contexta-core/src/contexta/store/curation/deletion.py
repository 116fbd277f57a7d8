"""What deleting runs would take away, and what it took away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contexta.contract.frozen_mapping import EMPTY_MAPPING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DeletionRefusal",
    "PlannedRunDeletion",
    "RunDeletionPlan",
    "RunDeletionResult",
    "SharedArtifact",
]


@dataclass(frozen=True, slots=True)
class PlannedRunDeletion:
    """One run that is to be deleted.

    Args:
        run_ref: Its reference.
        name: Its name.
        status: Its status; ``deleted`` for one whose deletion was cut off and is to be finished.
        entity_count: Number of stages, batches, samples, operations and environments that go with it.
        record_count: Number of its records.
        record_bytes: Their size.
        artifact_refs: Its artifacts.
        artifact_bytes: Size of their bodies that nothing outside the plan uses; a body that several runs of the plan
            share is counted for the first.
    """

    run_ref: str
    name: str
    status: str
    entity_count: int = 0
    record_count: int = 0
    record_bytes: int = 0
    artifact_refs: tuple[str, ...] = ()
    artifact_bytes: int = 0


@dataclass(frozen=True, slots=True)
class DeletionRefusal:
    """Why a run cannot be deleted.

    Args:
        run_ref: The run.
        code: The reason as a stable word: ``run_is_live``.
        reason: The reason in words.
    """

    run_ref: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SharedArtifact:
    """An artifact of a run to be deleted whose body stays, because other runs have the same content.

    Args:
        artifact_ref: The artifact.
        used_by: References of the other runs.
    """

    artifact_ref: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunDeletionPlan:
    """What deleting runs would take away; nothing has been changed yet.

    Args:
        runs: The runs.
        refusals: Why some cannot be deleted; while there are any, none is.
        shared: Artifacts whose bodies stay.
        relation_refs: Recorded relations that start or end at what is deleted, and go with it.
        kept_deployment_refs: Deployments of these runs, which stay.
        planned_at: When it was planned (ISO 8601, UTC).
    """

    runs: tuple[PlannedRunDeletion, ...]
    refusals: tuple[DeletionRefusal, ...] = ()
    shared: tuple[SharedArtifact, ...] = ()
    relation_refs: tuple[str, ...] = ()
    kept_deployment_refs: tuple[str, ...] = ()
    planned_at: str = ""

    @property
    def run_refs(self) -> tuple[str, ...]:
        """References of the runs."""
        return tuple(run.run_ref for run in self.runs)

    @property
    def record_count(self) -> int:
        """Number of records of all runs."""
        return sum(run.record_count for run in self.runs)

    @property
    def artifact_count(self) -> int:
        """Number of artifacts of all runs."""
        return sum(len(run.artifact_refs) for run in self.runs)

    @property
    def freed_bytes(self) -> dict[str, int]:
        """Bytes that are freed, by plane; the metadata's journal is only ever appended to."""
        return {
            "metadata": 0,
            "records": sum(run.record_bytes for run in self.runs),
            "artifacts": sum(run.artifact_bytes for run in self.runs),
        }

    @property
    def total_bytes(self) -> int:
        """Bytes that are freed in all planes."""
        return sum(self.freed_bytes.values())


@dataclass(frozen=True, slots=True)
class RunDeletionResult:
    """What was deleted.

    Args:
        run_refs: The runs.
        artifact_refs: Their artifacts.
        freed_bytes: Bytes that are free now, by plane.
        notes: What is left to do, in words, such as bodies that wait for the next garbage collection.
        deleted_at: When it was finished (ISO 8601, UTC).
    """

    run_refs: tuple[str, ...]
    artifact_refs: tuple[str, ...] = ()
    freed_bytes: Mapping[str, int] = field(default_factory=lambda: EMPTY_MAPPING)
    notes: tuple[str, ...] = ()
    deleted_at: str = ""

    @property
    def total_bytes(self) -> int:
        """Bytes that are free now in all planes."""
        return sum(self.freed_bytes.values())
