"""The runs of this process, for what no record tells: name, tags, parameters, and how a run ended."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from weakref import ref

from contexta.contract.timestamps import instant
from contexta.log.fork_lock import ForkLock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["WATCHED", "WatchedRun", "WatchedRuns"]

#: Runs that are remembered at most; of more, the oldest are forgotten.
_MOST_RUNS = 1_000


class WatchedRun:
    """A run that was opened in this process.

    Args:
        scope: The run itself; it is let go of once it is closed.
        tags: Its tags, with secrets replaced.
        number: How many runs were started in this process before it.
    """

    def __init__(self, scope: Any, tags: Mapping[str, str], number: int) -> None:
        self.number = number
        self._scope = scope
        self.name: str = scope.name
        self.tags = tags
        self.started = instant(scope.started_at)
        self._parameters: Mapping[str, Any] = {}
        self._end: tuple[str, int] | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters that this process has given, with secrets replaced."""
        self._settle()
        return self._parameters if self._scope is None else dict(self._scope.parameters)

    @property
    def end(self) -> tuple[str, int] | None:
        """Status, and time in nanoseconds since the epoch, of its end; None while it is open."""
        self._settle()
        return self._end

    def _settle(self) -> None:
        if self._scope is not None and self._scope.is_closed:
            self._parameters = dict(self._scope.parameters)
            self._end = (self._scope.status, instant(self._scope.closed_at))
            # It holds the session with its stores, which nobody needs any more.
            self._scope = None


class WatchedRuns:
    """Remembers runs by workspace and reference."""

    def __init__(self) -> None:
        # Nothing is called while it is held, and a fork waits for it.
        self._lock = ForkLock(level=1)
        # Replaced, never changed, so that readers need no lock.
        self._sessions: tuple[ref[Any], ...] = ()
        self._runs: OrderedDict[tuple[str, str], WatchedRun] = OrderedDict()
        #: How many runs were started in this process.
        self.started = 0

    def session_opened(self, session: Any) -> None:
        """Remember a session, for as long as somebody else holds it."""
        with self._lock:
            living = [each for each in self._sessions if each() not in {None, session}]
            self._sessions = (*living, ref(session))

    def run_started(self, run: Any) -> None:
        """Remember a run."""
        living = [session for each in self._sessions if (session := each()) is not None]
        session = next((each for each in living if run in each.open_scopes), None)
        if session is None:
            return
        tags = session.redactor.mapping(dict(run.tags))
        with self._lock:
            watched = WatchedRun(run, tags, self.started)
            self.started += 1
            self._runs[str(session.workspace), str(run.ref)] = watched
            if len(self._runs) > _MOST_RUNS:
                self._runs.popitem(last=False)

    def run_finished(self) -> None:
        """Let go of the scopes of runs that were closed."""
        with self._lock:
            runs = list(self._runs.values())
        for watched in runs:
            _ = watched.end

    def find(self, workspace: Path | None, run_ref: str) -> WatchedRun | None:
        """Return a run of a workspace, or None."""
        return self._runs.get((str(workspace), run_ref))

    def refs(self, workspace: Path | None, since: int) -> list[str]:
        """Return the references of the runs of a workspace.

        Args:
            workspace: Its root.
            since: Only runs before which so many were started in this process, or more.
        """
        with self._lock:
            return [
                run_ref
                for (place, run_ref), watched in self._runs.items()
                if place == str(workspace) and watched.number >= since
            ]


#: The runs of this process.
WATCHED = WatchedRuns()
