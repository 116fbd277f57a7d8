"""A handler of the standard library's logging that captures what is logged as events."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta.runtime.failure import exception_attributes
from contexta.runtime.logs.targets import capturing_alone, scope_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.runtime.logs.targets import HasSession
    from contexta.runtime.scopes.base import BaseScope

__all__ = ["CaptureHandler"]

#: What every record has; whatever else it has was given with ``extra``.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_NOT_KEY = re.compile(r"[^A-Za-z0-9_/@%-]+")

#: Longest message that is kept, in characters.
_LONGEST_MESSAGE = 10_000

#: Longest part of a key that a logger's name makes, in characters.
_LONGEST_NAME = 100

#: Threads of ours: what they log is about delivering, and delivering it would make them log again.
_OWN_THREADS = "contexta-"


class CaptureHandler(logging.Handler):
    """Captures log records as events of the run that they were logged in.

    In ``logging.config.dictConfig`` it needs no arguments::

        {"class": "contexta.runtime.logs.CaptureHandler", "level": "INFO"}

    A record becomes an event ``log.<name of the logger>`` with the record's level; where it was logged, what was given
    with ``extra``, and the traceback are its attributes.  A record that belongs to no open run is left out.  The
    handler raises nothing, and what is logged while it captures does not come back to it.

    Args:
        context: Only runs of this workspace; of any that is open in the process when None.
        level: The least level that is captured.
        ignored_loggers: Loggers that are left out, with all below them.
    """

    def __init__(
        self,
        context: HasSession | None = None,
        level: int | str = logging.NOTSET,
        *,
        ignored_loggers: Iterable[str] = ("contexta",),
    ) -> None:
        super().__init__(level)
        self._session = None if context is None else context.session
        self._ignored = tuple(ignored_loggers)
        #: Records that belonged to a run and could not be captured.
        self.failures = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Capture one record."""
        if self._is_ignored(record):
            return
        try:
            with capturing_alone() as may_capture:
                scope = scope_for(self._session) if may_capture else None
                if scope is not None:
                    self._capture(scope, record)
        except Exception:  # noqa: BLE001 - whatever is wrong with a message or the disk, logging must go on
            self.failures += 1
            if self.failures == 1:
                self.handleError(record)

    def _is_ignored(self, record: logging.LogRecord) -> bool:
        if (record.threadName or "").startswith(_OWN_THREADS):
            return True
        return any(record.name == name or record.name.startswith(f"{name}.") for name in self._ignored)

    def _capture(self, scope: BaseScope, record: logging.LogRecord) -> None:
        # Redacted before it is cut: half a secret would not be known as one.
        said = scope.redacted(display_safe(record.getMessage(), multiline=True)).strip()
        scope.event(
            f"log.{_key_of(record.name)}",
            message=said[:_LONGEST_MESSAGE] or "(no text)",
            level=_level_of(record.levelno),
            attributes=_attributes_of(scope, record),
        )


def _level_of(number: int) -> str:
    """Return the event level of a logging level; one between two levels is the lower."""
    for least, word in ((50, "critical"), (40, "error"), (30, "warning"), (20, "info")):
        if number >= least:
            return word
    return "debug"


def _key_of(name: str) -> str:
    tokens = (_NOT_KEY.sub("-", token) for token in name[:_LONGEST_NAME].split("."))
    return ".".join(token for token in tokens if token) or "root"


def _attributes_of(scope: BaseScope, record: logging.LogRecord) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "logger": display_safe(record.name),
        "level": record.levelname,
        "file": display_safe(record.pathname),
        "line": record.lineno,
        "function": record.funcName,
        "thread": record.threadName,
    }
    if record.exc_info and record.exc_info[1] is not None:
        attributes |= exception_attributes(scope, record.exc_info[1])
    extra = {name: _plain(value) for name, value in vars(record).items() if name not in _STANDARD}
    if extra:
        attributes["extra"] = extra
    return {name: value for name, value in attributes.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return a value as an attribute may hold it: scalars as they are, anything else as its text."""
    if value is None or isinstance(value, (bool, int)):
        return value if not isinstance(value, int) or abs(value) < 2**53 else str(value)
    if isinstance(value, float) and value - value == 0.0:
        return value
    return display_safe(str(value), multiline=True)[:_LONGEST_MESSAGE]
