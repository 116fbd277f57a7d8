"""The options that choose runs, the same for every command about many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from contexta.errors import NotFoundError, ValidationError
from contexta_cli.failures import UsageFault
from contexta_cli.output.status import RUN_STATUSES
from contexta_cli.tag_words import parsed_tags
from contexta_cli.time_option import typed_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta import Contexta
    from contexta.interpretation import RunListQuery

__all__ = ["query_of", "require_project", "run_filters"]

Function = TypeVar("Function", bound="Callable[..., Any]")


def _tags(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    del ctx
    return parsed_tags(values, option.opts[0])


_OPTIONS = (
    click.option("--project", metavar="NAME", help="Only runs of this project."),
    click.option("--status", type=click.Choice(RUN_STATUSES), help="Only runs of this status."),
    click.option(
        "--tag",
        "tags",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_tags,
        help="Only with this tag; repeatable.",
    ),
    click.option("--where", metavar="EXPR", help="Only runs for which the expression holds."),
    click.option("--archived", is_flag=True, help="Only archived runs, which are otherwise left out."),
    click.option("--all", "all_runs", is_flag=True, help="Archived runs too."),
    click.option("--after", metavar="TIME", callback=typed_time, help="Only started at this time or later."),
    click.option(
        "--before", metavar="TIME", callback=typed_time, help="Only started at this time or earlier."
    ),
    click.option(
        "--sort",
        "sort_by",
        metavar="FIELD",
        default="started_at",
        help="started_at, ended_at, name or metrics.KEY; started_at by default.",
    ),
    click.option(
        "--desc/--asc", "descending", default=None, help="Greatest first (so for all but name), or least."
    ),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N runs."),
    click.option(
        "--offset", type=click.IntRange(min=0), metavar="N", default=0, help="Leave out the first N."
    ),
)


def run_filters(function: Function) -> Function:
    """Give a command the options that choose runs; :func:`query_of` makes a query of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def query_of(options: Mapping[str, Any]) -> RunListQuery:
    """Return the query that the options say.

    Args:
        options: What was typed, by the names of the options.

    Raises:
        UsageFault: They cannot be meant.
    """
    from contexta.interpretation import RunListQuery, TimeRange

    descending = options["descending"]
    try:
        bounds = (options["after"], options["before"])
        return RunListQuery(
            project_name=options["project"],
            status=options["status"],
            tags=options["tags"] or None,
            time_range=TimeRange(*bounds) if any(bounds) else None,
            limit=options["limit"],
            offset=options["offset"],
            sort_by=options["sort_by"],
            # A list by name is read from A to Z; everything else with the greatest first.
            sort_desc=options["sort_by"] != "name" if descending is None else descending,
            archived=None if options["all_runs"] else options["archived"],
            where=options["where"],
        )
    except ValidationError as error:
        raise UsageFault(error.message, code=error.code) from error


def require_project(ctx: Contexta, project: str | None) -> None:
    """Tell a project without such runs from a project that does not exist.

    Args:
        ctx: The workspace.
        project: The project that was named, or None.

    Raises:
        NotFoundError: There is no such project.
    """
    if project is None:
        return
    known = ctx.list_projects()
    if project in known or ctx.repository.list_runs(project):
        return
    from difflib import get_close_matches

    close = get_close_matches(project, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known) or 'none'}"
    raise NotFoundError(
        f"there is no project {project!r}; {hint}",
        code="project_not_found",
        details={"project": project, "projects": known},
    )
