"""What a list of runs says of the metrics that it was selected and ordered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.plain_queries import bulk_queries
from contexta.spi.repository import SupportsBulkQueries
from contexta.spi.run_selection import newest_summaries
from contexta.spi.stage_names import stage_component
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta.spi.querying import RunListQuery
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import CompletenessNote, RunRecord

__all__ = ["selection_notes"]


def selection_notes(
    repository: CompositeRepository,
    query: RunListQuery,
    metric_directions: Mapping[str, str],
    runs: Sequence[RunRecord],
) -> list[CompletenessNote]:
    """Return a note for each metric of a query whose value, of one of these runs, is marked as degraded.

    Args:
        repository: The read model.
        query: The query.
        metric_directions: The configured directions of metrics, for ``best(...)`` in an expression.
        runs: Runs that it selected.
    """
    if not runs:
        return []
    notes = _notes_on_conditions(repository, query, runs)
    if query.where is not None:
        from contexta_interpretation.query.expressions.searching import notes_on_expression

        notes += notes_on_expression(repository, query.where, metric_directions, runs)
    # An expression, a condition and the order may be about the same metric.
    return [note for number, note in enumerate(notes) if note not in notes[:number]]


def _notes_on_conditions(
    repository: CompositeRepository, query: RunListQuery, runs: Sequence[RunRecord]
) -> list[CompletenessNote]:
    asked = [(condition.metric_key, condition.stage_name) for condition in query.metric_conditions]
    if query.sort_metric is not None:
        asked.append((query.sort_metric, None))
    if not asked:
        return []
    keys = list(dict.fromkeys(key for key, _ in asked))
    run_ids = [run.run_id for run in runs]
    summaries = bulk_queries(repository).metric_summaries(run_ids, keys)
    name_of = _stage_namer(repository, run_ids)
    notes: list[CompletenessNote] = []
    for key, stage_name in dict.fromkeys(asked):
        newest = newest_summaries(summaries, key, stage_name, name_of=name_of)
        marked = [run for run in run_ids if run in newest and newest[run].latest.degraded]
        notes += degraded_value_notes(key, marked, stage_name)
    return notes


def _stage_namer(repository: CompositeRepository, run_ids: Sequence[str]) -> Callable[[str], str]:
    """Return what tells a stage's name; identifiers of a workspace's stores hold it, a user's may not."""
    if isinstance(repository, SupportsBulkQueries):
        return stage_component
    names = {stage.stage_id: stage.name for run_id in run_ids for stage in repository.list_stages(run_id)}
    return lambda stage_id: names.get(stage_id) or stage_component(stage_id)
