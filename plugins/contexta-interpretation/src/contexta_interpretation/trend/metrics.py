"""The value of one metric in each of many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metric_selection import selected_value
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.repository import SupportsBulkQueries
from contexta.spi.stage_names import is_spelled, stage_component, stage_spellings
from contexta.spi.trends import TrendPoint
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["MetricValues"]


class MetricValues:
    """One metric, summed up for many runs with one question.

    Args:
        repository: The read model.
        runs: The runs.
        metric_key: The metric.
        stage_name: Only values of this stage; of the run and all its stages when None.
        selection: ``latest``, ``max``, ``min`` or ``mean``.
    """

    def __init__(
        self,
        repository: CompositeRepository,
        runs: Sequence[RunRecord],
        metric_key: str,
        stage_name: str | None,
        selection: str,
    ) -> None:
        self._key = metric_key
        self._stage_name = stage_name
        self._selection = selection
        spellings = None if stage_name is None else stage_spellings(stage_name)
        name_of = stage_component if stage_name is None else _names(repository, runs)
        self._summaries: dict[str, list[MetricSummary]] = {}
        run_ids = [run.run_id for run in runs]
        for summary in bulk_queries(repository).metric_summaries(run_ids, [metric_key]):
            if spellings is None or (
                summary.stage is not None and is_spelled(name_of(summary.stage), spellings)
            ):
                self._summaries.setdefault(summary.run, []).append(summary)

    def in_run(self, run: RunRecord) -> tuple[tuple[TrendPoint, ...], tuple[CompletenessNote, ...]]:
        """Return the point of a run, or a note that it has none."""
        found = selected_value(self._summaries.get(run.run_id, ()), self._selection)
        if found is None:
            details = {"run_id": run.run_id, "stage_name": self._stage_name}
            return (), (CompletenessNote("warning", f"missing_metric_for_run:{self._key}", details),)
        return (TrendPoint(run.run_id, run.name, found.value, found.time, self._stage_name),), ()


def _names(repository: CompositeRepository, runs: Sequence[RunRecord]) -> Callable[[str], str]:
    """Return what tells a stage's name; identifiers of a workspace's stores hold it, a user's may not."""
    if isinstance(repository, SupportsBulkQueries):
        return stage_component
    names = {stage.stage_id: stage.name for run in runs for stage in repository.list_stages(run.run_id)}
    return lambda stage_id: names.get(stage_id) or stage_component(stage_id)
