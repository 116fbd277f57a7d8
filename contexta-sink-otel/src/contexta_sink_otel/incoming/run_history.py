"""Which runs were open in this process, and when: telemetry is exported after its run may have closed."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from contexta.contract.timestamps import instant
from contexta.log.fork_lock import ForkLock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta.config import UnifiedConfig

__all__ = ["HISTORY", "Place", "RunHistory", "RunWindow"]

#: The runs that are remembered; of a process that opens more, the oldest are forgotten.
_MOST_RUNS = 1_000

#: The spans that are remembered with the scope that they were started in.
_MOST_SPANS = 20_000


class Place(NamedTuple):
    """Where a record belongs.

    Args:
        config: Configuration of the workspace.
        refs: References of the scope by flat field name: ``run``, ``stage``, ….
    """

    config: UnifiedConfig
    refs: Mapping[str, str]


class RunWindow:
    """One run, and the time in which it was open here.

    Args:
        place: The run.
        opened: When it was opened, in nanoseconds since the epoch.
        scope: The scope, for as long as it is open; None for a run that somebody else opened and closes.
    """

    __slots__ = ("_closed", "opened", "place", "scope")

    def __init__(self, place: Place, opened: int, scope: Any = None) -> None:
        self.place = place
        self.opened = opened
        self.scope = scope
        self._closed: int | None = None

    @property
    def closed(self) -> float:
        """When it was closed, in nanoseconds since the epoch; infinity while it is open."""
        if self.scope is not None and self.scope.is_closed:
            self._closed = instant(self.scope.closed_at)
            # It holds the session with its stores, which nobody needs any more.
            self.scope = None
        return float("inf") if self._closed is None else self._closed


class RunHistory:
    """Remembers the runs of this process, and the spans that were started in them."""

    def __init__(self) -> None:
        # Nothing is called while it is held, and a fork waits for it.
        self._lock = ForkLock(level=1)
        # Replaced, never changed, so that readers need no lock.
        self._windows: tuple[RunWindow, ...] = ()
        self._sessions: tuple[ref[Any], ...] = ()
        self._spans: OrderedDict[tuple[int, int], Place] = OrderedDict()
        #: Called when a run was started, with nothing.
        self.on_run_started: Callable[[], None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no run was ever open here."""
        return not self._windows

    def session_opened(self, session: Any) -> None:
        """Remember a session, for as long as somebody else holds it."""
        with self._lock:
            living = [each for each in self._sessions if each() not in {None, session}]
            self._sessions = (*living, ref(session))

    def _living_sessions(self) -> list[Any]:
        return [session for each in self._sessions if (session := each()) is not None]

    def run_started(self, run: Any) -> None:
        """Remember a run that was opened here."""
        session = next((each for each in self._living_sessions() if run in each.open_scopes), None)
        if session is None:
            return
        self.remember(RunWindow(Place(session.config, {"run": str(run.ref)}), instant(run.started_at), run))
        if self.on_run_started is not None:
            self.on_run_started()

    def remember(self, window: RunWindow) -> None:
        """Remember a run, in place of what is known of the same scope."""
        with self._lock:
            others = [each for each in self._windows if each.scope is None or each.scope is not window.scope]
            self._windows = (*others[1 - _MOST_RUNS :], window)

    def forget(self, window: RunWindow) -> None:
        """Forget a run: nothing more is to be written to it."""
        with self._lock:
            self._windows = tuple(each for each in self._windows if each is not window)

    def run_finished(self, run: Any) -> None:
        """Let go of a run's scope, and keep when it was closed."""
        for window in self._windows:
            if window.scope is run:
                _ = window.closed

    def span_started(self, trace: int, span: int) -> None:
        """Remember the scope that is active in this thread or task as that of a span.

        Args:
            trace: 128 bits.
            span: 64 bits.
        """
        for session in self._living_sessions():
            scope = session.active.get()
            if scope is None:
                continue
            with self._lock:
                self._spans[trace, span] = Place(session.config, scope.context.refs)
                if len(self._spans) > _MOST_SPANS:
                    self._spans.popitem(last=False)
            return

    def place_of_span(self, trace: int, span: int) -> Place | None:
        """Return the scope that a span was started in, or None where that is not known."""
        return self._spans.get((trace, span))

    def place_in_time(self, start: int, end: int) -> Place | None:
        """Return the run that something belongs to which says only when it was; None if no run was ever open.

        That is the run that was open when it began; else one that was opened or closed meanwhile; else the one
        before it, and at last the one after it.  Of several it is the one that was opened last.

        Args:
            start: When it began, in nanoseconds since the epoch.
            end: When it ended.
        """
        windows = sorted(self._windows, key=lambda each: each.opened)
        if not windows:
            return None
        around = [each for each in windows if each.opened <= start <= each.closed]
        touching = [each for each in windows if each.opened <= end and each.closed >= start]
        before = sorted((each for each in windows if each.closed < start), key=lambda each: each.closed)
        for candidates in (around, touching, before):
            if candidates:
                return candidates[-1].place
        return windows[0].place


#: The history of this process.
HISTORY = RunHistory()
