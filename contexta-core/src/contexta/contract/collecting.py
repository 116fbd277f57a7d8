"""One way to refuse a value for two kinds of callers.

Building a model stops at the first problem; validating an object lists them all.  The rules are written once: they
hand each problem to :func:`refuse`, which raises it, or adds it to the list of whoever collects.
"""

from __future__ import annotations

from contexta.errors import ContextaError, ValidationError

__all__ = ["Collected", "refuse"]

#: The problems found so far, or None where the first one is to be raised.
Collected = list[ContextaError] | None


def refuse(error: ValidationError, collected: Collected) -> None:
    """Raise a problem, or put it to the others.

    Raises:
        ValidationError: The problem itself, where nobody collects.
    """
    if collected is None:
        raise error
    collected.append(error)
