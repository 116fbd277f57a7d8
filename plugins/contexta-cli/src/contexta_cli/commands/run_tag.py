"""``contexta run tag`` and ``contexta run untag``: the tags of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.tag_words import parsed_tags

if TYPE_CHECKING:
    from contexta.interpretation import RunRecord
    from contexta_cli.output.printer import Printer

__all__ = ["tag", "untag"]


@click.command(
    "tag",
    cls=LazyCommand,
    examples=(
        "contexta run tag mlp-64-seed-0 quality=good",
        "contexta run tag mlp-64-seed-0 quality=good reviewed=yes",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("words", metavar="NAME=VALUE...", nargs=-1, required=True)
@click.pass_context
def tag(ctx: click.Context, run_id: str, words: tuple[str, ...]) -> None:
    """Set tags of a run; its other tags stay.

    The run may be open: nothing that its processes write is overwritten.
    """
    tags = parsed_tags(words, "contexta run tag")
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run = contexta.tag_run(run_id, tags)
        invocation.answer({"run": run}, lambda printer: _show(printer, run), rows=[run])


@click.command("untag", cls=LazyCommand, examples=("contexta run untag mlp-64-seed-0 quality reviewed",))
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.pass_context
def untag(ctx: click.Context, run_id: str, names: tuple[str, ...]) -> None:
    """Remove tags of a run."""
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run = contexta.untag_run(run_id, *names)
        invocation.answer({"run": run}, lambda printer: _show(printer, run), rows=[run])


def _show(printer: Printer, run: RunRecord) -> None:
    tags = ", ".join(f"{name}={value}" for name, value in run.tags.items())
    printer.line(f"{run.run_id}: {tags or 'no tags'}")
