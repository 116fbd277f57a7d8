"""The value that stands for each metric of one run, by the name of its stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metric_selection import newest_summary, selected_value
from contexta.spi.stage_names import stage_component

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from contexta.spi.records import MetricSummary
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

    def is_degraded(self, stage_name: str | None, key: str) -> bool:
        """Return whether the value of a metric of exactly this stage, or of the run itself, is degraded."""
        found = selected_value(self._cells.get((stage_name, key), ()), self._selection)
        return found is not None and found.degraded

    def unit(self, stage_name: str | None, key: str) -> str | None:
        """Return the newest unit of a metric of exactly this stage, or of the run itself for None."""
        summaries = self._cells.get((stage_name, key))
        return newest_summary(summaries).unit if summaries else None
