"""``contexta completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta_cli.output.printer import Printer

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=LazyCommand,
    examples=(
        "contexta completion bash",
        "contexta completion zsh --output ~/.zfunc/_contexta",
        "contexta completion fish --output ~/.config/fish/completions/contexta.fish",
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Write the script with which a shell completes commands, options and names of runs.

    In ~/.bashrc stands: eval "$(contexta completion bash)". In ~/.zshrc, behind compinit, stands the same with zsh, or
    the script lies in a directory of fpath. Fish finds a file in its completions by itself.
    """
    kind = get_completion_class(shell)
    # Click has all three.
    assert kind is not None  # noqa: S101 - tells the type checker
    program = ctx.find_root().info_name or "contexta"
    script = kind(ctx.find_root().command, {}, program, f"_{program.upper()}_COMPLETE").source()
    lines = script.strip().splitlines()
    Invocation(ctx).answer({"script": script, "shell": shell}, lambda printer: _show(printer, lines))


def _show(printer: Printer, lines: list[str]) -> None:
    for line in lines:
        printer.line(line)
