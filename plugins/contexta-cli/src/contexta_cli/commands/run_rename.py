"""``contexta run rename``: another name for people."""

from __future__ import annotations

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

__all__ = ["rename"]


@click.command("rename", cls=LazyCommand, examples=("contexta run rename mlp-64-seed-0 'first baseline'",))
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("name", metavar="NAME")
@click.pass_context
def rename(ctx: click.Context, run_id: str, name: str) -> None:
    """Give a run another name for people; its ID stays."""
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run = contexta.rename_run(run_id, name)
        invocation.answer({"run": run}, lambda printer: printer.line(f"{run.run_id}: {run.name}"), rows=[run])
