"""How two runs differ: by how much, beside what chance alone does, and what changed that could explain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.errors import AggregationError
from contexta_web.screens.words import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta import Contexta
    from contexta.spi.aggregation import GroupedMetric, RunGroup
    from contexta.spi.comparison import MetricDelta, RunComparison
    from contexta.spi.views import CompletenessNote, RunRecord

__all__ = ["RunDifferences", "differences_of"]

_SEED = "seed"
#: What runs agree in that differ in nothing but chance.
_ALIKE = (f"!params.{_SEED}", "code_revision", "dataset")
#: Runs that differ in nothing but their seed are looked for among so many of the newest.
_LOOKED_AT = 100
#: Of so many metrics it is told what chance does: to know it, each of these runs is asked for each of them.
_MOST_BESIDE_CHANCE = 20
_MOST_METRICS = 100
_MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric in which two runs differ.

    Args:
        delta: The difference.
        spreads: The metric over the runs that differ from each of the two in nothing but the seed; None where there are
            not two of them.
    """

    delta: MetricDelta
    spreads: tuple[GroupedMetric | None, GroupedMetric | None]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not the same in two runs, and could explain how they differ.

    Args:
        importance: ``chosen`` where the program named it, else how likely it changes a result.
        area: What it is a part of.
        key: What it is.
        change: What became of it.
        left: Its value on the left, as text.
        right: Its value on the right, as text.
    """

    importance: str
    area: str
    key: str
    change: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class RunDifferences:
    """How two runs differ.

    Args:
        summary: The whole in one sentence.
        metrics: The metrics in which they differ.
        has_spreads: Whether for any of these it is known what chance alone does.
        changes: What could explain it, what most likely does first.
        hidden: So many more changes there are.
        notes: What could not be compared, because it was not captured.
    """

    summary: str
    metrics: tuple[Difference, ...]
    has_spreads: bool
    changes: tuple[Change, ...]
    hidden: int
    notes: tuple[CompletenessNote, ...]


def differences_of(contexta: Contexta, left: RunRecord, right: RunRecord) -> RunDifferences:
    """Return how two runs differ.

    Args:
        contexta: The workspace.
        left: The run on the left.
        right: The one on the right.
    """
    compared = contexta.compare_runs(left.run_id, right.run_id)
    surroundings = contexta.compare_environments(left.run_id, right.run_id)
    deltas = [
        each
        for stage in compared.stage_comparisons
        for each in stage.metric_deltas
        if each.delta or each.delta is None
    ][:_MOST_METRICS]
    metrics = _beside_chance(contexta, left, right, deltas)
    changes = [
        *_chosen(compared),
        *(
            Change(
                each.importance,
                each.area,
                each.key,
                each.change,
                value_text(each.left_value),
                value_text(each.right_value),
            )
            for each in surroundings.differences
        ),
    ]
    return RunDifferences(
        compared.summary,
        metrics,
        any(spread for each in metrics for spread in each.spreads),
        tuple(changes[:_MOST_CHANGES]),
        max(0, len(changes) - _MOST_CHANGES),
        surroundings.completeness_notes,
    )


def _chosen(compared: RunComparison) -> Iterator[Change]:
    """Yield what the program named: the data, then parameters."""
    data = [("data", each) for each in compared.source_changes if each.key == "dataset_ref"]
    for area, each in [*data, *(("parameter", each) for each in compared.parameter_changes)]:
        yield Change(
            "chosen", area, each.key, each.change, value_text(each.left_value), value_text(each.right_value)
        )


def _beside_chance(
    contexta: Contexta, left: RunRecord, right: RunRecord, deltas: Sequence[MetricDelta]
) -> tuple[Difference, ...]:
    projects = {run.project_name for run in (left, right) if _SEED in run.parameters}
    looked_at = deltas[:_MOST_BESIDE_CHANCE]
    groups = {
        (project, stage): _groups(
            contexta, project, stage, [each.metric_key for each in looked_at if each.stage_name == stage]
        )
        for project in projects
        for stage in {each.stage_name for each in looked_at}
    }

    def spread(delta: MetricDelta, run: RunRecord) -> GroupedMetric | None:
        alike = groups.get((run.project_name, delta.stage_name), ())
        metrics = next((each.metrics for each in alike if run.run_id in each.run_ids), ())
        return next(
            (each for each in metrics if each.metric_key == delta.metric_key and each.std is not None), None
        )

    return tuple(Difference(each, (spread(each, left), spread(each, right))) for each in deltas)


def _groups(contexta: Contexta, project: str, stage: str | None, keys: Sequence[str]) -> tuple[RunGroup, ...]:
    """Return metrics over the newest runs of a project that agree in every parameter but the seed, in code and data."""
    from contexta.spi.querying import RunListQuery

    query = RunListQuery(project_name=project, limit=_LOOKED_AT)
    try:
        return contexta.aggregate_groups(_ALIKE, keys, query=query, stage_name=stage).groups
    except AggregationError:
        # The runs that are compared are not among the newest, and none of these has a seed.
        return ()
