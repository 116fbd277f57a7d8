"""The query service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError, InterpretationError
from contexta.spi.identifiers import identifier_text
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import checked_query
from contexta.spi.run_lookup import require_run
from contexta_interpretation.query.snapshot import assemble_snapshot

if TYPE_CHECKING:
    from contexta.spi.context import InterpretationContext
    from contexta.spi.querying import RunListQuery, RunSnapshot
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import BatchRecord, DeploymentRecord, RunRecord, SampleRecord

__all__ = ["QueryService", "build"]


class QueryService:
    """Lists runs and assembles what is known of one.

    Args:
        repository: The read model to ask: any object with the twelve methods of ``CompositeRepository``.
    """

    def __init__(self, repository: CompositeRepository) -> None:
        self._repository = repository

    @property
    def repository(self) -> CompositeRepository:
        """The read model that is asked."""
        return self._repository

    def list_projects(self) -> tuple[str, ...]:
        """Return the names of all projects, sorted."""
        return tuple(sorted(set(self._repository.list_projects())))

    def list_runs(
        self, project_name: str | None = None, *, query: RunListQuery | None = None
    ) -> tuple[RunRecord, ...]:
        """Return the runs that match, in the query's order.

        Args:
            project_name: Only runs of this project; the query's own project wins.
            query: Filters, order and page; without one, all runs, the newest first.
        """
        asked = checked_query(query)
        if asked.project_name is None and project_name is not None:
            from dataclasses import replace

            asked = replace(asked, project_name=project_name)
        return tuple(bulk_queries(self._repository).find_runs(asked))

    def get_run_snapshot(self, run_id: str) -> RunSnapshot:
        """Return everything that is known of a run; its records are read when somebody looks at them.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return assemble_snapshot(self._repository, require_run(self._repository, run_id))

    def get_artifact_origin(self, artifact_ref: str) -> RunSnapshot | None:
        """Return the snapshot of the run that made an artifact, or None where the artifact is unknown.

        Args:
            artifact_ref: The artifact.

        Raises:
            InterpretationError: The artifact is known, but the run that made it is not.
        """
        try:
            artifact = self._repository.get_artifact(identifier_text(artifact_ref, "artifact"))
        except ContextaError:
            raise
        except LookupError:
            # A repository of the user's may say so in this way.
            return None
        if artifact is None:
            return None
        try:
            return self.get_run_snapshot(artifact.run_id)
        except LookupError as error:
            raise InterpretationError(
                f"artifact {artifact.artifact_ref!r} names run {artifact.run_id!r} as its origin, "
                "and there is no such run",
                code="query_artifact_origin_incomplete",
                details={"artifact_ref": artifact.artifact_ref, "run_id": artifact.run_id},
            ) from error

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> tuple[DeploymentRecord, ...]:
        """Return the deployments of a project, of a run, or all.

        Args:
            project_name: Only deployments of this project.
            run_id: Only deployments of this run's result.
        """
        return tuple(self._repository.list_deployments(project_name, run_id))

    def list_batches(self, run_id: str, stage_id: str | None = None) -> tuple[BatchRecord, ...]:
        """Return the batches of a run or of one of its stages, in order.

        Args:
            run_id: The run.
            stage_id: Only batches of this stage.
        """
        return tuple(self._repository.list_batches(run_id, stage_id))

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> tuple[SampleRecord, ...]:
        """Return the samples of a run, or of one of its stages or batches.

        Args:
            run_id: The run.
            stage_id: Only samples of this stage.
            batch_id: Only samples of this batch.
        """
        return tuple(self._repository.list_samples(run_id, stage_id, batch_id))


def build(context: InterpretationContext, options: None) -> QueryService:  # noqa: ARG001 - the factory's signature
    """Build the service over the repository of a workspace."""
    return QueryService(context.repository)
