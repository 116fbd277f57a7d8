"""The value that stands for each metric of one run, by the name of its stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metric_selection import newest_summary, selected_value
from contexta.spi.repository import SupportsBulkQueries
from contexta.spi.stage_names import is_spelled, stage_component, stage_spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import StageRecord

__all__ = ["MetricTable"]


class MetricTable:
    """The metrics of one run.

    Args:
        summaries: Summaries of this run, and of others.
        run_id: The run.
        stages: Its stages, which tell their names; a stage that is not among them is named by its identifier.
        selection: ``latest``, ``max``, ``min`` or ``mean``.
    """

    def __init__(
        self, summaries: Iterable[MetricSummary], run_id: str, stages: Sequence[StageRecord], selection: str
    ) -> None:
        self._selection = selection
        names = {stage.stage_id: stage.name for stage in stages}
        self._cells: dict[tuple[str | None, str], list[MetricSummary]] = {}
        self._keys: dict[str | None, set[str]] = {}
        for summary in summaries:
            if summary.run != run_id:
                continue
            stage = summary.stage
            name = None if stage is None else names.get(stage) or stage_component(stage)
            self._cells.setdefault((name, summary.key), []).append(summary)
            self._keys.setdefault(name, set()).add(summary.key)

    @classmethod
    def of_run(
        cls,
        repository: CompositeRepository,
        run_id: str,
        summaries: Iterable[MetricSummary],
        selection: str,
    ) -> MetricTable:
        """Return the table of a run whose stages have not been read yet."""
        mine = [summary for summary in summaries if summary.run == run_id]
        # Identifiers of a workspace's stores hold the names of stages already.
        asks = not isinstance(repository, SupportsBulkQueries) and any(each.stage for each in mine)
        stages = repository.list_stages(run_id) if asks else ()
        return cls(mine, run_id, stages, selection)

    @property
    def cells(self) -> Iterable[tuple[str | None, str]]:
        """Name of the stage, None for the run itself, and key of every metric."""
        return self._cells.keys()

    @property
    def stage_names(self) -> AbstractSet[str | None]:
        """Names of the stages that have metrics; None among them where the run itself has."""
        return self._keys.keys()

    def keys(self, stage_name: str | None) -> AbstractSet[str]:
        """Return the keys of the metrics of a stage, or of the run itself for None."""
        return self._keys.get(stage_name, frozenset())

    def cell(self, stage_name: str | None, key: str) -> float | None:
        """Return the value of a metric of exactly this stage, or of the run itself for None."""
        found = selected_value(self._cells.get((stage_name, key), ()), self._selection)
        return None if found is None else found.value

    def unit(self, stage_name: str | None, key: str) -> str | None:
        """Return the newest unit of a metric of exactly this stage, or of the run itself for None."""
        summaries = self._cells.get((stage_name, key))
        return newest_summary(summaries).unit if summaries else None

    def value(self, key: str, stage_name: str | None) -> float | None:
        """Return the value of a metric of a stage, or of the run and all its stages for None."""
        spellings = None if stage_name is None else stage_spellings(stage_name)
        chosen = [
            summary
            for (name, each), summaries in self._cells.items()
            if each == key and (spellings is None or (name is not None and is_spelled(name, spellings)))
            for summary in summaries
        ]
        found = selected_value(chosen, self._selection)
        return None if found is None else found.value
