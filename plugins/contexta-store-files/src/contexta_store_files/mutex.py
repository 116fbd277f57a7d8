"""A short lock between processes, for the moment of looking and binding."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["exclusive"]

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def exclusive(path: Path, *, patience_seconds: float = 2.0) -> Iterator[bool]:
    """Hold a lock file's lock, if it can be had.

    A stopped process may hold it for ever, and some file systems have none; nobody waits longer than a moment for
    it, because what it protects has a second line of defence.

    Args:
        path: The lock file, in a directory that exists; created when missing.
        patience_seconds: Longest time to wait, in seconds.

    Yields:
        Whether the lock is held.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError:
        yield False
        return
    try:
        held = _take(descriptor, time.monotonic() + patience_seconds)
        try:
            yield held
        finally:
            if held:
                # Said out loud: a child that was forked meanwhile has the descriptor too.
                with suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _take(descriptor: int, deadline: float) -> bool:
    if fcntl is None:
        return False
    pause = 0.0005
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        except OSError:
            return False
        else:
            return True
