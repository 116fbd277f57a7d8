"""Which runs a query selects, and in which order: the meaning that every repository's pushdown must have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.stage_names import is_spelled, stage_component, stage_spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricSummary
    from contexta.spi.views import RunRecord

__all__ = [
    "in_order",
    "is_newer",
    "matches_fields",
    "newest_summaries",
    "newest_values",
    "orderable",
    "ordered_runs",
    "page_of",
    "refuse_expression",
    "runs_meeting_conditions",
]

Item = TypeVar("Item")


def refuse_expression(query: RunListQuery) -> None:
    """Refuse a query with an expression of the filter language, which no repository understands.

    Raises:
        ValidationError: The query has one.
    """
    if query.where is not None:
        raise ValidationError(
            f"find_runs was given the expression {query.where!r}, which the query service understands and no "
            "repository; ask QueryService.list_runs",
            code="query_where_in_repository",
        )


def matches_fields(run: RunRecord, query: RunListQuery) -> bool:
    """Return whether a run meets what a query asks of the run itself: status, tags, time and archive."""
    if query.archived is not None and (run.archived_at is not None) is not query.archived:
        return False
    if query.status is not None and run.status != query.status:
        return False
    if query.tags and any(run.tags.get(name) != value for name, value in query.tags.items()):
        return False
    return query.time_range is None or _in_range(run, query)


def _in_range(run: RunRecord, query: RunListQuery) -> bool:
    given = query.time_range
    if given is None or (given.started_after is None and given.started_before is None):
        return True
    return given.contains(run.started_at)


def is_newer(summary: MetricSummary, known: MetricSummary) -> bool:
    """Return whether the latest point of a summary is newer than that of another, of the same run and metric.

    At one instant a metric of the run itself counts as the newer one, then the stage that sorts last.
    """
    return _age(summary) > _age(known)


def _age(summary: MetricSummary) -> tuple[int, bool, str]:
    return instant(summary.latest.time), summary.stage is None, summary.stage or ""


def newest_summaries(
    summaries: Iterable[MetricSummary],
    key: str,
    stage_name: str | None = None,
    *,
    name_of: Callable[[str], str] = stage_component,
) -> dict[str, MetricSummary]:
    """Return by run the summary whose latest point is the newest of a metric.

    Args:
        summaries: Summaries of any runs and metrics.
        key: The metric's key.
        stage_name: Only metrics of this stage; None for those of the run and of all its stages.
        name_of: Tells the name of a stage by its identifier.
    """
    spellings = None if stage_name is None else stage_spellings(stage_name)
    newest: dict[str, MetricSummary] = {}
    for summary in summaries:
        if summary.key != key:
            continue
        if spellings is not None and (
            summary.stage is None or not is_spelled(name_of(summary.stage), spellings)
        ):
            continue
        known = newest.get(summary.run)
        if known is None or is_newer(summary, known):
            newest[summary.run] = summary
    return newest


def newest_values(
    summaries: Iterable[MetricSummary],
    key: str,
    stage_name: str | None = None,
    *,
    name_of: Callable[[str], str] = stage_component,
) -> dict[str, float]:
    """Return the newest value of a metric by run; the arguments are those of :func:`newest_summaries`."""
    newest = newest_summaries(summaries, key, stage_name, name_of=name_of)
    return {run: summary.latest.value for run, summary in newest.items()}


def runs_meeting_conditions(
    summaries: Sequence[MetricSummary],
    query: RunListQuery,
    *,
    name_of: Callable[[str], str] = stage_component,
) -> set[str]:
    """Return the identifiers of the runs that meet every metric condition of a query, which has at least one."""
    meeting: set[str] | None = None
    for condition in query.metric_conditions:
        values = newest_values(summaries, condition.metric_key, condition.stage_name, name_of=name_of)
        holding = {run for run, value in values.items() if condition.holds(value)}
        meeting = holding if meeting is None else meeting & holding
    return meeting or set()


def in_order(items: Iterable[Item], key: Callable[[Item], Any], *, descending: bool) -> list[Item]:
    """Sort items by a key; those whose key is None come last in either direction, and equal ones keep their order."""
    keyed = [(key(item), item) for item in items]
    known = [pair for pair in keyed if pair[0] is not None]
    # Also a reversed sort keeps equal ones in their order.
    known.sort(key=_first, reverse=descending)
    return [item for _, item in known] + [item for value, item in keyed if value is None]


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def ordered_runs(
    runs: Iterable[RunRecord], query: RunListQuery, metric_values: dict[str, float] | None = None
) -> list[RunRecord]:
    """Sort runs as a query asks.

    Args:
        runs: The runs.
        query: The query.
        metric_values: Value of the metric that is sorted by, by run; for a query that sorts by one.
    """
    by_id = sorted(runs, key=lambda run: run.run_id)
    return in_order(by_id, _sort_key(query, metric_values or {}), descending=query.sort_desc)


def _sort_key(query: RunListQuery, metric_values: dict[str, float]) -> Callable[[RunRecord], Any]:
    if query.sort_metric is not None:
        return lambda run: orderable(metric_values.get(run.run_id))
    if query.sort_by == "name":
        return lambda run: run.name
    name = query.sort_by
    return lambda run: _instant_or_none(getattr(run, name))


def orderable(value: float | None) -> float | None:
    """Return a number that has a place in an order; None for what has none."""
    return None if value is None or math.isnan(value) else value


def _instant_or_none(time: str | None) -> int | None:
    return None if time is None else instant(time)


def page_of(items: Sequence[Item], query: RunListQuery) -> Sequence[Item]:
    """Return the part of the selected items that a query's offset and limit ask for."""
    end = None if query.limit is None else query.offset + query.limit
    return items[query.offset : end]
