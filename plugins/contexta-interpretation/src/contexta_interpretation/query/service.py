"""The query service."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from contexta.config.models import SearchPolicy
from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.errors import ContextaError, InterpretationError, ValidationError
from contexta.spi.identifiers import identifier_text
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import checked_query
from contexta.spi.repository import SupportsRunCounts
from contexta.spi.run_list import RunList
from contexta.spi.run_lookup import require_run
from contexta_interpretation.query.snapshot import assemble_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.context import InterpretationContext
    from contexta.spi.querying import RunListQuery, RunSnapshot
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.run_list import Notes
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        CompletenessNote,
        DeploymentRecord,
        RunRecord,
        SampleRecord,
    )

__all__ = ["QueryService", "build"]


class QueryService:
    """Lists runs and assembles what is known of one.

    Args:
        repository: The read model to ask: any object with the twelve methods of ``CompositeRepository``.
        config: How searches work; the default policy when None.
        metric_directions: ``lower`` or ``higher`` by metric, for ``best(...)`` in expressions; runs may declare it
            themselves.
    """

    def __init__(
        self,
        repository: CompositeRepository,
        *,
        config: SearchPolicy | None = None,
        metric_directions: Mapping[str, str] = EMPTY_MAPPING,
    ) -> None:
        self._repository = repository
        self.config = SearchPolicy() if config is None else config
        self._metric_directions = metric_directions

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

        A metric whose newest value is marked as degraded selects and orders runs as any other; the answer is a
        :class:`~contexta.spi.run_list.RunList`, and its ``completeness_notes`` name the runs of which that is so.

        Args:
            project_name: Only runs of this project; the query's own project wins.
            query: Filters, order and page; without one, all runs, the newest first.

        Raises:
            FilterExpressionError: Its expression cannot be understood; the text shows the place.
        """
        return self._list_runs(project_name, query)

    def count_runs(self, query: RunListQuery) -> Mapping[tuple[str, str], int] | None:
        """Return how many runs match, by name of the project and status; None where they have to be listed for it.

        Args:
            query: Which runs.
        """
        if query.where is not None or not isinstance(self._repository, SupportsRunCounts):
            return None
        return self._repository.count_runs(query)

    def _list_runs(self, project_name: str | None, query: RunListQuery | None) -> RunList:
        asked = checked_query(query)
        if asked.project_name is None and project_name is not None:
            from dataclasses import replace

            asked = replace(asked, project_name=project_name)
        if asked.where is None:
            found = bulk_queries(self._repository).find_runs(asked)
        else:
            # The language and its parser are imported by the first expression.
            from contexta_interpretation.query.expressions.searching import find_where

            found = find_where(self._repository, asked, self._metric_directions)
        return RunList(found, self._notes_of(asked))

    def _notes_of(self, query: RunListQuery) -> Notes | None:
        """Return what tells of the runs of a query which were selected or ordered by a degraded value."""
        if not query.metric_keys and query.where is None:
            return None

        def notes(runs: tuple[RunRecord, ...]) -> list[CompletenessNote]:
            from contexta_interpretation.query.degraded_selection import selection_notes

            return selection_notes(self._repository, query, self._metric_directions, runs)

        return notes

    def search_runs(
        self,
        text: str,
        *,
        project_name: str | None = None,
        query: RunListQuery | None = None,
        limit: int | None = None,
    ) -> tuple[RunRecord, ...]:
        """Return the runs that hold a text in one of the fields that the policy names, in the query's order.

        Args:
            text: What is looked for, anywhere in a field.
            project_name: Only runs of this project; the query's own project wins.
            query: Which runs to look at; its own page counts before the search.
            limit: At most so many; as the policy says when None.

        Raises:
            ValidationError: The text is blank, the limit no count, or the policy names an unknown field.
        """
        from contexta_interpretation.query.text_search import TextSearch

        search = TextSearch(text, self.config)
        runs = self._list_runs(project_name, query)
        found = (run for run in runs if search.in_run(run))
        return RunList(islice(found, self._search_limit(limit)), runs.notes)

    def search_artifacts(
        self, text: str, *, kind: str | None = None, limit: int | None = None
    ) -> tuple[ArtifactRecord, ...]:
        """Return the artifacts that hold a text in reference, kind, place or attributes, as they were registered.

        Args:
            text: What is looked for, anywhere in a field.
            kind: Only artifacts of this kind.
            limit: At most so many; as the policy says when None.

        Raises:
            ValidationError: The text is blank or the limit no count.
        """
        from contexta_interpretation.query.text_search import TextSearch

        search = TextSearch(text, self.config)
        every = self._repository.list_artifacts()
        found = (each for each in every if kind in (None, each.kind) and search.in_artifact(each))
        return tuple(islice(found, self._search_limit(limit)))

    def _search_limit(self, limit: int | None) -> int:
        chosen = self.config.default_limit if limit is None else limit
        if isinstance(chosen, bool) or not isinstance(chosen, int) or chosen < 1:
            raise ValidationError(
                f"limit must be a whole number above 0, not {limit!r}; leave it out for {self.config.default_limit}",
                code="query_invalid_search",
            )
        return chosen

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
    return QueryService(
        context.repository,
        config=context.policies.search,
        metric_directions=context.policies.comparison.metric_directions,
    )
