"""A lock that a fork waits for, so that the child never finds it held by a thread that it does not have."""

from __future__ import annotations

import threading

from contexta.log import forks

__all__ = ["ForkLock"]


class ForkLock:
    """A reentrant lock, used with ``with``.

    Args:
        level: Order of locking at a fork, as in :func:`contexta.log.forks.register`: higher than the level of
            everything that is called while the lock is held.
    """

    def __init__(self, level: int) -> None:
        self._lock = threading.RLock()
        forks.register(self, level=level)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before_fork(self) -> None:
        """Wait for whoever holds the lock."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on as well: the thread that forked is the one that the child has."""
        self._lock.release()
