"""``contexta run annotate``: notes about a run."""

from __future__ import annotations

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.quantities import local_time
from contexta_cli.run_argument import RUN

__all__ = ["annotate"]


@click.command(
    "annotate",
    cls=LazyCommand,
    examples=(
        "contexta run annotate mlp-64-seed-0 'the loss jumps at epoch 7'",
        "contexta run annotate mlp-64-seed-0 'approved for release' --author 'Ada Lovelace'",
    ),
)
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("text", metavar="TEXT")
@click.option("--author", metavar="NAME", help="Who writes it; by default the user of this machine.")
@click.pass_context
def annotate(ctx: click.Context, run_id: str, text: str, author: str | None) -> None:
    """Append a dated note to a run.

    Notes are never changed; `contexta run show` shows them.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run = contexta.annotate_run(run_id, text, author=author)
        note = run.notes[-1]
        invocation.answer(
            {"run": run},
            lambda printer: printer.line(
                f"{run.run_id}: noted by {note.author}, {local_time(note.written_at)}"
            ),
            rows=[run],
        )
