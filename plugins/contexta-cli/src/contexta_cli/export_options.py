"""What the commands that write files for other tools have in common."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import reduce
from typing import IO, TYPE_CHECKING, Any

import click

from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta.interpretation import RunListQuery
    from contexta_cli.invocation import Invocation

__all__ = ["FILE_FORMATS", "exporting", "query_of", "run_filters", "save_option"]

#: The formats of files.
FILE_FORMATS = ("csv", "json", "jsonl", "parquet", "arrow")

#: Those that are no text.
_BINARY = frozenset({"parquet", "arrow"})

_Command = Any


def save_option(folder: str) -> Callable[[_Command], _Command]:
    """Return the option ``--save``.

    Args:
        folder: The directory of the workspace that it means.
    """
    return click.option("--save", is_flag=True, help=f"Write into the workspace's directory of {folder}.")


def run_filters(command: _Command) -> _Command:
    """Give a command the options that choose runs."""
    options = [
        click.option("--project", metavar="NAME", help="Only runs of this project."),
        click.option("--status", metavar="STATUS", help="Only runs of this status."),
        click.option("--after", metavar="TIME", help="Only started at this time or later."),
        click.option("--before", metavar="TIME", help="Only started at this time or earlier."),
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N runs, the newest."),
    ]
    return reduce(lambda made, option: option(made), reversed(options), command)


def query_of(project: str | None, filters: dict[str, Any]) -> RunListQuery | None:
    """Return the query behind the options of :func:`run_filters`; None where none was given."""
    from contexta.errors import ValidationError
    from contexta.interpretation import RunListQuery, TimeRange

    bounds = (filters["after"], filters["before"])
    if not (project or filters["status"] or filters["limit"] or any(bounds)):
        return None
    try:
        return RunListQuery(
            project_name=project,
            status=filters["status"],
            time_range=TimeRange(*bounds) if any(bounds) else None,
            limit=filters["limit"],
        )
    except ValidationError as error:
        raise UsageFault(error.message, code=error.code) from error


@contextmanager
def exporting(invocation: Invocation, *, save: bool) -> Iterator[tuple[Path | IO[bytes] | None, str | None]]:
    """Give the destination of an export and its format; afterwards tell where the file is.

    The destination is the file of ``--output``, None for one in the workspace (``--save``), or stdout.

    Args:
        invocation: The call.
        save: Whether ``--save`` was typed.

    Raises:
        UsageFault: Both were typed, or bytes that are no text would go to a terminal.
    """
    path, file_format = invocation.output_path, invocation.typed_format
    if save and path is not None:
        raise UsageFault("--output names a file and --save takes one in the workspace; use one of them")
    if save or path is not None:
        if path is not None and path.is_dir():
            raise UsageFault(
                f"--output takes a file, and {str(path)!r} is a directory", code="output_is_directory"
            )
        yield path, file_format
        return
    if file_format in _BINARY and sys.stdout.isatty():
        raise UsageFault(f"{file_format} is no text for a terminal; name a file: --output FILE")
    sys.stdout.flush()
    # In a test stdout may hold text alone.
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        raise UsageFault("stdout takes no bytes here; name a file: --output FILE")
    yield stream, file_format or "csv"
    stream.flush()


def tell_where(invocation: Invocation, path: Path | None) -> None:
    """Write where a file was written, unless quiet or into a stream."""
    if path is not None and not invocation.quiet:
        invocation.printer.line(f"Wrote output to {path}")
