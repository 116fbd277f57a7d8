"""What the commands that write reports have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from contexta_cli.export_options import tell_where
from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.spi.rendering import Rendered
    from contexta_cli.invocation import Invocation

__all__ = ["answer_with_report", "render_option"]

#: The renderer of a format that was typed; for people ``--render`` chooses, and NDJSON is no form of a report.
_RENDERERS = {"json": "json", "csv": "csv"}

render_option = click.option(
    "--render",
    "renderer",
    metavar="NAME",
    help="markdown, html, json, csv, text, or that of a plugin; by default that of the file's suffix, or markdown.",
)


def answer_with_report(
    invocation: Invocation,
    build: Callable[[Contexta], Rendered],
    *,
    renderer: str | None,
    save: bool,
) -> None:
    """Build a report and write it: to stdout, into a file, or into the workspace.

    Args:
        invocation: The call.
        build: Builds it from the open workspace.
        renderer: The renderer that ``--render`` names, or None.
        save: Whether ``--save`` was typed.

    Raises:
        UsageFault: Two of the options contradict each other.
    """
    path, typed = invocation.output_path, invocation.typed_format
    if save and path is not None:
        raise UsageFault("--output names a file and --save takes one in the workspace; use one of them")
    if typed == "ndjson" and (save or renderer is not None):
        raise UsageFault("--format ndjson writes one section on each line; leave --render and --save out")
    if typed in _RENDERERS:
        if renderer not in {None, _RENDERERS[typed]}:
            raise UsageFault(
                f"--format {typed} and --render {renderer} contradict each other; use one of them"
            )
        renderer = _RENDERERS[typed]
    with invocation.open_existing() as contexta:
        report = build(contexta)
        if typed == "ndjson":
            document = report.to_report()
            invocation.answer(document, lambda _: None, rows=document.to_dict()["sections"])
        elif save or path is not None:
            tell_where(invocation, report.save(path, renderer=renderer))
        else:
            _write(report.render(renderer or "markdown"))
        invocation.warn_of_damage(contexta)


def _write(rendered: str | bytes) -> None:
    if isinstance(rendered, str):
        sys.stdout.write(rendered if rendered.endswith("\n") else f"{rendered}\n")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(rendered)
