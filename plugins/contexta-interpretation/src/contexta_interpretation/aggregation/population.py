"""The runs of an aggregation, and the value that stands for a metric in each."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.spi.metric_selection import selected_value
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import checked_query
from contexta.spi.repository import SupportsBulkQueries, SupportsRunCounts
from contexta.spi.stage_names import is_spelled, stage_component, stage_spellings
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["Population", "RunValue", "unit_notes"]

#: So many runs without a metric are named one by one.
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class RunValue:
    """The value that stands for a metric in one run.

    Args:
        run_id: The run.
        value: The value.
        unit: Its unit, or None.
        degraded: Whether it is marked as degraded.
    """

    run_id: str
    value: float
    unit: str | None
    degraded: bool


class Population:
    """The runs of a query.

    Args:
        service: Where runs are looked up.
        query: Which runs; all when None.
        project_name: Only runs of this project; the query's own project wins.
    """

    def __init__(
        self, service: QueryInterpreter, query: RunListQuery | None, project_name: str | None
    ) -> None:
        asked = checked_query(query)
        if asked.project_name is None and project_name is not None:
            asked = replace(asked, project_name=project_name)
        self._asked = asked
        self._service = service
        self._repository: CompositeRepository = service.repository

    @cached_property
    def runs(self) -> tuple[RunRecord, ...]:
        """The runs, in the order of the query."""
        return self._service.list_runs(query=self._asked)

    @property
    def project_name(self) -> str | None:
        """The project that was asked for, or that all of the runs are of."""
        return self.project_among({run.project_name for run in self.runs})

    def project_among(self, projects: Collection[str]) -> str | None:
        """Return the project that was asked for, or the only one of these."""
        if self._asked.project_name is None and len(projects) == 1:
            return next(iter(projects))
        return self._asked.project_name

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return the number of runs by project and status; they are listed only where that cannot be told otherwise."""
        service = self._service
        found = service.count_runs(self._asked) if isinstance(service, SupportsRunCounts) else None
        return Counter((run.project_name, run.status) for run in self.runs) if found is None else found

    def summaries(self, keys: Sequence[str] | None = None) -> Sequence[MetricSummary]:
        """Return the summaries of some metrics, or of all, of the runs."""
        if not self.runs:
            return ()
        return bulk_queries(self._repository).metric_summaries([run.run_id for run in self.runs], keys)

    def stage_namer(self) -> Callable[[str], str]:
        """Return what tells a stage's name; identifiers of a workspace's stores hold it, a user's may not."""
        if isinstance(self._repository, SupportsBulkQueries):
            return stage_component
        list_stages = self._repository.list_stages
        names = {stage.stage_id: stage.name for run in self.runs for stage in list_stages(run.run_id)}
        return lambda stage_id: names.get(stage_id) or stage_component(stage_id)

    def values(
        self, keys: Sequence[str] | None, stage_name: str | None, selection: str
    ) -> Mapping[str, Sequence[RunValue]]:
        """Return the values of metrics by key, in the order of the runs; a run without a finite one has none.

        Args:
            keys: The metrics; None for all that any run has.
            stage_name: Only values of this stage; of the run and all its stages when None.
            selection: ``latest``, ``max``, ``min`` or ``mean``.
        """
        found: dict[str, dict[str, list[MetricSummary]]] = {key: {} for key in keys or ()}
        for each in self._in_stage(self.summaries(keys), stage_name):
            found.setdefault(each.key, {}).setdefault(each.run, []).append(each)
        return {key: list(self._selected(found[key], selection)) for key in (keys or sorted(found))}

    def _in_stage(
        self, summaries: Iterable[MetricSummary], stage_name: str | None
    ) -> Iterable[MetricSummary]:
        if stage_name is None:
            return summaries
        spellings, name_of = stage_spellings(stage_name), self.stage_namer()
        return (
            each
            for each in summaries
            if each.stage is not None and is_spelled(name_of(each.stage), spellings)
        )

    def _selected(self, by_run: Mapping[str, list[MetricSummary]], selection: str) -> Iterable[RunValue]:
        for run in self.runs:
            summaries = by_run.get(run.run_id, [])
            found = selected_value(summaries, selection)
            if found is not None and math.isfinite(found.value):
                unit = next((each.unit for each in summaries if each.unit), None)
                yield RunValue(run.run_id, found.value, unit, found.degraded)

    def missing_notes(
        self, metric_key: str, values: Sequence[RunValue], stage_name: str | None
    ) -> list[CompletenessNote]:
        """Return a note for each run without a value; of many, one for all the others."""
        having = {each.run_id for each in values}
        lacking = [run.run_id for run in self.runs if run.run_id not in having]
        word = f"missing_metric_for_aggregate:{metric_key}"
        notes = [
            CompletenessNote("warning", word, {"run_id": run_id, "stage_name": stage_name})
            for run_id in lacking[:_MOST_NAMED]
        ]
        if len(lacking) > _MOST_NAMED:
            rest = lacking[_MOST_NAMED:]
            notes.append(
                CompletenessNote("warning", word, {"run_ids": tuple(rest), "stage_name": stage_name})
            )
        return notes


def unit_notes(metric_key: str, units: Iterable[str | None]) -> list[CompletenessNote]:
    """Return a note where a metric's values are of several units."""
    known = sorted({unit for unit in units if unit is not None})
    if len(known) < 2:
        return []
    return [CompletenessNote("warning", f"mixed_units:{metric_key}", {"units": tuple(known)})]
