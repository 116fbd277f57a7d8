"""What aggregations over many runs answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.views import CompletenessNote

__all__ = [
    "GroupedMetric",
    "GroupedRuns",
    "MetricAggregate",
    "RunGroup",
    "RunStatusDistribution",
    "RunSummaryTable",
    "StageAggregate",
    "StatusCount",
]


@dataclass(frozen=True, slots=True)
class MetricAggregate:
    """One metric over many runs, one value for each run.

    Numbers that there is no basis for are None: all of them without a value, and ``std`` with a single one.

    Args:
        metric_key: The metric's key.
        project_name: The project of all the runs, or None where they are of several.
        count: Number of values.
        mean: Arithmetic mean.
        std: Sample standard deviation, with n-1 in the denominator.
        min: The least value.
        p25: The 25th percentile, by the method named; likewise ``p50``, the median, and the others.
        p50: The median.
        p75: The 75th percentile.
        p90: The 90th percentile.
        p95: The 95th percentile.
        p99: The 99th percentile.
        max: The greatest value.
        completeness_notes: Which runs have no value, and what else limits the numbers.
        median_absolute_deviation: Median of the distances from the median, which outliers do not move.
        unit: The unit of the values, where all that name one name the same.
        percentile_method: How percentiles are read off between two values: ``linear``, ``hazen``, ``weibull`` or
            ``median_unbiased``, as NumPy names them.
    """

    metric_key: str
    project_name: str | None
    count: int
    mean: float | None
    std: float | None
    min: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    max: float | None
    completeness_notes: tuple[CompletenessNote, ...] = ()
    median_absolute_deviation: float | None = None
    unit: str | None = None
    percentile_method: str = "linear"

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("completeness_notes",))


@dataclass(frozen=True, slots=True)
class StageAggregate:
    """All observations of one metric in the stages of one name, over many runs.

    Args:
        stage_name: Name of the stages; ``_unassigned`` for metrics of the runs themselves.
        metric_key: The metric's key.
        count: Number of observations.
        mean: Their arithmetic mean.
        min: The least of them.
        max: The greatest of them.
    """

    stage_name: str
    metric_key: str
    count: int
    mean: float
    min: float
    max: float


@dataclass(frozen=True, slots=True)
class RunSummaryTable:
    """The metrics of many runs by stage.

    Args:
        project_name: The project of all the runs, or None where they are of several.
        total_runs: Number of runs.
        by_stage: One row for each stage name and metric, sorted.
        completeness_notes: What is missing.
    """

    project_name: str | None
    total_runs: int
    by_stage: tuple[StageAggregate, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("by_stage", "completeness_notes"))


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many runs have a status.

    Args:
        status: The status.
        count: Number of runs.
    """

    status: str
    count: int


@dataclass(frozen=True, slots=True)
class RunStatusDistribution:
    """How the runs of a population ended.

    Args:
        project_name: The project of all the runs, or None where they are of several.
        total: Number of runs.
        by_status: One row for each status that occurs, sorted.
        completeness_notes: What limits the numbers.
    """

    project_name: str | None
    total: int
    by_status: tuple[StatusCount, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("by_status", "completeness_notes"))

    @property
    def pass_rate(self) -> float:
        """Share of completed runs among all, those that are still open included; 0.0 without runs."""
        completed = sum(each.count for each in self.by_status if each.status == "completed")
        return completed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class GroupedMetric:
    """One metric over the runs of a group, one value for each run.

    Args:
        metric_key: The metric's key.
        count: Number of runs that have the metric.
        mean: Arithmetic mean, or None where no run has it.
        std: Sample standard deviation, or None with fewer than two values.
        min: The least value, or None.
        max: The greatest value, or None.
    """

    metric_key: str
    count: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class RunGroup:
    """The runs that agree in what they are grouped by.

    Args:
        key: What they agree in, by name; None where they lack it.
        run_ids: The runs, in the query's order.
        metrics: One entry for each metric, in the table's order.
    """

    key: Mapping[str, Any]
    run_ids: tuple[str, ...]
    metrics: tuple[GroupedMetric, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("key",), sequences=("run_ids", "metrics"))


@dataclass(frozen=True, slots=True)
class GroupedRuns:
    """Metrics over groups of runs.

    Args:
        group_by: Names of what the runs are grouped by: parameters, tags and fields, sorted.
        metric_keys: The metrics.
        groups: The groups, sorted by their keys.
        project_name: The project of all the runs, or None where they are of several.
        completeness_notes: What limits the numbers.
    """

    group_by: tuple[str, ...]
    metric_keys: tuple[str, ...]
    groups: tuple[RunGroup, ...] = ()
    project_name: str | None = None
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("group_by", "metric_keys", "groups", "completeness_notes"))
