"""Which scope a message belongs to that was not captured by a scope: the active one, or the only run there is."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.runtime.scopes.base import BaseScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["HasSession", "capturing_alone", "open_scopes", "remember_session", "scope_for"]


class HasSession(Protocol):
    """An open workspace, as far as it matters here."""

    @property
    def session(self) -> RuntimeSession:
        """The session behind its scopes."""


#: Every session of this process, for as long as somebody holds it.
_sessions: WeakSet[RuntimeSession] = WeakSet()

_busy = threading.local()


def remember_session(session: RuntimeSession) -> None:
    """Have a session's runs be found from everywhere in the process."""
    _sessions.add(session)


def scope_for(session: RuntimeSession | None = None) -> BaseScope | None:
    """Return the scope that a message of this thread or task belongs to, or None.

    That is the innermost active scope; in a thread that was started without one, the only open run of the process;
    in a child process, the run of its parent.

    Args:
        session: Only scopes of this session; of any when None.
    """
    sessions = _of(session)
    for each in sessions:
        scope = each.active.get()
        if scope is not None:
            return scope
    # Several open runs and no active one: guessing would put a message into a run that did not say it.
    candidates = open_scopes(session)
    if candidates:
        return candidates[0] if len(candidates) == 1 else None
    return next((run for each in sessions if (run := each.find_run()) is not None), None)


def open_scopes(session: RuntimeSession | None = None) -> list[BaseScope]:
    """Return the runs and deployments that were opened in this process and are still open.

    Args:
        session: Only those of this session; of any when None.
    """
    return [scope for each in _of(session) for scope in each.open_scopes]


def _of(session: RuntimeSession | None) -> list[RuntimeSession]:
    return [session] if session is not None else list(_sessions)


@contextmanager
def capturing_alone() -> Iterator[bool]:
    """Say whether this thread may capture a message now: not while it is capturing one already."""
    if getattr(_busy, "capturing", False):
        yield False
        return
    _busy.capturing = True
    try:
        yield True
    finally:
        _busy.capturing = False
