"""Questions about values over steps and over runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from contexta.spi.querying import RunListQuery
    from contexta.spi.trends import ArtifactSizeTrend, DurationTrend, MetricTrend, StepSeries

__all__ = ["TrendQuestions"]


class TrendQuestions(ServiceAccess):
    """Trends and series."""

    def get_metric_trend(
        self,
        metric_key: str,
        *,
        project_name: str | None = None,
        stage_name: str | None = None,
        query: RunListQuery | None = None,
    ) -> MetricTrend:
        """Return a metric over the newest runs that have it, the oldest of them first.

        Args:
            metric_key: The metric.
            project_name: Only runs of this project.
            stage_name: Only values of this stage.
            query: Which runs to look at; its limit replaces the configured window.
        """
        return self.trend_service.get_metric_trend(
            metric_key, query=query, project_name=project_name, stage_name=stage_name
        )

    def get_step_series(
        self, run_id: str, metric_key: str, *, stage_id: str | None = None, stage_name: str | None = None
    ) -> StepSeries:
        """Return a metric within one run, by step, then by time.

        Args:
            run_id: The run.
            metric_key: The metric.
            stage_id: Only values of this stage.
            stage_name: The same, by the stage's name; not looked at where ``stage_id`` is given.

        Raises:
            RunNotFoundError: There is no such run.
            InterpretationError: The run has no such stage.
        """
        if stage_id is None and stage_name is not None:
            from contexta.spi.identifiers import identifier_text
            from contexta.spi.stage_names import find_stage

            wanted = identifier_text(stage_name, "stage")
            stages = self.repository.list_stages(run_id)
            stage_id = find_stage(stages, wanted, identifier_text(run_id)).stage_id
        return self.trend_service.get_step_series(run_id, metric_key, stage_id=stage_id)

    def get_stage_duration_trend(
        self, stage_name: str, *, project_name: str | None = None, query: RunListQuery | None = None
    ) -> DurationTrend:
        """Return how long a stage took in the newest runs that have it, the oldest of them first.

        Args:
            stage_name: The stage's name.
            project_name: Only runs of this project.
            query: Which runs to look at; its limit replaces the configured window.
        """
        return self.trend_service.get_stage_duration_trend(stage_name, query=query, project_name=project_name)

    def get_artifact_size_trend(
        self, artifact_kind: str, *, project_name: str | None = None, query: RunListQuery | None = None
    ) -> ArtifactSizeTrend:
        """Return the sizes of artifacts of a kind in the newest runs that have one, the oldest run first.

        Args:
            artifact_kind: The kind.
            project_name: Only runs of this project.
            query: Which runs to look at; its limit replaces the configured window.
        """
        return self.trend_service.get_artifact_size_trend(
            artifact_kind, query=query, project_name=project_name
        )
