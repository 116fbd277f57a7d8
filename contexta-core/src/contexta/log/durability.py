"""What an acknowledged append may rely on, and what the answers need: a turn to sync, and a background thread."""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable

__all__ = ["BackgroundSync", "Durability", "SyncTurn"]


class Durability(StrEnum):
    """Where a record is when ``append`` returns.  It never is in user-space memory alone."""

    #: On stable storage; threads that append at once share one sync.
    FSYNC = "fsync"
    #: In the operating system: survives the death of the process, not a power loss.
    FLUSH = "flush"
    #: As ``flush``, and on stable storage within the interval.
    INTERVAL = "interval"


class SyncTurn:
    """The right to sync, held by one thread at a time; who waits for it looks after each turn whether it is needed.

    A plain lock would do the same work one thread after the other: its waiters, whose bytes the last sync covered,
    stay behind a thread that comes back for its next sync.  The turn is reentrant, for signal handlers, and no
    interrupt leaves it taken.
    """

    # Only for a waiter whose wake-up call was cut off by an interrupt.
    _LOOK_AGAIN_SECONDS = 0.5

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._owner: int | None = None
        self._waiting: list[threading.Lock] = []

    def run(self, work: Callable[[], None], needless: Callable[[], bool] | None = None) -> None:
        """Do something in a turn.

        Args:
            work: What to do.
            needless: Tells whether it is not needed any more; asked before each wait.
        """
        me = threading.get_ident()
        nested = self._owner == me
        try:
            if nested or self.take(me, needless):
                work()
        finally:
            # An interrupt can strike in any call, so the turn is given back by an assignment.
            if not nested and self._owner == me:
                self._owner = None
                self._wake()

    def is_mine(self) -> bool:
        """Whether the calling thread has the turn: it is in a signal handler that interrupted a sync."""
        return self._owner == threading.get_ident()

    def take(self, me: int, needless: Callable[[], bool] | None = None) -> bool:
        """Wait for the turn and take it; :meth:`leave` gives it back.  The caller does not have it yet.

        Args:
            me: The calling thread.
            needless: Tells whether the turn is not needed any more; asked before each wait.

        Returns:
            Whether the turn was taken; ``False`` when it is needless.
        """
        while True:
            with self._guard:
                if needless is not None and needless():
                    return False
                if self._owner is None:
                    self._owner = me
                    return True
                waiter = threading.Lock()
                waiter.acquire()
                self._waiting.append(waiter)
            waiter.acquire(timeout=self._LOOK_AGAIN_SECONDS)

    def leave(self) -> None:
        """Give the turn back."""
        self._owner = None
        self._wake()

    def _wake(self) -> None:
        """Have everybody who waits look again."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.release()


class _Target(Protocol):
    """What a background thread keeps in sync."""

    def sync_in_background(self) -> bool:
        """Sync what is dirty; return whether there was anything."""

    def leave_background(self, worker: BackgroundSync) -> bool:
        """Forget the worker; return whether work came in meanwhile."""


class BackgroundSync:
    """A thread that syncs its target once per interval and ends itself when there is nothing to do.

    Args:
        target: The writer, weakly, so that the thread keeps no forgotten writer alive.
        interval_seconds: Time between two syncs, in seconds.
    """

    #: Idle rounds before the thread ends; starting another one costs less than waking for nothing.
    IDLE_ROUNDS = 20

    def __init__(self, target: weakref.ref[_Target], interval_seconds: float) -> None:
        self._target = target
        self._interval_seconds = interval_seconds
        self._stopping = threading.Event()
        # A daemon, so that it cannot hold up the end of the interpreter; what is unsynced then is in the
        # operating system already, and the exit hook seals it.
        self._thread = threading.Thread(target=self._run, name="contexta-log-sync", daemon=True)

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: The interpreter is shutting down, or no thread can be had.
        """
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have the thread end at its next round."""
        self._stopping.set()

    def stop(self) -> None:
        """End the thread and wait for it; what is dirty stays dirty."""
        self._stopping.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        """Sync until stopped, idle for a while, or without a target."""
        idle = 0
        while not self._stopping.wait(self._interval_seconds):
            target = self._target()
            if target is None:
                return
            idle = 0 if target.sync_in_background() else idle + 1
            if idle >= self.IDLE_ROUNDS:
                # The writer starts a new thread when it sees none.  It may have seen this one a moment ago, so
                # what came in before it was told is synced here.
                if target.leave_background(self):
                    target.sync_in_background()
                return
            del target
