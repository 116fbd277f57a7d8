"""The file that ``--output`` names: it appears whole, or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["written_whole"]


@contextmanager
def written_whole(path: Path) -> Iterator[IO[str]]:
    """Give a text stream into a file, whose directories are made; it takes the file's place once all is written.

    What stands there stays until then, and for good where writing fails.  A pipe or a device is written to directly.

    Args:
        path: The file.

    Raises:
        UsageFault: It is a directory.
        OSError: It cannot be written.
    """
    if path.is_dir():
        raise UsageFault(
            f"--output takes a file, and {str(path)!r} is a directory", code="output_is_directory"
        )
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    # The file behind a symbolic link is replaced, and not the link.
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
            yield stream
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
