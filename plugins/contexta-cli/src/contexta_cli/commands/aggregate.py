"""``contexta aggregate``: one metric over many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_filters import query_of, require_project, run_filters

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.interpretation import RunListQuery

__all__ = ["aggregate"]


@click.command(
    "aggregate",
    cls=LazyCommand,
    examples=(
        "contexta aggregate val_accuracy",
        "contexta aggregate loss --stage train --where 'tags.model = \"mlp\"'",
        "contexta aggregate val_accuracy --group-by '!seed'",
    ),
)
@click.argument("key", metavar="KEY")
@click.option("--stage", metavar="NAME", help="Only values of this stage.")
@click.option(
    "--group-by",
    "group_by",
    metavar="NAME",
    multiple=True,
    help="Mean and deviation for each value of a parameter, tag or field; !NAME for all but it; repeatable.",
)
@run_filters
@click.pass_context
def aggregate(
    ctx: click.Context, /, key: str, stage: str | None, group_by: tuple[str, ...], **options: Any
) -> None:
    """Sum a metric up over runs, one value for each run.

    STD is the sample standard deviation, MAD the median absolute deviation; percentiles are interpolated linearly.
    """
    from contexta_cli.output.aggregate_page import show_aggregate, show_groups

    invocation = Invocation(ctx)
    query = query_of(options)
    with invocation.open_existing() as contexta:
        if group_by:
            groups = contexta.aggregate_groups(group_by, [key], stage_name=stage, query=query)
            _check(contexta, query, is_empty=not groups.groups)
            invocation.answer(groups, lambda printer: show_groups(printer, groups), rows=groups.groups)
        else:
            found = contexta.aggregate_metric(key, stage_name=stage, query=query)
            _check(contexta, query, is_empty=not found.count)
            invocation.answer(found, lambda printer: show_aggregate(printer, found))
        invocation.warn_of_damage(contexta)


def _check(ctx: Contexta, query: RunListQuery, *, is_empty: bool) -> None:
    if is_empty:
        require_project(ctx, query.project_name)
