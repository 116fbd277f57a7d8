"""Questions about runs and what they consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.querying import MetricCondition, RunListQuery, RunSnapshot, TimeRange
    from contexta.spi.run_list import RunList
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        DeploymentRecord,
        ProvenanceView,
        RunRecord,
        SampleRecord,
    )

__all__ = ["RunQuestions"]


class RunQuestions(ServiceAccess):
    """Lists, snapshots and origins.

    A run is named by its reference ``run:project.run``, by ``project.run``, or by its last component where that is
    unique in the workspace.
    """

    def list_projects(self) -> tuple[str, ...]:
        """Return the names of all projects, sorted."""
        return self.query_service.list_projects()

    def list_runs(
        self,
        project_name: str | None = None,
        *,
        status: str | None = None,
        tags: Mapping[str, str] | None = None,
        metric_conditions: Sequence[MetricCondition] = (),
        time_range: TimeRange | None = None,
        limit: int | None = None,
        offset: int = 0,
        sort_by: str = "started_at",
        sort_desc: bool = True,
        query: RunListQuery | None = None,
        where: str | None = None,
    ) -> RunList:
        """Return the runs that match, the newest first unless asked otherwise.

        They are a tuple that a notebook shows as a table, and that becomes a frame.

        Args:
            project_name: Only runs of this project; all projects when None.
            status: Only runs of this status: ``open``, ``completed``, ``failed``, ``cancelled`` or ``interrupted``.
            tags: Every pair must be among the run's tags.
            metric_conditions: Conditions on the newest values of metrics; all must hold.
            time_range: Only runs started within it, both ends included.
            limit: At most so many runs.
            offset: So many of those that match are left out first.
            sort_by: ``started_at``, ``ended_at``, ``name``, or ``metrics.<key>``; runs without the field come last.
            sort_desc: Whether the greatest, so the newest, comes first.
            query: All of this in one object; every other argument is then ignored.
            where: An expression of the filter language, which must hold too, such as
                ``metrics.loss < 0.1 and tags.model = "mlp"``.

        Raises:
            ValidationError: An argument breaks its rule.
            FilterExpressionError: The expression cannot be understood; the text shows the place.
        """
        if query is None:
            from contexta.spi.querying import RunListQuery

            query = RunListQuery(
                project_name=project_name,
                status=status,
                tags=tags,
                time_range=time_range,
                metric_conditions=metric_conditions,  # type: ignore[arg-type]  # checked, and made a tuple, there
                limit=limit,
                offset=offset,
                sort_by=sort_by,
                sort_desc=sort_desc,
                where=where,
            )
        return _run_list(self.query_service.list_runs(query=query))

    def search_runs(
        self,
        text: str,
        *,
        project_name: str | None = None,
        query: RunListQuery | None = None,
        limit: int | None = None,
    ) -> RunList:
        """Return the runs that hold a text in the fields of ``interpretation.search``, in the query's order.

        Args:
            text: What is looked for, anywhere in a field.
            project_name: Only runs of this project.
            query: Which runs to look at.
            limit: At most so many; as configured when None.

        Raises:
            ValidationError: The text is blank or the limit no count.
        """
        found = self.query_service.search_runs(text, project_name=project_name, query=query, limit=limit)
        return _run_list(found)

    def search_artifacts(
        self, text: str, *, kind: str | None = None, limit: int | None = None
    ) -> tuple[ArtifactRecord, ...]:
        """Return the artifacts that hold a text in reference, kind, place or attributes.

        Args:
            text: What is looked for, anywhere in a field.
            kind: Only artifacts of this kind.
            limit: At most so many; as configured when None.

        Raises:
            ValidationError: The text is blank or the limit no count.
        """
        return self.query_service.search_artifacts(text, kind=kind, limit=limit)

    def get_run_snapshot(self, run_id: str) -> RunSnapshot:
        """Return everything that is known of a run; its records are read when somebody looks at them.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.query_service.get_run_snapshot(run_id)

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return what a run was made from, with the newest recorded assertion about it; None where nothing is known.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
            MissingPluginError: No installed plugin provides the service ``provenance``.
        """
        return self.provenance_service.get_provenance(run_id)

    def get_artifact_origin(self, artifact_ref: str) -> RunSnapshot | None:
        """Return the snapshot of the run that made an artifact, or None where the artifact is unknown.

        Args:
            artifact_ref: The artifact's reference; its last component does where it is unique.

        Raises:
            InterpretationError: The short name is that of several artifacts, or the run is unknown.
        """
        return self.query_service.get_artifact_origin(artifact_ref)

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> tuple[DeploymentRecord, ...]:
        """Return the deployments of a project, of a run, or all, the oldest first.

        Args:
            project_name: Only deployments of this project.
            run_id: Only deployments of this run's result.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.query_service.list_deployments(project_name, run_id)

    def list_batches(self, run_id: str, stage_id: str | None = None) -> tuple[BatchRecord, ...]:
        """Return the batches of a run or of one of its stages, in order.

        Args:
            run_id: The run.
            stage_id: Only batches of this stage, given by its identifier or its name.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.query_service.list_batches(run_id, stage_id)

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> tuple[SampleRecord, ...]:
        """Return the samples of a run, or of one of its stages or batches, in the order of observation.

        Args:
            run_id: The run.
            stage_id: Only samples of this stage, given by its identifier or its name.
            batch_id: Only samples of this batch, given by its identifier or its name.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.query_service.list_samples(run_id, stage_id, batch_id)


def _run_list(runs: Sequence[RunRecord]) -> RunList:
    """Return runs as a list that shows itself; the stock service gives one, another may not."""
    from contexta.spi.run_list import RunList

    return runs if isinstance(runs, RunList) else RunList(runs)
