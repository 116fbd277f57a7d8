"""What a client is told when its question cannot be answered: one envelope, and never where in the code it failed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from contexta.errors import (
    ContextaError,
    InterpretationError,
    LineageError,
    MissingPluginError,
    NotFoundError,
    ValidationError,
)
from contexta_web.json_text import json_bytes

__all__ = ["Failure", "failure_of"]

_LOG = logging.getLogger("contexta_web")
#: What is not there says so in its code, whatever its class.
_NOT_FOUND = "_not_found"
#: What the workspace refuses to have changed, which whoever asked is told.
_REFUSALS = frozenset({"run_is_live", "store_read_only", "deletion_unsupported"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal.

    Args:
        status: The HTTP status.
        code: Stable identifier.
        message: What was asked, what was found, what to do.
        details: Machine-readable context.
    """

    status: int
    code: str
    message: str
    details: Any = None

    def body(self) -> bytes:
        """Return the envelope."""
        return json_bytes(
            {"error": {"code": self.code, "message": self.message, "details": self.details or {}}}
        )


def failure_of(error: BaseException) -> Failure:
    """Return what a client is told of an error; what is no fault of the client's is logged, and not told.

    Args:
        error: What was raised.
    """
    if isinstance(error, ContextaError):
        status = _status_of(error)
        if status < 500:
            return Failure(status, error.code, error.message, error.details)
        _LOG.error("%s [%s]", error.message, error.code)
        return Failure(status, error.code, "the workspace could not answer; the server's own output says why")
    if isinstance(error, TimeoutError):
        return Failure(
            503, "http_timeout", "the answer took too long; ask for less, such as fewer runs or one project"
        )
    _LOG.error("a question failed", exc_info=error)
    return Failure(500, "http_internal_error", "the question failed; the server's own output says why")


def _status_of(error: ContextaError) -> int:
    if isinstance(error, NotFoundError) or error.code.endswith(_NOT_FOUND):
        return 404
    if error.code in _REFUSALS:
        return 409
    if isinstance(error, MissingPluginError):
        return 501
    if isinstance(error, (ValidationError, LineageError)):
        return 400
    # Other questions about recorded data that cannot be answered were asked wrongly: two runs of one short name.
    return 400 if isinstance(error, InterpretationError) else 500
