"""The trend service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.config.models import TrendPolicy
from contexta.errors import InterpretationError, TrendError
from contexta.spi.identifiers import checked_text, identifier_text
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.run_lookup import require_run
from contexta.spi.stage_names import find_stage
from contexta.spi.trends import ArtifactSizeTrend, DurationTrend, MetricTrend, StepSeries
from contexta_interpretation.trend.artifact_sizes import ArtifactSizes
from contexta_interpretation.trend.change_points import change_points_of
from contexta_interpretation.trend.durations import StageDurations
from contexta_interpretation.trend.metrics import MetricValues
from contexta_interpretation.trend.population import Population
from contexta_interpretation.trend.series import read_series

if TYPE_CHECKING:
    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.trends import ChangePoint

__all__ = ["TrendService", "build"]


class TrendService:
    """Follows a metric within a run, and metrics, durations and sizes over runs.

    A trend covers the newest runs that have what it is about: as many as the policy's window says, or, for a query
    with a limit, the runs of that query.  The oldest comes first.

    Args:
        query_service: Where runs are looked up.
        config: The window, and which value stands for a metric; the default policy when None.
    """

    def __init__(self, query_service: QueryInterpreter, *, config: TrendPolicy | None = None) -> None:
        self.query_service = query_service
        self.config = TrendPolicy() if config is None else config

    def get_metric_trend(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricTrend:
        """Return a metric over runs.

        Args:
            metric_key: The metric.
            query: Which runs to look at.
            project_name: Only runs of this project; the query's own project wins.
            stage_name: Only values of this stage; of the run and all its stages when None.
        """
        checked_text(metric_key, "metric_key")
        population = self._population(query, project_name)
        repository = self.query_service.repository
        values = MetricValues(
            repository, population.runs, metric_key, stage_name, self.config.metric_aggregation
        )
        points, notes = population.collect(values.in_run)
        return MetricTrend(metric_key, population.project_name, points, (*notes, *values.unit_notes(points)))

    def find_change_points(self, trend: MetricTrend) -> tuple[ChangePoint, ...]:
        """Return where the level of a trend changed, the oldest change first.

        The levels are told by optimal partitioning; where the values are as near to each other as their noise, there
        is one level.  Of a trend of more than 500 runs the newest 500 are looked at.

        Args:
            trend: The metric over runs.
        """
        return change_points_of(trend.points)

    def get_step_series(self, run_id: str, metric_key: str, *, stage_id: str | None = None) -> StepSeries:
        """Return a metric within one run, by step, then by time.

        Args:
            run_id: The run.
            metric_key: The metric.
            stage_id: Only values of this stage; its name does as well.

        Raises:
            ValidationError: The metric's key is no text.
            RunNotFoundError: There is no such run.
            TrendError: The run has no such stage.
        """
        repository = self.query_service.repository
        checked_text(metric_key, "metric_key")
        run = require_run(repository, run_id)
        queries = bulk_queries(repository)
        if stage_id is None:
            return read_series(queries, run.run_id, metric_key, None)
        wanted = identifier_text(stage_id, "stage")
        stages = repository.list_stages(run.run_id)
        try:
            known = find_stage(stages, wanted, run.run_id).stage_id
        except InterpretationError as error:
            # A full identifier may be of a stage that only records know of.
            series = read_series(queries, run.run_id, metric_key, wanted) if "." in wanted else None
            if series is not None and series.points:
                return series
            raise TrendError(error.message, code=error.code, details=error.details) from error
        return read_series(queries, run.run_id, metric_key, known)

    def get_stage_duration_trend(
        self, stage_name: str, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> DurationTrend:
        """Return how long a stage took over runs.

        Args:
            stage_name: The stage's name.
            query: Which runs to look at.
            project_name: Only runs of this project; the query's own project wins.
        """
        checked_text(stage_name, "stage_name")
        population = self._population(query, project_name)
        repository = self.query_service.repository
        durations = StageDurations(repository, stage_name)
        points, notes = population.collect(durations.in_run, durations.read)
        return DurationTrend(stage_name, population.project_name, points, notes)

    def get_artifact_size_trend(
        self, artifact_kind: str, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> ArtifactSizeTrend:
        """Return the sizes of artifacts of a kind over runs.

        Args:
            artifact_kind: The kind.
            query: Which runs to look at.
            project_name: Only runs of this project; the query's own project wins.
        """
        checked_text(artifact_kind, "artifact_kind")
        population = self._population(query, project_name)
        repository = self.query_service.repository
        sizes = ArtifactSizes(repository, artifact_kind)
        points, notes = population.collect(sizes.in_run, sizes.read)
        return ArtifactSizeTrend(artifact_kind, population.project_name, points, notes)

    def _population(self, query: RunListQuery | None, project_name: str | None) -> Population:
        return Population.of(self.query_service, query, project_name, self.config.default_window_runs)


def build(context: InterpretationContext, options: None) -> TrendService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return TrendService(context.service("query"), config=context.policies.trend)
