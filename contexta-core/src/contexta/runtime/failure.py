"""What an exception that leaves a scope means for it."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from contexta.errors import ContextaError

if TYPE_CHECKING:
    from contexta.runtime.scopes.base import BaseScope

__all__ = ["closing_status", "report_failure"]

#: Longest traceback that is kept, in characters; the end says most.
_LONGEST_TRACEBACK = 20_000

#: Mark on an exception that an inner scope has reported.
_REPORTED = "__contexta_reported__"


def closing_status(error: BaseException | None) -> str:
    """Return the status of a scope that an exception leaves.

    Giving up on purpose is no failure: a cancelled task or a closed generator is ``cancelled``, ``sys.exit(0)`` is
    ``completed``.
    """
    if error is None or (isinstance(error, SystemExit) and error.code in {None, 0}):
        return "completed"
    # asyncio is slow to import; without it nobody can have been cancelled by it.
    asyncio = sys.modules.get("asyncio.exceptions")
    if isinstance(error, GeneratorExit) or (asyncio and isinstance(error, asyncio.CancelledError)):
        return "cancelled"
    return "failed"


def report_failure(scope: BaseScope, error: BaseException) -> None:
    """Keep the traceback as an event of the innermost scope that the exception leaves.

    Whatever goes wrong here is dropped: the user's own exception must reach the user.
    """
    if closing_status(error) != "failed" or getattr(error, _REPORTED, False):
        return
    name = type(error).__name__
    text = "".join(traceback.format_exception(error))[-_LONGEST_TRACEBACK:]
    try:
        scope.event(
            f"{scope.scope_kind}.failed",
            message=f"{name}: {error}" if str(error) else name,
            level="error",
            attributes={
                "exception": f"{type(error).__module__}.{type(error).__qualname__}",
                "traceback": text,
            },
        )
        setattr(error, _REPORTED, True)
    except (ContextaError, AttributeError, TypeError, ValueError, OSError):
        return
