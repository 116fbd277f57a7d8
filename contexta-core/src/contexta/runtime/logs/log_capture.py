"""Capturing log messages, warnings and uncaught exceptions for as long as somebody wants it."""

from __future__ import annotations

import logging
import sys
import threading
import warnings as standard_warnings
from typing import TYPE_CHECKING, Any, Self

from contexta.contract.text import display_safe
from contexta.runtime.failure import closing_status, exception_attributes, report_failure
from contexta.runtime.logs.handler import CaptureHandler
from contexta.runtime.logs.targets import capturing_alone, open_scopes, scope_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.runtime.logs.targets import HasSession
    from contexta.runtime.scopes.base import BaseScope

__all__ = ["LogCapture"]


class LogCapture:
    """Captures what the program says by other means, until it is closed; use it as a context manager.

    Nothing is taken away from anybody: messages still reach their other handlers, warnings are still shown, and an
    uncaught exception still ends the program with its traceback.

    Args:
        context: Only runs of this workspace; of any that is open in the process when None.
        logger: Name of the logger whose messages are captured, with all below it; ``""`` for all.
        level: The least level that is captured.  A logger's own level still holds: it decides what is logged at all.
        warnings: Whether warnings are captured, as events ``warning.<category>``.
        uncaught_exceptions: Whether exceptions that end the program or a thread are captured.  One that ends the
            program closes the runs that are open then as failed.
    """

    def __init__(
        self,
        context: HasSession | None = None,
        *,
        logger: str = "",
        level: int | str = logging.INFO,
        warnings: bool = True,
        uncaught_exceptions: bool = True,
    ) -> None:
        self._session = None if context is None else context.session
        self._logger = logging.getLogger(logger)
        self.handler = CaptureHandler(context, level)
        self._logger.addHandler(self.handler)
        self._hooks: list[tuple[Any, str, Any, Any]] = []
        if warnings:
            self._hook(standard_warnings, "showwarning", self._warned)
        if uncaught_exceptions:
            self._hook(sys, "excepthook", self._ended)
            self._hook(threading, "excepthook", self._thread_ended)

    def _hook(self, owner: Any, name: str, hook: Any) -> None:
        """Put a hook before the one that is there."""
        before = getattr(owner, name)

        def both(*arguments: Any, **named: Any) -> Any:
            if self._hooks:
                self._captured(hook, arguments)
            return before(*arguments, **named)

        setattr(owner, name, both)
        self._hooks.append((owner, name, both, before))

    def _captured(self, hook: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        try:
            with capturing_alone() as may_capture:
                scope = scope_for(self._session) if may_capture else None
                if scope is not None:
                    hook(scope, *arguments)
        except Exception:  # noqa: BLE001 - what was there before must be called in any case
            self.handler.failures += 1

    @staticmethod
    def _warned(
        scope: BaseScope, message: Warning | str, category: type[Warning], filename: str, line: int, *_: Any
    ) -> None:
        scope.event(
            f"warning.{category.__name__}",
            message=scope.redacted(display_safe(str(message), multiline=True)).strip()[:10_000]
            or category.__name__,
            level="warning",
            attributes={"file": display_safe(filename), "line": line},
        )

    def _ended(self, scope: BaseScope, _: type[BaseException], error: BaseException, *__: object) -> None:
        report_failure(scope, error)
        # At a prompt the program goes on, and so do its runs.
        if not hasattr(sys, "ps1") and not sys.flags.interactive:
            for each in open_scopes(self._session):
                each.close(status=closing_status(error))

    @staticmethod
    def _thread_ended(scope: BaseScope, ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is None or issubclass(ended.exc_type, SystemExit):
            return
        thread = ended.thread.name if ended.thread is not None else "a thread"
        name = ended.exc_type.__name__
        scope.event(
            "thread.failed",
            message=f"{display_safe(thread)} ended with {name}",
            level="error",
            attributes={"thread": display_safe(thread), **exception_attributes(scope, ended.exc_value)},
        )

    def close(self) -> None:
        """Capture nothing more, and put back what was there before; closing twice is harmless."""
        self._logger.removeHandler(self.handler)
        self.handler.close()
        hooks, self._hooks = self._hooks, []
        for owner, name, ours, before in reversed(hooks):
            # Somebody else's hook in front of ours stays; it calls ours, which then finds nothing to do.
            if getattr(owner, name) is ours:
                setattr(owner, name, before)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
