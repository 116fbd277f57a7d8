"""Whether telemetry came from Contexta itself: what the sink sends to a provider must not come back as new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_of_our_logger", "is_ours"]

#: Attributes of what the sink sends: of spans and log records, and of the points of metrics.
_MARKS = ("contexta.record_ref", "contexta.run_ref")


def is_ours(attributes: Mapping[str, Any] | None) -> bool:
    """Tell whether attributes are those of something that the sink sent.

    Args:
        attributes: Of a span, an event, a log record or a point.
    """
    return attributes is not None and any(mark in attributes for mark in _MARKS)


def is_of_our_logger(scope: str | None) -> bool:
    """Tell whether a log record says what Contexta logs: capturing that could make it log again.

    Args:
        scope: Name of the instrumentation scope, which is that of the logger.
    """
    return scope is not None and (scope == "contexta" or scope.startswith(("contexta.", "contexta_")))
