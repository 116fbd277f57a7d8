"""Read models that can do less than the kernel's: what every service can count on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        DeploymentRecord,
        ObservationRecord,
        ProvenanceView,
        RelationRecord,
        RunRecord,
        SampleRecord,
        StageRecord,
    )

__all__ = ["TwelveMethods", "WithoutQuickPaths"]


class TwelveMethods:
    """The twelve methods of a repository, and nothing else.

    Args:
        repository: Where the answers come from.
    """

    def __init__(self, repository: CompositeRepository) -> None:
        self._repository = repository

    def list_projects(self) -> Sequence[str]:
        """Return the names of all projects."""
        return self._repository.list_projects()

    def list_runs(self, project_name: str | None = None) -> Sequence[RunRecord]:
        """Return the runs of one project, or all."""
        return self._repository.list_runs(project_name)

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return one run, or None."""
        return self._repository.get_run(run_id)

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> Sequence[DeploymentRecord]:
        """Return the deployments of a project, of a run, or all."""
        return self._repository.list_deployments(project_name, run_id)

    def list_stages(self, run_id: str) -> Sequence[StageRecord]:
        """Return the stages of a run, in order."""
        return self._repository.list_stages(run_id)

    def list_batches(self, run_id: str, stage_id: str | None = None) -> Sequence[BatchRecord]:
        """Return the batches of a run or of one of its stages, in order."""
        return self._repository.list_batches(run_id, stage_id)

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> Sequence[SampleRecord]:
        """Return the samples of a run, or of one of its stages or batches."""
        return self._repository.list_samples(run_id, stage_id, batch_id)

    def list_records(
        self, *, run_id: str, stage_id: str | None = None, record_type: str | None = None
    ) -> Sequence[ObservationRecord]:
        """Return the records of a run, in the order of appending."""
        return self._repository.list_records(run_id=run_id, stage_id=stage_id, record_type=record_type)

    def list_relations(self, subject_ref: str | None = None) -> Sequence[RelationRecord]:
        """Return the relations that start or end at a subject, or all."""
        return self._repository.list_relations(subject_ref)

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return the newest provenance of a run, or None."""
        return self._repository.get_provenance(run_id)

    def get_artifact(self, artifact_ref: str) -> ArtifactRecord | None:
        """Return one artifact, or None."""
        return self._repository.get_artifact(artifact_ref)

    def list_artifacts(
        self, *, run_id: str | None = None, stage_id: str | None = None
    ) -> Sequence[ArtifactRecord]:
        """Return the artifacts of a run, of a stage, or all."""
        return self._repository.list_artifacts(run_id=run_id, stage_id=stage_id)


class WithoutQuickPaths(TwelveMethods):
    """All that a repository knows, but for the paths that are only quicker.

    Args:
        repository: Where the answers come from.
    """

    _QUICK = frozenset(
        [
            "count_records", "find_runs", "flawed_records", "metric_arrays", "metric_points", "metric_points_between",
            "metric_summaries",
        ]
    )  # fmt: skip

    def __init__(self, repository: Any) -> None:
        super().__init__(repository)
        # As attributes and not on demand: since Python 3.12 a protocol is not seen where only __getattr__ has it.
        for name in dir(repository):
            if not name.startswith("_") and name not in self._QUICK and not hasattr(type(self), name):
                setattr(self, name, getattr(repository, name))
