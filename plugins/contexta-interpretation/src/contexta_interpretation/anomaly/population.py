"""The runs that a baseline is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.querying import TimeRange, checked_query
from contexta.spi.run_selection import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import RunRecord

__all__ = ["earlier_runs", "population"]


def population(
    service: QueryInterpreter, query: RunListQuery | None, project_name: str | None
) -> Sequence[RunRecord]:
    """Return the runs of a query; only completed ones, unless the query names another status.

    Args:
        service: Where runs are looked up.
        query: Which runs; all when None.
        project_name: Only runs of this project; the query's own project wins.
    """
    return service.list_runs(query=_of_completed(checked_query(query), project_name))


def earlier_runs(
    service: QueryInterpreter, run: RunRecord, query: RunListQuery | None
) -> Sequence[RunRecord]:
    """Return the runs of a query that one run can be judged by: those that started before it.

    Offset and limit of the query count among these, so the run itself takes none of their places.

    Args:
        service: Where runs are looked up.
        run: The run that is judged; one that names no start is judged by all others.
        query: Which runs; all of its project when None.
    """
    asked = checked_query(query)
    wanted = replace(_of_completed(asked, run.project_name), limit=None, offset=0)
    if run.started_at is not None:
        given = asked.time_range or TimeRange()
        after, before = given.started_after, given.started_before
        if after is not None and instant(after) > instant(run.started_at):
            return ()
        if before is None or instant(before) > instant(run.started_at):
            before = run.started_at
        wanted = replace(wanted, time_range=TimeRange(after, before))
    found = [each for each in service.list_runs(query=wanted) if _is_earlier(each, run)]
    return page_of(found, asked)


def _of_completed(asked: RunListQuery, project_name: str | None) -> RunListQuery:
    """Return a query with what it leaves open: the project, and that nothing unfinished is usual."""
    return replace(asked, project_name=asked.project_name or project_name, status=asked.status or "completed")


def _is_earlier(each: RunRecord, run: RunRecord) -> bool:
    if each.run_id == run.run_id:
        return False
    if run.started_at is None or each.started_at is None:
        return run.started_at is None
    return instant(each.started_at) < instant(run.started_at)
