"""What all scopes share: a reference, a life from open to closed, and capture into itself."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, ParamSpec, Self, TypeVar

from contexta.capture.context import CaptureContext
from contexta.contract.timestamps import utc_now_text
from contexta.errors import ClosedScopeError, LifecycleError
from contexta.runtime.capturing import Capturing
from contexta.runtime.failure import closing_status, report_failure
from contexta.spi.merge import MAP_FIELDS, keeping_nulls
from contexta.spi.metadata import EntityKind, Mutation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from contexta.capture.recorder import Recorder
    from contexta.runtime.session import RuntimeSession

    Arguments = ParamSpec("Arguments")
    Returned = TypeVar("Returned")

__all__ = ["BaseScope"]

_CLOSED = ("completed", "failed", "cancelled")


class BaseScope(Capturing):
    """One scope; active from the call that opens it until it is closed.

    Args:
        session: The session that it belongs to.
        ref: Its reference.
        name: Its name.
        parent: The scope around it, or None.
        refs: The references that captures in it carry.
    """

    #: The word for the scope in messages and event keys.
    scope_kind: ClassVar[str] = "scope"

    #: What the scope is in the metadata plane.
    entity_kind: ClassVar[EntityKind]

    def __init__(
        self,
        session: RuntimeSession,
        ref: str,
        name: str,
        parent: BaseScope | None,
        refs: Mapping[str, str],
    ) -> None:
        self._session = session
        self._recorder = session.recorder
        self._ref = ref
        self._name = name
        self.parent = parent
        #: What was active in the thread or task that opened this one.
        self.outside: BaseScope | None = None
        #: What captures in the scope carry.
        self.context = CaptureContext(refs)
        self._started_at = utc_now_text()
        self._closed_at: str | None = None
        self._status = "open"
        #: The attempt of the run that the scope belongs to.
        self.attempt = 1
        self._participation = session.participations.name()
        # A forked child inherits the object, not the duty: only the process that opened a scope closes it.
        self._pid = os.getpid()
        self._children: dict[BaseScope, None] = {}

    @property
    def ref(self) -> str:
        """The scope's stable reference."""
        return self._ref

    @property
    def name(self) -> str:
        """The scope's name."""
        return self._name

    @property
    def started_at(self) -> str:
        """When it was opened (ISO 8601, UTC)."""
        return self._started_at

    @property
    def closed_at(self) -> str | None:
        """When it was closed (ISO 8601, UTC), or None."""
        return self._closed_at

    @property
    def status(self) -> str:
        """``"open"``, ``"completed"``, ``"failed"`` or ``"cancelled"``."""
        return self._status

    @property
    def root_participation(self) -> str:
        """Name of the participation of the outermost scope around this one; unique to one opening of a run."""
        return self._participation if self.parent is None else self.parent.root_participation

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed_at is not None

    def close(self, *, status: str = "completed") -> None:
        """Close the scope together with what is still open inside.

        Args:
            status: ``"completed"``, ``"failed"`` or ``"cancelled"``.

        Raises:
            ClosedScopeError: It is closed already.
            LifecycleError: Another status.
            StoreAccessError: The workspace cannot be written; the scope stays open and can be closed again.
        """
        self._require_open()
        word = status.strip().lower() if isinstance(status, str) else status
        if word not in _CLOSED:
            raise LifecycleError(
                f"a {self.scope_kind} cannot be closed as {status!r}; use one of {', '.join(_CLOSED)}",
                code="runtime_invalid_close_status",
            )
        closing = [*self._open_inside(), self]
        for scope in closing:
            scope._end(word)  # noqa: SLF001 - a scope inside this one
        mutations = [each for scope in closing for each in scope._closing()]  # noqa: SLF001 - as above
        try:
            if mutations:
                self._session.metadata.apply(mutations)
        except BaseException:
            for scope in closing:
                scope._status, scope._closed_at = "open", None  # noqa: SLF001 - as above
            raise
        finally:
            self._session.active.leave(self)
        if self.parent is not None:
            self.parent.disown(self)

    def _open_inside(self) -> list[BaseScope]:
        """Return the open scopes inside this one, innermost first."""
        return [
            scope
            for child in reversed(list(self._children))
            if not child.is_closed
            for scope in (*child._open_inside(), child)  # noqa: SLF001 - a scope inside this one
        ]

    def _end(self, status: str) -> None:
        """Become closed."""
        self._closed_at = utc_now_text()
        self._status = status

    def __reduce__(self) -> NoReturn:
        raise LifecycleError(
            f"{self.scope_kind} {self._name!r} cannot be sent to another process; call Contexta(...) there: "
            "a child process finds the open run by itself",
            code="runtime_not_picklable",
        )

    def __repr__(self) -> str:
        return f"<{self.scope_kind} {self._ref!r} {self._status}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.is_closed:
            return
        if error is None:
            self.close()
            return
        try:
            report_failure(self, error)
        finally:
            # Also after a second interrupt, which comes while the first is reported.
            self._close_behind(error)

    def _close_behind(self, error: BaseException) -> None:
        """Close because of an exception; that the workspace fails as well is a note to it and must not replace it."""
        try:
            self.close(status=closing_status(error))
        except Exception as failure:  # noqa: BLE001 - the user's own exception must reach the user
            error.add_note(f"contexta: {self.scope_kind} {self._name!r} could not be closed: {failure}")

    def bind(self, function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
        """Return the function with this scope active wherever it runs: a thread, an executor, a callback.

        Args:
            function: What is to run in the scope.
        """

        @functools.wraps(function)
        def bound(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
            token = self._session.active.set(self)
            try:
                return function(*args, **kwargs)
            finally:
                self._session.active.reset(token)

        return bound

    def own(self, child: BaseScope) -> None:
        """Remember a scope that was opened inside, to be closed with this one."""
        self._children[child] = None

    def disown(self, child: BaseScope) -> None:
        """Forget a scope inside that was closed."""
        self._children.pop(child, None)

    def redacted(self, text: str) -> str:
        """Return text with the secrets in it replaced, as everything is before it is written."""
        return self._session.redactor.text(text)

    def capture_target(self) -> tuple[Recorder, CaptureContext]:
        """Return the recorder and what captures in this scope carry.

        Raises:
            ClosedScopeError: The scope is closed.
        """
        if self._closed_at is not None:
            self._require_open()
        return self._recorder, self.context

    def _require_open(self) -> None:
        if self._closed_at is not None:
            raise ClosedScopeError(
                f"{self.scope_kind} {self._name!r} was closed at {self._closed_at}; open a new one",
                code="runtime_scope_closed",
                details={"ref": self._ref},
            )

    def _opened(self, mutations: list[Mutation]) -> None:
        """Write the open scope and make it the active one."""
        self._session.metadata.apply(mutations)
        if self.parent is not None:
            self.parent.own(self)
        self._session.active.enter(self)

    def _mutation(self, **fields: Any) -> Mutation:
        """Return a mutation of the scope's entity; fields that are None are left out."""
        known = {name: value for name, value in fields.items() if value is not None}
        for name in known.keys() & MAP_FIELDS:
            known[name] = keeping_nulls(known[name])
        return Mutation(self.entity_kind, self._ref, known)

    def _participants(self) -> dict[str, Any]:
        return {
            self._participation: self._session.participations.entry(
                self._started_at, status=self._status, ended_at=self._closed_at, attempt=self.attempt
            )
        }

    def _closing(self) -> list[Mutation]:
        """Return what is to be written of the end; nothing in a process that did not open the scope."""
        return [self._mutation(participants=self._participants())] if self._pid == os.getpid() else []
