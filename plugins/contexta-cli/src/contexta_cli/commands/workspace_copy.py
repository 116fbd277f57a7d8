"""``contexta workspace copy``: move a workspace into other stores, or to another place."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.recovery import WorkspaceCopy
    from contexta_cli.output.printer import Printer

__all__ = ["copy"]

_PAUSE_SECONDS = 1.0


@click.command(
    "copy",
    cls=LazyCommand,
    examples=(
        "contexta workspace copy --to-config sqlite.toml",
        "contexta --workspace old workspace copy --to-config new.toml",
    ),
)
@click.option(
    "--to-config",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="The configuration of the other workspace: its place and its stores.",
)
@click.pass_context
def copy(ctx: click.Context, *, to_config: str) -> None:
    """Copy everything that the workspace keeps into the stores of another configuration.

    What is there already stays, so a copy that was cut off is finished by repeating it. At the end both workspaces are
    read whole and compared. Exits with 1 where they differ.
    """
    from contexta.recovery import copy_workspace
    from contexta_cli.configuration import resolve_with_origins

    invocation = Invocation(ctx)
    invocation.require_existing()
    target = resolve_with_origins(
        workspace=None, profile=None, config_file=to_config, settings=(), walk_up=False
    ).config
    told = None if invocation.quiet else _teller()
    result = copy_workspace(invocation.config, target, progress=told)
    invocation.answer(
        result.to_dict(), lambda printer: _show(printer, result, str(target.workspace.root_path))
    )
    if not result.verified:
        ctx.exit(1)


def _teller() -> Callable[[str, int, int], None]:
    """Return what tells on stderr how far the copy is, about once a second."""
    next_at = time.monotonic() + _PAUSE_SECONDS

    def tell(plane: str, done: int, total: int) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            print(f"{plane}: {done} of {total}", file=sys.stderr)
            next_at = time.monotonic() + _PAUSE_SECONDS

    return tell


def _show(printer: Printer, result: WorkspaceCopy, target: str) -> None:
    for plane, count in result.copied.items():
        printer.line(f"{plane}: {count} copied, {result.present[plane]} were there")
    for problem in result.problems:
        printer.line(f"not copied: {problem}", "bad")
    if result.verified:
        printer.line(f"{target} holds the same: {result.digest}", "good")
    else:
        printer.line(f"{target} does not hold the same as the workspace.", "bad")
