"""How two runs differ: by how much, beside what chance alone does, and what changed that could explain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.errors import AggregationError
from contexta_web.screens.words import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.aggregation import GroupedMetric
    from contexta.spi.comparison import MetricDelta, RunComparison
    from contexta.spi.views import CompletenessNote, RunRecord

    Spreads = Mapping[str, GroupedMetric]

__all__ = ["RunDifferences", "differences_of"]

_SEED = "seed"
#: What runs agree in that differ in nothing but chance.
_ALIKE = (f"!params.{_SEED}", "code_revision", "dataset")
#: Runs that differ in nothing but their seed are looked for among so many of the newest.
_LOOKED_AT = 200
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
    keys = {
        stage: [each.metric_key for each in deltas if each.stage_name == stage] for stage in _stages(deltas)
    }
    spreads = {
        (stage, run.run_id): _spreads(contexta, run, stage, named)
        for stage, named in keys.items()
        for run in (left, right)
    }

    def spread(delta: MetricDelta, run: RunRecord) -> GroupedMetric | None:
        return spreads[delta.stage_name, run.run_id].get(delta.metric_key)

    return tuple(Difference(each, (spread(each, left), spread(each, right))) for each in deltas)


def _stages(deltas: Sequence[MetricDelta]) -> set[str | None]:
    return {each.stage_name for each in deltas}


def _spreads(contexta: Contexta, run: RunRecord, stage: str | None, keys: Sequence[str]) -> Spreads:
    """Return metrics over the runs that agree with one, itself among them, in every parameter but the seed, code and data."""
    from contexta.spi.querying import RunListQuery

    if _SEED not in run.parameters:
        return {}
    query = RunListQuery(project_name=run.project_name, limit=_LOOKED_AT)
    try:
        found = contexta.aggregate_groups(_ALIKE, keys, query=query, stage_name=stage)
    except AggregationError:
        # The run is not among the newest, and none of these has a seed.
        return {}
    group = next((each for each in found.groups if run.run_id in each.run_ids), None)
    return {} if group is None else {each.metric_key: each for each in group.metrics if each.std is not None}
