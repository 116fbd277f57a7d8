"""Leaving a sink alone that keeps failing, and trying it again after a while."""

from __future__ import annotations

import time

from contexta.log.fork_lock import ForkLock

__all__ = ["Suspension"]


class Suspension:
    """Counts failures in a row, and says how long a sink is left alone.

    A sink that is down would otherwise cost every capture its time-out.  After the pause one delivery is tried: if it
    fails, the sink is suspended again for as long.

    Args:
        after_failures: After so many failures in a row; 0 for never.
        seconds: How long, in seconds.
    """

    def __init__(self, after_failures: int, seconds: float) -> None:
        self._after_failures = after_failures
        self._seconds = seconds
        self._until: float | None = None
        self._lock = ForkLock(level=1)
        #: Failures in a row so far.
        self.failures = 0
        #: How often the sink was suspended.
        self.suspensions = 0

    def remaining_seconds(self) -> float:
        """Return how long the sink is still left alone, in seconds; 0 for a sink that may be called.

        The first that asks after the pause gets 0, and is the one that tries.
        """
        if self._until is None:
            return 0.0
        with self._lock:
            if self._until is None:
                return 0.0
            remaining = self._until - time.monotonic()
            if remaining > 0:
                return remaining
            # Others go on waiting while this one tries.
            self._until = time.monotonic() + self._seconds
            return 0.0

    def failed(self) -> None:
        """Take note of a failure."""
        with self._lock:
            self.failures += 1
            if self._after_failures and self.failures >= self._after_failures:
                self._until = time.monotonic() + self._seconds
                self.suspensions += 1

    def succeeded(self) -> None:
        """Take note of a success: the sink serves again."""
        if self.failures or self._until is not None:
            with self._lock:
                self.failures = 0
                self._until = None
