"""Searching runs over the metadata and the record store, with as much as possible left to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.interpretation.identifiers import project_refs
from contexta.interpretation.projections import run_of
from contexta.spi.entity_counts import SupportsEntityCounts
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.run_selection import (
    in_order,
    newest_values,
    orderable,
    page_of,
    refuse_expression,
    runs_meeting_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from contexta.spi.metadata import Entity, MetadataBackend
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricSummary, SupportsSummaries
    from contexta.spi.views import RunRecord

__all__ = ["count_runs", "find_runs"]


#: A page in the order of a metric is filled from so many runs at a time; larger pages from as many as they hold.
_PORTION = 256


def find_runs(
    metadata: MetadataBackend, summaries: Callable[[], SupportsSummaries], query: RunListQuery
) -> tuple[RunRecord, ...]:
    """Return the runs that match, in the query's order.

    Args:
        metadata: The metadata store.
        summaries: Returns the metric summaries of the record store; called for a query that looks at metrics.
        query: The query.
    """
    refuse_expression(query)
    projects = None if query.project_name is None else project_refs(metadata, query.project_name)
    if projects is not None and not projects:
        return ()
    known: Sequence[MetricSummary] = ()
    meeting = None if query.run_ids is None else frozenset(query.run_ids)
    if meeting is not None and not meeting:
        return ()
    if query.metric_keys:
        # Metrics first: they are usually what is selective, and only the runs that are left are read.
        known = summaries().summaries(runs=query.run_ids, keys=query.metric_keys)
        if query.metric_conditions:
            holding = runs_meeting_conditions(known, query)
            meeting = frozenset(holding if meeting is None else meeting & holding)
            if not meeting:
                return ()
    search = _Search(metadata, query, projects, meeting)
    if query.sort_metric is None:
        return tuple(run_of(each) for each in search.page())
    values = newest_values(known, query.sort_metric)
    return tuple(run_of(each) for each in search.page_by_metric(values))


def count_runs(metadata: MetadataBackend, query: RunListQuery) -> Mapping[tuple[str, str], int] | None:
    """Return how many runs match, by name of the project and status.

    Args:
        metadata: The metadata store.
        query: The query.

    Returns:
        The numbers; None where the runs have to be listed: of a page, or for what metrics or an expression say.
    """
    refuse_expression(query)
    if query.metric_keys or query.run_ids is not None or query.limit is not None or query.offset:
        return None
    if not isinstance(metadata, SupportsEntityCounts):
        return None
    projects = None if query.project_name is None else project_refs(metadata, query.project_name)
    counts: Counter[tuple[str, str]] = Counter()
    if projects is not None and not projects:
        return counts
    found = metadata.count(_entity_query(query, projects, None), ("project_name", "project_ref", "status"))
    for (name, project, status), count in found.items():
        if not name and not project:
            # Only its own reference tells the project of such a run.
            return None
        counts[name or _project_of(project or ""), status or "open"] += count
    return counts


def _project_of(project_ref: str) -> str:
    return project_ref.partition(":")[2]


class _Search:
    """One search in the metadata store.

    Args:
        metadata: The metadata store.
        query: The query; its metric conditions are answered already.
        projects: References of the projects to look in; None for all.
        meeting: References of the runs that were asked for and meet the metric conditions; None for all.
    """

    def __init__(
        self,
        metadata: MetadataBackend,
        query: RunListQuery,
        projects: list[str] | None,
        meeting: frozenset[str] | None,
    ) -> None:
        self._metadata = metadata
        self._query = query
        self._meeting = meeting
        self._projects = projects

    def page(self) -> Sequence[Entity]:
        """Return the page in the order of a field."""
        asked = self._asked(self._meeting, order_by=self._query.sort_by, descending=self._query.sort_desc)
        return self._metadata.find(replace(asked, limit=self._query.limit, offset=self._query.offset))

    def page_by_metric(self, values: Mapping[str, float]) -> Sequence[Entity]:
        """Return the page in the order of a metric; runs without it come last.

        Args:
            values: Value of the metric by run.
        """
        numbers = (ref for ref, value in values.items() if orderable(value) is not None)
        refs = sorted(ref for ref in numbers if self._meeting is None or ref in self._meeting)
        ranked = in_order(refs, values.__getitem__, descending=self._query.sort_desc)
        limit = self._query.limit
        end = None if limit is None else self._query.offset + limit
        if end is not None and end < len(ranked):
            found = self._first(ranked, end)
            if len(found) >= end:
                return page_of(found, self._query)
        runs = self._metadata.find(self._asked(self._meeting))
        by_value = in_order(
            runs, lambda run: orderable(values.get(run.ref)), descending=self._query.sort_desc
        )
        return page_of(by_value, self._query)

    def _first(self, ranked: list[str], count: int) -> list[Entity]:
        """Return at least so many matching runs of a ranking, in its order, or all that match."""
        found: list[Entity] = []
        portion = max(count, _PORTION)
        for start in range(0, len(ranked), portion):
            refs = ranked[start : start + portion]
            matching = {each.ref: each for each in self._metadata.find(self._asked(refs))}
            found += [matching[ref] for ref in refs if ref in matching]
            if len(found) >= count:
                break
        return found

    def _asked(
        self, refs: Iterable[str] | None, *, order_by: str = "ref", descending: bool = False
    ) -> EntityQuery:
        asked = _entity_query(self._query, self._projects, refs)
        return replace(asked, order_by=order_by, descending=descending)


def _entity_query(
    query: RunListQuery, projects: Sequence[str] | None, refs: Iterable[str] | None
) -> EntityQuery:
    """Return the part of a query that the metadata store answers, without order and page."""
    time_range = query.time_range
    fields: dict[str, str | frozenset[str]] = {}
    if projects is not None:
        fields["project_ref"] = projects[0] if len(projects) == 1 else frozenset(projects)
    return EntityQuery(
        EntityKind.RUN,
        refs=None if refs is None else tuple(refs),
        fields=fields,
        tags=query.tags or {},
        status=query.status,
        started_after=None if time_range is None else time_range.started_after,
        started_before=None if time_range is None else time_range.started_before,
        present=("archived_at",) if query.archived else (),
        absent=("archived_at",) if query.archived is False else (),
    )
