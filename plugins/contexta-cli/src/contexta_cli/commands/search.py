"""``contexta search``: runs and artifacts that hold a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.quantities import local_time, short_run_id, size
from contexta_cli.output.run_table import latest_metrics, run_table
from contexta_cli.output.status import RUN_STATUSES
from contexta_cli.output.table import Cell, Column, Table
from contexta_cli.run_filters import require_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.interpretation import ArtifactRecord
    from contexta_cli.output.printer import Printer

__all__ = ["search_artifacts", "search_runs"]

_LIMIT_HELP = "At most N; by default interpretation.search.default_limit."


@click.command(
    "runs",
    cls=LazyCommand,
    examples=("contexta search runs mlp", "contexta search runs seed=3 --status completed --limit 5"),
)
@click.argument("text", metavar="TEXT")
@click.option("--project", metavar="NAME", help="Only runs of this project.")
@click.option("--status", type=click.Choice(RUN_STATUSES), help="Only runs of this status.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=_LIMIT_HELP)
@click.pass_context
def search_runs(
    ctx: click.Context, text: str, project: str | None, status: str | None, limit: int | None
) -> None:
    """List the runs that hold a text, the newest first.

    Where it is looked for, and whether upper and lower case differ, is configured below interpretation.search: by
    default in names, identifiers, tags (as NAME=VALUE) and statuses, in either case.
    """
    from contexta.interpretation import RunListQuery

    invocation = Invocation(ctx)
    query = RunListQuery(project_name=project, status=status)
    with invocation.open_existing() as contexta:
        found = contexta.search_runs(text, query=query, limit=limit)
        if not found:
            require_project(contexta, project)

        def show(printer: Printer) -> None:
            if not found:
                printer.line("No runs match.")
                return
            metrics = latest_metrics(contexta, [run.run_id for run in found])
            printer.table(run_table(found, metrics, several_projects=len(contexta.list_projects()) > 1))

        invocation.answer({"runs": found}, show)
        invocation.warn_of_damage(contexta)


@click.command(
    "artifacts",
    cls=LazyCommand,
    examples=("contexta search artifacts checkpoint", "contexta search artifacts best --kind model"),
)
@click.argument("text", metavar="TEXT")
@click.option("--kind", metavar="WORD", help="Only artifacts of this kind.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=_LIMIT_HELP)
@click.pass_context
def search_artifacts(ctx: click.Context, text: str, kind: str | None, limit: int | None) -> None:
    """List the artifacts that hold a text in reference, kind, place or attributes."""
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.search_artifacts(text, kind=kind, limit=limit)
        several = len(contexta.list_projects()) > 1
        invocation.answer(
            {"artifacts": found}, lambda printer: _show_artifacts(printer, found, several_projects=several)
        )
        invocation.warn_of_damage(contexta)


def _show_artifacts(printer: Printer, found: Sequence[ArtifactRecord], *, several_projects: bool) -> None:
    if not found:
        printer.line("No artifacts match.")
        return
    columns = [
        Column("ARTIFACT", shrinks=True),
        Column("KIND"),
        Column("RUN", priority=1, shrinks=True),
        Column("SIZE", right=True, priority=2),
        Column("CREATED", priority=3),
    ]
    rows = [
        [
            Cell(each.artifact_ref, style="title"),
            Cell(each.kind),
            Cell(short_run_id(each.run_id, with_project=several_projects)),
            Cell(size(each.size_bytes)),
            Cell(local_time(each.created_at), style="faint"),
        ]
        for each in found
    ]
    printer.table(Table(columns, rows))
