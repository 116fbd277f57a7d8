"""One process at a time adopts and compacts; whoever finds another one at it leaves."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contexta.log.file_lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["maintenance_lock"]

_NAME = ".maintenance"


@contextmanager
def maintenance_lock(directory: Path) -> Iterator[bool]:
    """Take the right to adopt and to compact, if it is free; the operating system gives it back at any death.

    Args:
        directory: The log; it exists.

    Yields:
        Whether it was taken; never without locks, for then nobody knows who lives.

    Raises:
        OSError: The directory may not be written.
    """
    lock = FileLock(directory / _NAME, os.O_RDWR | os.O_CREAT, exclusive=True)
    try:
        yield lock.acquire()
    finally:
        lock.release()
