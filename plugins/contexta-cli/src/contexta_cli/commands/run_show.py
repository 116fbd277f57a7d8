"""``contexta run show``: everything about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta.interpretation import RunSnapshot

__all__ = ["show"]


@click.command(
    "show",
    cls=LazyCommand,
    examples=(
        "contexta run show mlp-64-seed-0",
        "contexta run show run:digits-demo.mlp-64-seed-0",
        "contexta run show mlp-64-seed-0 --format json",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.pass_context
def show(ctx: click.Context, run_id: str) -> None:
    """Show everything about one run.

    ID is what `contexta runs` lists; the full reference does as well. JSON holds every record of the run, and under
    the key "environment" what surrounded it; CSV and NDJSON hold the records alone.
    """
    from contexta_cli.output.run_page import RunPage

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        snapshot = contexta.get_run_snapshot(run_id)
        environment = contexta.repository.get_environment(snapshot.run.run_id)
        invocation.answer(
            {**_fields(snapshot), "environment": environment},
            lambda printer: RunPage(contexta, snapshot, environment).show(printer),
            rows=snapshot.records,
        )
        invocation.warn_of_damage(contexta)


def _fields(snapshot: RunSnapshot) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(snapshot, field.name) for field in fields(snapshot)}
