"""``contexta runs``: the runs of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta.errors import NotFoundError, ValidationError
from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.run_table import latest_metrics, run_table
from contexta_cli.output.status import RUN_STATUSES
from contexta_cli.tag_words import parsed_tags
from contexta_cli.time_option import typed_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.interpretation import RunListQuery, RunRecord
    from contexta_cli.output.printer import Printer

__all__ = ["runs"]


def _tags(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    del ctx
    return parsed_tags(values, option.opts[0])


@click.command(
    "runs",
    cls=LazyCommand,
    examples=(
        "contexta runs",
        "contexta runs --status failed --after 2026-01-31",
        "contexta runs --tag model=mlp --sort metrics.val_accuracy --limit 5",
        "contexta runs --project digits-demo --format json",
        "contexta runs --archived",
    ),
)
@click.option("--project", metavar="NAME", help="Only runs of this project.")
@click.option("--status", type=click.Choice(RUN_STATUSES), help="Only runs of this status.")
@click.option(
    "--tag",
    "tags",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_tags,
    help="Only with this tag; repeatable.",
)
@click.option("--archived", is_flag=True, help="Only archived runs, which are otherwise left out.")
@click.option("--all", "all_runs", is_flag=True, help="Archived runs too.")
@click.option("--after", metavar="TIME", callback=typed_time, help="Only started at this time or later.")
@click.option("--before", metavar="TIME", callback=typed_time, help="Only started at this time or earlier.")
@click.option(
    "--sort",
    "sort_by",
    metavar="FIELD",
    default="started_at",
    help="started_at, ended_at, name or metrics.KEY; started_at by default.",
)
@click.option(
    "--desc/--asc", "descending", default=None, help="Greatest first (so for all but name), or least."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N runs.")
@click.option("--offset", type=click.IntRange(min=0), metavar="N", default=0, help="Leave out the first N.")
@click.pass_context
def runs(ctx: click.Context, /, **options: Any) -> None:
    """List runs, the newest first.

    Times are local. The columns at the end are the metrics that most of the runs have, with their newest values;
    JSON holds everything that is known of each run.
    """
    invocation = Invocation(ctx)
    query = _query(options)
    with invocation.open_existing() as contexta:
        found = contexta.list_runs(query=query)
        if not found:
            _require_project(contexta, options["project"])
        invocation.answer({"runs": found}, lambda printer: _show(printer, contexta, found, query))
        invocation.warn_of_damage(contexta)


def _query(options: dict[str, Any]) -> RunListQuery:
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
        )
    except ValidationError as error:
        raise UsageFault(error.message, code=error.code) from error


def _require_project(ctx: Contexta, project: str | None) -> None:
    """Tell a project without such runs from a project that does not exist."""
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


def _show(printer: Printer, ctx: Contexta, found: Sequence[RunRecord], query: RunListQuery) -> None:
    if not found:
        filters = (
            query.project_name,
            query.status,
            query.tags,
            query.time_range,
            query.offset,
            query.archived,
        )
        is_filtered = any(filters) or bool(ctx.repository.list_runs())
        printer.line("No runs match." if is_filtered else "No runs yet.")
        if not is_filtered:
            printer.hints("Next:", ["contexta demo"])
        return
    metrics = latest_metrics(ctx, [run.run_id for run in found])
    printer.table(run_table(found, metrics, several_projects=len(ctx.list_projects()) > 1))
