"""The repositories of projects, runs, and what runs consist of."""

from __future__ import annotations

from contexta.contract.models.deployment import DeploymentExecution
from contexta.contract.models.environment import EnvironmentSnapshot
from contexta.contract.models.execution import BatchExecution, StageExecution
from contexta.contract.models.observation import SampleObservation
from contexta.contract.models.project import Project
from contexta.contract.models.run import Run
from contexta.spi.metadata import EntityKind
from contexta.store.metadata.repositories.repository import Repository, optional_ref
from contexta.store.metadata.repositories.spec import Owner, RepositorySpec

__all__ = [
    "BatchRepository",
    "DeploymentRepository",
    "EnvironmentRepository",
    "ProjectRepository",
    "RunRepository",
    "SampleRepository",
    "StageRepository",
]

_RENAMED = {"stage_execution_ref": "stage_ref", "batch_execution_ref": "batch_ref"}


class ProjectRepository(Repository[Project]):
    """Projects."""

    spec = RepositorySpec(EntityKind.PROJECT, Project, "project_ref", order=("name",))

    put_project = Repository[Project].put
    get_project = Repository[Project].get
    find_project = Repository[Project].find
    exists_project = Repository[Project].exists

    def list_projects(self) -> tuple[Project, ...]:
        """Return all projects, by name."""
        return self.list()


class RunRepository(Repository[Run]):
    """Runs."""

    spec = RepositorySpec(
        EntityKind.RUN,
        Run,
        "run_ref",
        order=("started_at",),
        owners=(Owner("project_ref", EntityKind.PROJECT, "metadata_missing_run_project"),),
        fallbacks={"started_at": "created_at"},
    )

    put_run = Repository[Run].put
    get_run = Repository[Run].get
    find_run = Repository[Run].find
    exists_run = Repository[Run].exists

    def list_runs(self, project_ref: str | None = None) -> tuple[Run, ...]:
        """Return the runs of one project, or all; the oldest first, archived ones too."""
        return self.list(project_ref=optional_ref(project_ref, EntityKind.PROJECT))


class DeploymentRepository(Repository[DeploymentExecution]):
    """Deployments."""

    spec = RepositorySpec(
        EntityKind.DEPLOYMENT,
        DeploymentExecution,
        "deployment_execution_ref",
        order=("order_index", "started_at"),
        owners=(Owner("project_ref", EntityKind.PROJECT, "metadata_missing_deployment_project"),),
        named_by="deployment_name",
    )

    put_deployment_execution = Repository[DeploymentExecution].put
    get_deployment_execution = Repository[DeploymentExecution].get
    find_deployment_execution = Repository[DeploymentExecution].find
    exists_deployment_execution = Repository[DeploymentExecution].exists

    def list_deployment_executions(
        self, *, project_ref: str | None = None, run_ref: str | None = None
    ) -> tuple[DeploymentExecution, ...]:
        """Return the deployments of a project, of a run's result, or all, in order."""
        return self.list(
            project_ref=optional_ref(project_ref, EntityKind.PROJECT),
            run_ref=optional_ref(run_ref, EntityKind.RUN),
        )


class StageRepository(Repository[StageExecution]):
    """Stages."""

    spec = RepositorySpec(
        EntityKind.STAGE,
        StageExecution,
        "stage_execution_ref",
        order=("order_index", "started_at"),
        owners=(Owner("run_ref", EntityKind.RUN, "metadata_missing_stage_run"),),
        named_by="stage_name",
    )

    put_stage_execution = Repository[StageExecution].put
    get_stage_execution = Repository[StageExecution].get
    find_stage_execution = Repository[StageExecution].find
    exists_stage_execution = Repository[StageExecution].exists

    def list_stage_executions(self, run_ref: str | None = None) -> tuple[StageExecution, ...]:
        """Return the stages of a run, or all, in order."""
        return self.list(run_ref=optional_ref(run_ref, EntityKind.RUN))


class BatchRepository(Repository[BatchExecution]):
    """Batches."""

    spec = RepositorySpec(
        EntityKind.BATCH,
        BatchExecution,
        "batch_execution_ref",
        order=("order_index", "started_at"),
        owners=(
            Owner("run_ref", EntityKind.RUN, "metadata_missing_batch_run"),
            Owner("stage_execution_ref", EntityKind.STAGE, "metadata_missing_batch_stage"),
        ),
        named_by="batch_name",
        renamed=_RENAMED,
    )

    put_batch_execution = Repository[BatchExecution].put
    get_batch_execution = Repository[BatchExecution].get
    find_batch_execution = Repository[BatchExecution].find
    exists_batch_execution = Repository[BatchExecution].exists

    def list_batch_executions(
        self, *, run_ref: str | None = None, stage_ref: str | None = None
    ) -> tuple[BatchExecution, ...]:
        """Return the batches of a run, of a stage, or all, in order."""
        return self.list(
            run_ref=optional_ref(run_ref, EntityKind.RUN), stage_ref=optional_ref(stage_ref, EntityKind.STAGE)
        )


class SampleRepository(Repository[SampleObservation]):
    """Samples."""

    spec = RepositorySpec(
        EntityKind.SAMPLE,
        SampleObservation,
        "sample_observation_ref",
        order=("observed_at",),
        owners=(
            Owner("run_ref", EntityKind.RUN, "metadata_missing_sample_run"),
            Owner("stage_execution_ref", EntityKind.STAGE, "metadata_missing_sample_stage"),
            Owner("batch_execution_ref", EntityKind.BATCH, "metadata_missing_sample_batch"),
        ),
        named_by="sample_name",
        renamed=_RENAMED,
        fallbacks={"observed_at": "started_at"},
    )

    put_sample_observation = Repository[SampleObservation].put
    get_sample_observation = Repository[SampleObservation].get
    find_sample_observation = Repository[SampleObservation].find
    exists_sample_observation = Repository[SampleObservation].exists

    def list_sample_observations(
        self, *, run_ref: str | None = None, stage_ref: str | None = None, batch_ref: str | None = None
    ) -> tuple[SampleObservation, ...]:
        """Return the samples of a run, of a stage, of a batch, or all, in the order of observation."""
        return self.list(
            run_ref=optional_ref(run_ref, EntityKind.RUN),
            stage_ref=optional_ref(stage_ref, EntityKind.STAGE),
            batch_ref=optional_ref(batch_ref, EntityKind.BATCH),
        )


class EnvironmentRepository(Repository[EnvironmentSnapshot]):
    """What surrounded runs."""

    spec = RepositorySpec(
        EntityKind.ENVIRONMENT,
        EnvironmentSnapshot,
        "environment_snapshot_ref",
        order=("captured_at",),
        owners=(Owner("run_ref", EntityKind.RUN, "metadata_missing_environment_run"),),
        unknown={"python_version": "unknown", "platform": "unknown"},
    )

    put_environment_snapshot = Repository[EnvironmentSnapshot].put
    get_environment_snapshot = Repository[EnvironmentSnapshot].get
    find_environment_snapshot = Repository[EnvironmentSnapshot].find
    exists_environment_snapshot = Repository[EnvironmentSnapshot].exists

    def list_environment_snapshots(self, run_ref: str | None = None) -> tuple[EnvironmentSnapshot, ...]:
        """Return the environments of a run, or all, the oldest first."""
        return self.list(run_ref=optional_ref(run_ref, EntityKind.RUN))
