"""Which scope is active: one context variable for each session, so threads and asyncio tasks each see their own."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from contextvars import Token

    from contexta.runtime.scopes.base import BaseScope

    Found = TypeVar("Found", bound=BaseScope)

__all__ = ["ActiveScope"]


class ActiveScope:
    """The innermost open scope of the running thread or task.

    A task or thread that was started with a copy of the context may still hold a scope that was closed elsewhere
    meanwhile; such scopes are passed over.
    """

    __slots__ = ("_variable",)

    def __init__(self) -> None:
        self._variable: ContextVar[BaseScope | None] = ContextVar("contexta_active_scope", default=None)

    def get(self) -> BaseScope | None:
        """Return the innermost open scope, or None."""
        scope = self._variable.get()
        while scope is not None and scope.is_closed:
            scope = scope.parent
        return scope

    def find(self, kind: type[Found]) -> Found | None:
        """Return the innermost open scope of a kind, or None."""
        scope = self.get()
        while scope is not None and not (isinstance(scope, kind) and not scope.is_closed):
            scope = scope.parent
        return scope

    def enter(self, scope: BaseScope) -> None:
        """Make a scope that was just opened the active one of this thread or task."""
        scope.outside = self._variable.get()
        self._variable.set(scope)

    def set(self, scope: BaseScope) -> Token[BaseScope | None]:
        """Make a scope the active one of this thread or task until :meth:`reset`."""
        return self._variable.set(scope)

    def reset(self, token: Token[BaseScope | None]) -> None:
        """Undo one :meth:`set` of this thread or task."""
        self._variable.reset(token)

    def leave(self, scope: BaseScope) -> None:
        """Forget a scope that is closed, if this thread or task is inside it.

        What was active when it was opened is active again: a worker that borrows a run for one stage does not stay in
        the run.
        """
        inside = self._variable.get()
        while inside is not None and inside is not scope:
            inside = inside.parent
        if inside is scope:
            self._variable.set(scope.outside)
