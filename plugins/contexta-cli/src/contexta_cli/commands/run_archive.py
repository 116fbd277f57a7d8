"""``contexta run archive`` and ``contexta run unarchive``: what lists leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.interpretation import RunRecord
    from contexta_cli.output.printer import Printer

__all__ = ["archive", "unarchive"]


@click.command(
    "archive", cls=LazyCommand, examples=("contexta run archive mlp-64-seed-0", "contexta runs --archived")
)
@click.argument("run_ids", metavar="ID...", type=RUN, nargs=-1, required=True)
@click.pass_context
def archive(ctx: click.Context, run_ids: tuple[str, ...]) -> None:
    """Leave runs out of lists; nothing of them is removed.

    `contexta runs --archived` lists them, and `contexta run unarchive` brings them back.
    """
    _change(Invocation(ctx), run_ids, archived=True)


@click.command("unarchive", cls=LazyCommand, examples=("contexta run unarchive mlp-64-seed-0",))
@click.argument("run_ids", metavar="ID...", type=RUN, nargs=-1, required=True)
@click.pass_context
def unarchive(ctx: click.Context, run_ids: tuple[str, ...]) -> None:
    """List archived runs again."""
    _change(Invocation(ctx), run_ids, archived=False)


def _change(invocation: Invocation, run_ids: tuple[str, ...], *, archived: bool) -> None:
    with invocation.open_existing() as contexta:
        change = contexta.archive_run if archived else contexta.unarchive_run
        runs = [change(run_id) for run_id in dict.fromkeys(run_ids)]
        word = "archived" if archived else "listed again"
        invocation.answer({"runs": runs}, lambda printer: _show(printer, runs, word))


def _show(printer: Printer, runs: Sequence[RunRecord], word: str) -> None:
    for run in runs:
        printer.line(f"{run.run_id}: {word}")
