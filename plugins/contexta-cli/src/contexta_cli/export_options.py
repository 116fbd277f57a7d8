"""What the commands that write files for other tools have in common."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta_cli.invocation import Invocation

__all__ = ["FILE_FORMATS", "exporting", "save_option", "tell_where"]

#: The formats of files.
FILE_FORMATS = ("csv", "json", "jsonl", "ndjson", "parquet", "arrow")

#: The name under which every other command has one of them.
_SAME = {"ndjson": "jsonl"}

#: Those that are no text.
_BINARY = frozenset({"parquet", "arrow"})

Function = TypeVar("Function", bound="Callable[..., Any]")


def save_option(folder: str) -> Callable[[Function], Function]:
    """Return the option ``--save``.

    Args:
        folder: The directory of the workspace that it means.
    """
    return click.option("--save", is_flag=True, help=f"Write into the workspace's directory of {folder}.")


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
    path, typed = invocation.output_path, invocation.typed_format
    file_format = None if typed is None else _SAME.get(typed, typed)
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
