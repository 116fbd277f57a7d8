"""Forking: what holds locks or descriptors gets through ``os.fork`` in a known state.

A lock that another thread holds while this one forks would stay locked in the child for ever, and a descriptor that
a child inherits would keep a dead parent's file lock alive.  Objects registered here are brought to rest before a
fork, set going again in the parent, and made new in the child.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol

__all__ = ["ForkAware", "register"]


class ForkAware(Protocol):
    """An object that takes part in forks."""

    def before_fork(self) -> None:
        """Take every lock and stop every thread; called in the thread that forks."""

    def after_fork_in_parent(self) -> None:
        """Release what :meth:`before_fork` took."""

    def after_fork_in_child(self) -> None:
        """Make new locks, close inherited descriptors, forget the parent's state.  Must not raise."""


class _Registry:
    """The living fork-aware objects of this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._members: weakref.WeakKeyDictionary[ForkAware, tuple[int, int]] = weakref.WeakKeyDictionary()
        self._count = 0
        self._resting: list[ForkAware] = []

    def add(self, member: ForkAware, level: int) -> None:
        """Take a member in."""
        with self._lock:
            self._count += 1
            self._members[member] = (-level, self._count)

    def _in_order(self) -> list[ForkAware]:
        """Return the members, outermost first."""
        members = list(self._members.items())
        return [member for member, _ in sorted(members, key=lambda item: item[1])]

    def before(self) -> None:
        """Bring all members to rest and keep the registry locked until the fork is over."""
        resting: list[ForkAware] = []
        while True:
            # Not held while members take their locks: a thread that holds one may be about to register.
            with self._lock:
                fresh = [
                    member for member in self._in_order() if not any(member is known for known in resting)
                ]
                if not fresh:
                    self._lock.acquire()
                    break
            for member in fresh:
                member.before_fork()
                resting.append(member)
        self._resting = resting

    def after_in_parent(self) -> None:
        """Set the members going again, innermost first."""
        resting, self._resting = self._resting, []
        try:
            for member in reversed(resting):
                member.after_fork_in_parent()
        finally:
            self._lock.release()

    def after_in_child(self) -> None:
        """Make the members new."""
        resting, self._resting = self._resting, []
        self._lock = threading.RLock()
        for member in resting:
            member.after_fork_in_child()


_registry = _Registry()


def register(member: ForkAware, *, level: int = 0) -> None:
    """Have an object take part in forks for as long as it lives; it is held weakly.

    Args:
        member: The object; compared by identity, so its class must not define ``__eq__``.
        level: Order of locking.  An object that calls others while it holds its own lock needs a higher level than
            they have: writers of the log are at 0, stores above them, sessions above those.
    """
    _registry.add(member, level)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_registry.before,
        after_in_parent=_registry.after_in_parent,
        after_in_child=_registry.after_in_child,
    )
