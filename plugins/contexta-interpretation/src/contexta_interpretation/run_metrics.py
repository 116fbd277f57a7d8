"""The values of metrics in many runs, told with one question to the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.spi.metric_selection import newest_summary, selected_value
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.repository import SupportsBulkQueries
from contexta.spi.stage_names import is_spelled, stage_component, stage_spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contexta.spi.metric_selection import SelectedValue
    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["SELECTIONS", "RunMetrics", "checked_selection"]

#: Which value may stand for a metric that has several in one run.
SELECTIONS = ("latest", "max", "min", "mean")


def checked_selection(selection: object) -> str:
    """Return which value stands for a metric, as it was given.

    Args:
        selection: ``latest``, ``max``, ``min`` or ``mean``.

    Raises:
        ValidationError: It is something else.
    """
    if isinstance(selection, str) and selection in SELECTIONS:
        return selection
    raise ValidationError(
        f"metric_aggregation is {selection!r}; use one of {', '.join(SELECTIONS)}",
        code="trend_invalid_metric_aggregation",
        details={"allowed": SELECTIONS},
    )


class RunMetrics:
    """Metrics of many runs.

    Args:
        repository: The read model.
        runs: The runs.
        keys: The metrics; all that the runs have when None.
        selection: Which value stands for a metric that has several in one run.
    """

    def __init__(
        self,
        repository: CompositeRepository,
        runs: Sequence[RunRecord],
        keys: Iterable[str] | None,
        selection: str,
    ) -> None:
        self._repository = repository
        self._runs = runs
        self._selection = selection
        self._stage_names: Callable[[str], str] | None = None
        self._summaries: dict[tuple[str, str], list[MetricSummary]] = {}
        wanted = None if keys is None else list(dict.fromkeys(keys))
        if not runs or (wanted is not None and not wanted):
            return
        found = bulk_queries(repository).metric_summaries([run.run_id for run in runs], wanted)
        for summary in found:
            self._summaries.setdefault((summary.run, summary.key), []).append(summary)

    def keys_of(self, run_id: str, stage_name: str | None = None) -> list[str]:
        """Return the metrics that a run has, sorted.

        Args:
            run_id: The run.
            stage_name: Only those with a value of this stage; of the run and all its stages when None.
        """
        keys = {key for run, key in self._summaries if run == run_id}
        return sorted(key for key in keys if self._of(run_id, key, stage_name))

    def value(self, run_id: str, key: str, stage_name: str | None = None) -> SelectedValue | None:
        """Return the value that stands for a metric of a run, or None where it has none.

        Args:
            run_id: The run.
            key: The metric.
            stage_name: Only values of this stage; of the run and all its stages when None.
        """
        return selected_value(self._of(run_id, key, stage_name), self._selection)

    def unit(self, run_id: str, key: str, stage_name: str | None = None) -> str | None:
        """Return the unit of a metric of a run, or None where it names none."""
        named = [each for each in self._of(run_id, key, stage_name) if each.unit is not None]
        return newest_summary(named).unit if named else None

    def _of(self, run_id: str, key: str, stage_name: str | None) -> list[MetricSummary]:
        found = self._summaries.get((run_id, key), [])
        if stage_name is None:
            return found
        spellings, name_of = stage_spellings(stage_name), self._name_of()
        return [
            each for each in found if each.stage is not None and is_spelled(name_of(each.stage), spellings)
        ]

    def _name_of(self) -> Callable[[str], str]:
        """Return what tells a stage's name; identifiers of a workspace's stores hold it, a user's may not."""
        if self._stage_names is None:
            self._stage_names = stage_component
            if not isinstance(self._repository, SupportsBulkQueries):
                stages = (stage for run in self._runs for stage in self._repository.list_stages(run.run_id))
                names = {stage.stage_id: stage.name for stage in stages}
                self._stage_names = lambda stage_id: names.get(stage_id) or stage_component(stage_id)
        return self._stage_names
