"""``contexta plugins new``: a complete project of a plugin to begin with."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta.testing.scaffold import WrittenProject
    from contexta_cli.output.printer import Printer

__all__ = ["new"]


@click.command(
    "new",
    cls=LazyCommand,
    examples=(
        "contexta plugins new sink acme_lines",
        "contexta plugins new record-store acme_records --directory stores/records",
        "contexta plugins new check acme_owner --format json",
    ),
)
@click.argument("kind", metavar="KIND")
@click.argument("name", metavar="NAME")
@click.option(
    "--directory", metavar="DIRECTORY", help="Where the project goes; a directory of its name by default."
)
@click.pass_context
def new(ctx: click.Context, kind: str, name: str, directory: str | None) -> None:
    """Write the project of a new plugin: metadata, module, tests and README.

    KIND is sink, metadata-store, record-store, artifact-store, interpreter, check, renderer or extension, and NAME the
    word that a configuration will name it by; begin it with a name of your own. The project works as it is, and its
    tests pass. Nothing is ever written over.
    """
    from contexta.testing.scaffold import write_project

    invocation = Invocation(ctx)
    invocation.bear_broken_configuration()
    written = write_project(kind, name, directory)
    invocation.answer(
        written._asdict(),
        lambda printer: _show(printer, written),
        rows=[{"file": str(written.directory / file)} for file in written.files],
    )


def _show(printer: Printer, written: WrittenProject) -> None:
    printer.line(f"{written.kind} {written.name}: written to {written.directory}", "title")
    for file in written.files:
        printer.line(f"  {file}")
    place = shlex.quote(str(written.directory))
    printer.hints("Its tests pass as it is:", (f"cd {place}", 'pip install -e ".[test]"', "pytest"))
