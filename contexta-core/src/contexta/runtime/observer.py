"""Tells plugins what happens in a session: once for the session and once for each run, never per record."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.plugins import PluginHost
    from contexta.runtime.scopes.run import RunScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["SessionObserver"]


class SessionObserver:
    """Calls the observing hooks of the plugins in use; a forked child tells nothing that is its parent's to tell.

    Args:
        host: Where the plugins are.
    """

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._opened_in: int | None = None
        self._lock = threading.Lock()

    def opening(self, session: RuntimeSession) -> None:
        """Tell once that the session begins to capture, and put into use the plugins that want to hear of it."""
        with self._lock:
            if self._opened_in is not None:
                return
            self._opened_in = os.getpid()
        self._host.watch()
        self._host.notify("contexta_session_opened", session=session)

    def run_started(self, run: RunScope) -> None:
        """Tell that a run was started here."""
        if self._is_owner and not run.is_inherited:
            self._host.notify("contexta_run_started", run=run)

    def run_finished(self, run: RunScope) -> None:
        """Tell that a run that was started here has ended."""
        if self._is_owner and not run.is_inherited:
            self._host.notify("contexta_run_finished", run=run, outcome=run.status)

    def session_closed(self, session: RuntimeSession, failures: Sequence[tuple[str, Exception]]) -> None:
        """Tell that the session was closed, if it had been opened.

        Args:
            session: The session.
            failures: What sinks raised at closing, by name.
        """
        if self._is_owner:
            self._host.notify("contexta_session_closed", session=session, failures=tuple(failures))

    @property
    def _is_owner(self) -> bool:
        return self._opened_in == os.getpid()
