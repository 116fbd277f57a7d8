"""``SupportsBulkQueries`` over the twelve methods of any repository: slower, and the same answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contexta.spi.repository import SupportsBulkQueries, SupportsRecordCounts
from contexta.spi.run_selection import (
    matches_fields,
    newest_values,
    ordered_runs,
    page_of,
    refuse_expression,
    runs_meeting_conditions,
)
from contexta.spi.stage_names import stage_component
from contexta.spi.summaries import SummaryBuilder, point_of, series_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import FlatRecord, MetricPoint, MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ObservationRecord, RunRecord

__all__ = ["PlainQueries", "bulk_queries", "record_counts"]


def bulk_queries(repository: CompositeRepository) -> SupportsBulkQueries:
    """Return the quick path of a repository: its own, or the plain one."""
    if isinstance(repository, SupportsBulkQueries):
        return repository
    return PlainQueries(repository)


def record_counts(repository: CompositeRepository, run_id: str) -> Mapping[str, int]:
    """Return the number of records of a run by record type; types without records are absent."""
    if isinstance(repository, SupportsRecordCounts):
        return repository.record_counts(run_id)
    return Counter(record.record_type for record in repository.list_records(run_id=run_id))


class PlainQueries:
    """``SupportsBulkQueries`` for a repository that has only the twelve methods.

    Args:
        repository: The repository.
    """

    def __init__(self, repository: CompositeRepository) -> None:
        self._repository = repository

    def find_runs(self, query: RunListQuery) -> Sequence[RunRecord]:
        """Return the runs that match, in the query's order."""
        refuse_expression(query)
        runs = [run for run in self._repository.list_runs(query.project_name) if matches_fields(run, query)]
        if query.run_ids is not None:
            wanted = frozenset(query.run_ids)
            runs = [run for run in runs if run.run_id in wanted]
        values: dict[str, float] = {}
        if query.metric_keys:
            summaries = self.metric_summaries([run.run_id for run in runs], query.metric_keys)
            if query.metric_conditions:
                meeting = runs_meeting_conditions(summaries, query, name_of=self._stage_names(runs, query))
                runs = [run for run in runs if run.run_id in meeting]
            if query.sort_metric is not None:
                values = newest_values(summaries, query.sort_metric)
        return page_of(ordered_runs(runs, query, values), query)

    def metric_summaries(
        self, run_ids: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and metric; None for all runs or all metrics."""
        if run_ids is None:
            run_ids = [run.run_id for run in self._repository.list_runs()]
        wanted = None if keys is None else frozenset(keys)
        builders: dict[tuple[str, str | None, str], SummaryBuilder] = {}
        for run_id in dict.fromkeys(run_ids):
            for record in self._metrics(run_id):
                if wanted is not None and record.key not in wanted:
                    continue
                identity = (run_id, record.stage_id, record.key)
                builder = builders.get(identity)
                if builder is None:
                    builder = builders[identity] = SummaryBuilder(*identity)
                builder.add(_flat(record))
        return [builder.build() for builder in builders.values()]

    def metric_points(self, run_id: str, key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, by step, then by time; None for all stages."""
        points = [
            point_of(_flat(record))
            for record in self._metrics(run_id)
            if record.key == key and (stage_id is None or record.stage_id == stage_id)
        ]
        return sorted(points, key=series_order)

    def count_records(self, run_id: str) -> int:
        """Return the number of records of a run."""
        return len(self._repository.list_records(run_id=run_id))

    def _metrics(self, run_id: str) -> Iterable[ObservationRecord]:
        for record in self._repository.list_records(run_id=run_id, record_type="metric"):
            if record.record_type == "metric" and isinstance(record.value, (int, float)):
                yield record

    def _stage_names(self, runs: Sequence[RunRecord], query: RunListQuery) -> Callable[[str], str]:
        """Return what tells a stage's name: the repository, where a condition asks for one."""
        if all(condition.stage_name is None for condition in query.metric_conditions):
            return stage_component
        names = {
            stage.stage_id: stage.name for run in runs for stage in self._repository.list_stages(run.run_id)
        }
        return lambda stage_id: names.get(stage_id) or stage_component(stage_id)


def _flat(record: ObservationRecord) -> FlatRecord:
    """Return what summaries and points need of a record, in the form that they are folded from."""
    flat: FlatRecord = {"id": record.record_id, "time": record.observed_at, "value": record.value}
    if record.stage_id is not None:
        flat["stage"] = record.stage_id
    if record.unit is not None:
        flat["unit"] = record.unit
    if record.degradation_marker != "none":
        flat["degradation"] = record.degradation_marker
    step = record.payload.get("step")
    if isinstance(step, (int, float)) and not isinstance(step, bool):
        flat["step"] = int(step)
    return flat
