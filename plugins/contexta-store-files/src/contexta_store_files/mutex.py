"""Short locks between processes, for the moment of looking and acting."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Hold", "exclusive", "hold"]

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class Hold(Enum):
    """Whether a lock is held."""

    #: It is.
    TAKEN = auto()
    #: Another process has it, for longer than this one wanted to wait.
    BUSY = auto()
    #: There are no such locks here.
    UNSUPPORTED = auto()


@contextmanager
def hold(path: Path, *, shared: bool = False, patience_seconds: float = 2.0) -> Iterator[Hold]:
    """Hold a lock file's lock, if it can be had.

    Args:
        path: The lock file, in a directory that exists; created when missing.
        shared: Whether others may hold it at the same time, if they share it too.
        patience_seconds: Longest time to wait, in seconds.

    Yields:
        Whether the lock is held.

    Raises:
        OSError: The lock file cannot be opened.
    """
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        state = _take(descriptor, time.monotonic() + patience_seconds, shared=shared)
        try:
            yield state
        finally:
            if state is Hold.TAKEN:
                # Said out loud: a child that was forked meanwhile has the descriptor too.
                with suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path, *, patience_seconds: float = 2.0) -> Iterator[bool]:
    """Hold a lock for oneself alone, if it can be had.

    A stopped process may hold it for ever, and some file systems have none; nobody waits longer than a moment for
    it, because what it protects has a second line of defence.

    Args:
        path: The lock file, in a directory that exists; created when missing.
        patience_seconds: Longest time to wait, in seconds.

    Yields:
        Whether the lock is held.
    """
    held = hold(path, patience_seconds=patience_seconds)
    try:
        state = held.__enter__()
    except OSError:
        yield False
        return
    try:
        yield state is Hold.TAKEN
    finally:
        held.__exit__(None, None, None)


def _take(descriptor: int, deadline: float, *, shared: bool) -> Hold:
    if fcntl is None:
        return Hold.UNSUPPORTED
    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    pause = 0.0005
    while True:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return Hold.BUSY
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        except OSError:
            return Hold.UNSUPPORTED
        else:
            return Hold.TAKEN
