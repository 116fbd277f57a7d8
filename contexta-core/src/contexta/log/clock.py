"""A hybrid logical clock: stamps that sort by time and never go back, whatever the wall clock does."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HybridClock"]

_WIDTH = 16


class HybridClock:
    """Gives stamps that are strictly increasing and, while the wall clock behaves, equal to it.

    A stamp is 16 digits of microseconds since the epoch, so stamps compare as text.  The logical counter is the low
    end of the same number: a tick that finds the wall clock not ahead of the last stamp takes the last stamp plus
    one.  Stamps of two processes may be equal; their writers' tokens break the tie.

    Args:
        now_ns: The wall clock, nanoseconds since the epoch.
    """

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._last = 0
        # Reentrant: a signal handler may tick while the same thread is in a tick.
        self._lock = threading.RLock()

    def tick(self) -> str:
        """Return the next stamp, later than every stamp given or observed before."""
        with self._lock:
            stamp = self._last = max(self._now_ns() // 1_000, self._last + 1)
        return f"{stamp:016d}"

    def observe(self, stamp: str) -> None:
        """Take note of a stamp read from elsewhere, so that later ticks sort behind it.

        Args:
            stamp: A stamp of this or another clock.

        Raises:
            ValidationError: The text is no stamp (``clock_stamp_invalid``).
        """
        if len(stamp) != _WIDTH or not (stamp.isascii() and stamp.isdigit()):
            raise ValidationError(
                f"A clock stamp was to be observed, but {stamp[:40]!r} is none; a stamp is {_WIDTH} digits.",
                code="clock_stamp_invalid",
            )
        with self._lock:
            self._last = max(self._last, int(stamp))
