"""What an exception that leaves a scope means for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from contexta.contract.text import display_safe

if TYPE_CHECKING:
    from contexta.runtime.scopes.base import BaseScope

__all__ = ["closing_status", "exception_attributes", "report_failure"]

#: Longest traceback that is kept, in characters; the end says most.
_LONGEST_TRACEBACK = 20_000

#: Longest message that is kept, in characters.
_LONGEST_MESSAGE = 2_000

#: Mark on an exception: the runs that have reported it, by the participation of their scope.
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
    """Keep the traceback as an event of the innermost scope that the exception leaves, once for each run.

    Whatever goes wrong here is dropped: the user's own exception must reach the user.
    """
    if closing_status(error) != "failed":
        return
    # Not with setattr: an exception may be a frozen dataclass.
    reported = vars(error).setdefault(_REPORTED, [])
    if scope.root_participation in reported:
        return
    try:
        name = type(error).__name__
        said = _writable(scope, str(error))
        scope.event(
            f"{scope.scope_kind}.failed",
            message=f"{name}: {said[:_LONGEST_MESSAGE]}" if said else name,
            level="error",
            attributes=exception_attributes(scope, error),
        )
        reported.append(scope.root_participation)
    except Exception:  # noqa: BLE001 - even an exception's own text may raise anything
        return


def exception_attributes(scope: BaseScope, error: BaseException) -> dict[str, str]:
    """Return what an event keeps of an exception: its class, and the end of its traceback without secrets."""
    import traceback

    text = _writable(scope, "".join(traceback.format_exception(error)))
    return {
        "exception": f"{type(error).__module__}.{type(error).__qualname__}",
        "traceback": text[-_LONGEST_TRACEBACK:],
    }


def _writable(scope: BaseScope, text: str) -> str:
    """Return text that may be cut anywhere and written: secrets and characters that nothing can store replaced."""
    return scope.redacted(display_safe(text, multiline=True)).strip()
