"""Searching runs over the metadata and the record store, with as much as possible left to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.interpretation.identifiers import project_refs
from contexta.interpretation.projections import run_of
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.run_selection import in_order, newest_values, orderable, page_of, runs_meeting_conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.spi.metadata import Entity, MetadataBackend
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricSummary, SupportsSummaries
    from contexta.spi.views import RunRecord

__all__ = ["find_runs"]


def find_runs(
    metadata: MetadataBackend, summaries: Callable[[], SupportsSummaries], query: RunListQuery
) -> tuple[RunRecord, ...]:
    """Return the runs that match, in the query's order.

    Args:
        metadata: The metadata store.
        summaries: Returns the metric summaries of the record store; called for a query that looks at metrics.
        query: The query.
    """
    projects = None if query.project_name is None else project_refs(metadata, query.project_name)
    if projects is not None and not projects:
        return ()
    known: Sequence[MetricSummary] = ()
    meeting: set[str] | None = None
    if query.metric_keys:
        # Metrics first: they are usually what is selective, and only the runs that are left are read.
        known = summaries().summaries(keys=query.metric_keys)
        if query.metric_conditions:
            meeting = runs_meeting_conditions(known, query)
            if not meeting:
                return ()
    by_store = query.sort_metric is None and (projects is None or len(projects) == 1)
    runs = metadata.find(_entity_query(query, projects, meeting, paged=by_store))
    if by_store:
        return tuple(run_of(each) for each in runs)
    if projects is not None and len(projects) > 1:
        runs = [each for each in runs if each.document.get("project_ref") in projects]
    if query.sort_metric is not None:
        runs = _by_metric(runs, newest_values(known, query.sort_metric), descending=query.sort_desc)
    return tuple(run_of(each) for each in page_of(runs, query))


def _entity_query(
    query: RunListQuery, projects: list[str] | None, meeting: set[str] | None, *, paged: bool
) -> EntityQuery:
    time_range = query.time_range
    return EntityQuery(
        EntityKind.RUN,
        refs=None if meeting is None else tuple(meeting),
        fields={"project_ref": projects[0]} if projects is not None and len(projects) == 1 else {},
        tags=query.tags or {},
        status=query.status,
        started_after=None if time_range is None else time_range.started_after,
        started_before=None if time_range is None else time_range.started_before,
        order_by="ref" if query.sort_metric is not None else query.sort_by,
        descending=query.sort_desc and query.sort_metric is None,
        limit=query.limit if paged else None,
        offset=query.offset if paged else 0,
    )


def _by_metric(runs: Sequence[Entity], values: dict[str, float], *, descending: bool) -> Sequence[Entity]:
    return in_order(runs, lambda run: orderable(values.get(run.ref)), descending=descending)
