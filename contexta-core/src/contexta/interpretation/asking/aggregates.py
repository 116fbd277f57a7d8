"""Questions about many runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.aggregation import GroupedRuns, MetricAggregate, RunStatusDistribution, RunSummaryTable
    from contexta.spi.interpreters import AggregationInterpreter
    from contexta.spi.querying import RunListQuery

__all__ = ["AggregateQuestions"]


class AggregateQuestions(ServiceAccess):
    """Sums over many runs.

    All raise ``MissingPluginError`` where no installed plugin provides the service ``aggregation``.
    """

    @property
    def aggregation_service(self) -> AggregationInterpreter:
        """Sums metrics up over runs."""
        service: AggregationInterpreter = self._services.get("aggregation")
        return service

    def aggregate_metric(
        self,
        metric_key: str,
        *,
        project_name: str | None = None,
        stage_name: str | None = None,
        query: RunListQuery | None = None,
    ) -> MetricAggregate:
        """Sum one metric up over runs, one value for each run.

        Args:
            metric_key: The metric.
            project_name: Only runs of this project.
            stage_name: Only values of this stage.
            query: Which runs to look at.
        """
        return self.aggregation_service.aggregate_metric(
            metric_key, query=query, project_name=project_name, stage_name=stage_name
        )

    def aggregate_by_stage(
        self, *, project_name: str | None = None, query: RunListQuery | None = None
    ) -> RunSummaryTable:
        """Sum all observations of all metrics up, by the names of stages.

        Args:
            project_name: Only runs of this project.
            query: Which runs to look at.
        """
        return self.aggregation_service.aggregate_by_stage(query=query, project_name=project_name)

    def run_status_distribution(
        self, *, project_name: str | None = None, query: RunListQuery | None = None
    ) -> RunStatusDistribution:
        """Count runs by status.

        Args:
            project_name: Only runs of this project.
            query: Which runs to look at.
        """
        return self.aggregation_service.run_status_distribution(query=query, project_name=project_name)

    def aggregate_groups(
        self,
        group_by: str | Sequence[str],
        metric_keys: Sequence[str] = (),
        *,
        project_name: str | None = None,
        stage_name: str | None = None,
        query: RunListQuery | None = None,
    ) -> GroupedRuns:
        """Compare groups of runs: mean, deviation and count of metrics over the runs of each.

        Args:
            group_by: What the runs of a group agree in: parameters, tags or fields.  ``!seed`` is everything but the
                parameter ``seed``.
            metric_keys: The metrics; all that any of the runs has when empty.
            project_name: Only runs of this project.
            stage_name: Only values of this stage.
            query: Which runs to look at.

        Raises:
            AggregationError: Nothing to group by, or a name that no run has.
        """
        return self.aggregation_service.aggregate_groups(
            group_by, metric_keys, query=query, project_name=project_name, stage_name=stage_name
        )
