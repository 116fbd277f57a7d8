"""The parameters that choose runs, the same for every question about many runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contexta_web.api.parameters import Parameter

if TYPE_CHECKING:
    from contexta.spi.querying import RunListQuery
    from contexta_web.api.endpoint import Arguments

__all__ = ["METRIC", "MOST_RUNS", "PROJECT", "RUN_CHOICE", "RUN_ID", "STAGE", "page_query", "query_of"]

#: So many runs are on a page at most.
MOST_RUNS = 1000

RUN_ID = Parameter(
    "run_id",
    "The run: its reference, project.run, or its last part where that is unique.",
    is_in_path=True,
    is_required=True,
)
PROJECT = Parameter("project", "Only runs of this project.")
STAGE = Parameter("stage", "Only values of this stage.")
METRIC = Parameter("metric", "The key of the metric.", is_required=True)

RUN_CHOICE = (
    PROJECT,
    Parameter(
        "status",
        "Only runs of this status.",
        choices=("open", "completed", "failed", "cancelled", "interrupted"),
    ),
    Parameter("where", "Only runs for which this expression of the filter language holds."),
    Parameter("after", "Only runs started at this time or later (ISO 8601)."),
    Parameter("before", "Only runs started at this time or earlier (ISO 8601)."),
    Parameter("limit", "At most so many runs.", "count", least=1, greatest=MOST_RUNS),
    Parameter("offset", "So many of those that match are left out first.", "count", default=0),
    Parameter("sort", "started_at, ended_at, name, or metrics.KEY.", default="started_at"),
    Parameter("desc", "Whether the greatest, so the newest, comes first.", "flag", default=True),
    Parameter("archived", "Whether archived runs are listed, alone.", "flag", default=False),
)


def query_of(arguments: Arguments) -> RunListQuery:
    """Return the query that the arguments say.

    Args:
        arguments: Those of :data:`RUN_CHOICE`.

    Raises:
        ValidationError: They cannot be meant.
    """
    from contexta.spi.querying import RunListQuery, TimeRange

    bounds = (arguments["after"], arguments["before"])
    return RunListQuery(
        project_name=arguments["project"],
        status=arguments["status"],
        time_range=TimeRange(*bounds) if any(bounds) else None,
        limit=arguments["limit"],
        offset=arguments["offset"],
        sort_by=arguments["sort"],
        sort_desc=arguments["desc"],
        archived=arguments["archived"],
        where=arguments["where"],
    )


def page_query(arguments: Arguments) -> tuple[RunListQuery, int]:
    """Return the query for one page and one run more, which tells whether another page follows, and the page's size."""
    query = query_of(arguments)
    size = query.limit or MOST_RUNS
    return replace(query, limit=size + 1), size
