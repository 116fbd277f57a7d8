"""The aggregation service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.spi.aggregation import (
    GroupedMetric,
    GroupedRuns,
    MetricAggregate,
    RunGroup,
    RunStatusDistribution,
    RunSummaryTable,
    StageAggregate,
    StatusCount,
)
from contexta.spi.identifiers import checked_text
from contexta.spi.metric_selection import pooled_mean
from contexta.spi.views import CompletenessNote
from contexta_interpretation.aggregation.grouping import Grouping
from contexta_interpretation.aggregation.population import Population, unit_notes
from contexta_interpretation.aggregation.statistics import (
    PERCENTILE_METHODS,
    Moments,
    median_absolute_deviation,
    percentile,
)
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricSummary
    from contexta.spi.views import RunRecord
    from contexta_interpretation.aggregation.population import RunValue

__all__ = ["AggregationService", "build"]

_SELECTIONS = ("latest", "max", "min", "mean")
_SHARES = {"p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
#: Where the metrics of runs themselves stand in a table by stage.
_UNASSIGNED = "_unassigned"


class AggregationService:
    """Sums metrics up over many runs.

    Args:
        query_service: Where runs are looked up.
        metric_aggregation: Which value stands for a metric in one run: ``latest``, ``max``, ``min`` or ``mean``.
        percentile_method: How percentiles are read off between two values: ``linear`` (NumPy's default), ``hazen``,
            ``weibull`` or ``median_unbiased``.

    Raises:
        ValidationError: One of the two is another word.
    """

    def __init__(
        self,
        query_service: QueryInterpreter,
        *,
        metric_aggregation: str = "latest",
        percentile_method: str = "linear",
    ) -> None:
        if metric_aggregation not in _SELECTIONS:
            raise ValidationError(
                f"metric_aggregation is {metric_aggregation!r}; use one of {', '.join(_SELECTIONS)}",
                code="trend_invalid_metric_aggregation",
                details={"allowed": _SELECTIONS},
            )
        if percentile_method not in PERCENTILE_METHODS:
            raise ValidationError(
                f"percentile_method is {percentile_method!r}; use one of {', '.join(PERCENTILE_METHODS)}",
                code="aggregation_invalid_percentile_method",
                details={"allowed": tuple(PERCENTILE_METHODS)},
            )
        self.query_service = query_service
        self.metric_aggregation = metric_aggregation
        self.percentile_method = percentile_method

    def aggregate_metric(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricAggregate:
        """Sum one metric up over runs, one value for each run.

        Args:
            metric_key: The metric.
            query: Which runs; all when None.
            project_name: Only runs of this project; the query's own project wins.
            stage_name: Only values of this stage; of the run and all its stages when None.
        """
        checked_text(metric_key, "metric_key")
        population = Population(self.query_service, query, project_name)
        values = population.values([metric_key], stage_name, self.metric_aggregation)[metric_key]
        ordered = sorted(each.value for each in values)
        moments = Moments.of(ordered)
        method = self.percentile_method
        shares = {
            name: percentile(ordered, share, method) if ordered else None for name, share in _SHARES.items()
        }
        units = {each.unit for each in values if each.unit is not None}
        notes = population.missing_notes(metric_key, values, stage_name)
        notes += unit_notes(metric_key, units)
        marked = [each.run_id for each in values if each.degraded]
        notes += degraded_value_notes(metric_key, marked, stage_name)
        if not ordered:
            details = {"project_name": population.project_name, "stage_name": stage_name}
            notes.append(CompletenessNote("warning", f"aggregate_population_empty:{metric_key}", details))
        return MetricAggregate(
            metric_key=metric_key,
            project_name=population.project_name,
            count=moments.count,
            mean=moments.mean,
            std=moments.std,
            min=moments.least,
            max=moments.greatest,
            **shares,
            completeness_notes=tuple(notes),
            median_absolute_deviation=median_absolute_deviation(ordered) if ordered else None,
            unit=next(iter(units)) if len(units) == 1 else None,
            percentile_method=method,
        )

    def aggregate_by_stage(
        self, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> RunSummaryTable:
        """Sum all observations of all metrics up, by the names of stages.

        Args:
            query: Which runs; all when None.
            project_name: Only runs of this project; the query's own project wins.
        """
        population = Population(self.query_service, query, project_name)
        name_of = population.stage_namer()
        cells: dict[tuple[str, str], list[MetricSummary]] = {}
        for each in population.summaries():
            stage_name = _UNASSIGNED if each.stage is None else name_of(each.stage)
            cells.setdefault((stage_name, each.key), []).append(each)
        units: dict[str, set[str | None]] = {}
        for (_, key), summaries in cells.items():
            units.setdefault(key, set()).update(each.unit for each in summaries)
        notes = [note for key, found in sorted(units.items()) for note in unit_notes(key, found)]
        for (name, key), summaries in sorted(cells.items()):
            marked = list(dict.fromkeys(each.run for each in summaries if each.degraded))
            notes += degraded_value_notes(key, marked, name)
        if not cells:
            details = {"project_name": population.project_name}
            notes.append(CompletenessNote("warning", "aggregate_population_empty", details))
        return RunSummaryTable(
            population.project_name,
            len(population.runs),
            tuple(_stage_row(*cell, cells[cell]) for cell in sorted(cells)),
            tuple(notes),
        )

    def run_status_distribution(
        self, *, query: RunListQuery | None = None, project_name: str | None = None
    ) -> RunStatusDistribution:
        """Count runs by status.

        Args:
            query: Which runs; all when None.
            project_name: Only runs of this project; the query's own project wins.
        """
        population = Population(self.query_service, query, project_name)
        counts: Counter[str] = Counter()
        found = population.counts()
        for (_, status), count in found.items():
            counts[status] += count
        project = population.project_among({project for project, _ in found})
        notes = []
        if not counts:
            notes.append(CompletenessNote("warning", "aggregate_population_empty", {"project_name": project}))
        return RunStatusDistribution(
            project,
            counts.total(),
            tuple(StatusCount(status, counts[status]) for status in sorted(counts)),
            tuple(notes),
        )

    def aggregate_groups(
        self,
        group_by: str | Sequence[str],
        metric_keys: Sequence[str] = (),
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> GroupedRuns:
        """Compare groups of runs: mean, deviation and count of metrics over the runs of each.

        Args:
            group_by: What the runs of a group agree in.  ``params.lr`` is a parameter and ``tags.model`` a tag;
                without a prefix it is a field (``status``, ``name``, ``project``, ``code_revision``, ``dataset``),
                else a parameter, else a tag.  ``!seed`` is all parameters but ``seed``, or all tags but it where it
                is a tag.
            metric_keys: The metrics; all that any of the runs has when empty.
            query: Which runs; all when None.
            project_name: Only runs of this project; the query's own project wins.
            stage_name: Only values of this stage; of the run and all its stages when None.

        Raises:
            AggregationError: Nothing to group by, or a name that no run has.
        """
        keys = (metric_keys,) if isinstance(metric_keys, str) else tuple(metric_keys)
        for key in keys:
            checked_text(key, "metric_keys")
        population = Population(self.query_service, query, project_name)
        grouping = Grouping(group_by, population.runs)
        values = population.values(keys or None, stage_name, self.metric_aggregation)
        notes = [note for key in values for note in unit_notes(key, (each.unit for each in values[key]))]
        for key in values:
            marked = [each.run_id for each in values[key] if each.degraded]
            notes += degraded_value_notes(key, marked, stage_name)
        if not population.runs:
            details = {"project_name": population.project_name, "stage_name": stage_name}
            notes.append(CompletenessNote("warning", "aggregate_population_empty", details))
        by_run = {key: {each.run_id: each for each in found} for key, found in values.items()}
        groups = [_group(key, runs, by_run) for key, runs in grouping.groups(population.runs)]
        return GroupedRuns(
            grouping.names, tuple(values), tuple(groups), population.project_name, tuple(notes)
        )


def _stage_row(stage_name: str, metric_key: str, summaries: Sequence[MetricSummary]) -> StageAggregate:
    count = sum(each.count for each in summaries)
    return StageAggregate(
        stage_name,
        metric_key,
        count,
        pooled_mean(summaries),
        min(each.least.value for each in summaries),
        max(each.greatest.value for each in summaries),
    )


def _group(
    key: dict[str, object], runs: Sequence[RunRecord], by_run: Mapping[str, Mapping[str, RunValue]]
) -> RunGroup:
    metrics = []
    for metric_key, values in by_run.items():
        moments = Moments.of([values[run.run_id].value for run in runs if run.run_id in values])
        metrics.append(
            GroupedMetric(
                metric_key, moments.count, moments.mean, moments.std, moments.least, moments.greatest
            )
        )
    return RunGroup(key, tuple(run.run_id for run in runs), tuple(metrics))


def build(context: InterpretationContext, options: None) -> AggregationService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace; what stands for a metric is configured for trends."""
    return AggregationService(
        context.service("query"), metric_aggregation=context.policies.trend.metric_aggregation
    )
