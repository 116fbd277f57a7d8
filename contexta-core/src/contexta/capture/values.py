"""Metric values: anything that is one finite number."""

from __future__ import annotations

import math
from typing import Any

from contexta.config.problems import shown
from contexta.errors import ValidationError

__all__ = ["metric_number"]

#: Whole numbers beyond this do not survive the trip through other readers' JSON and SQL integers.
_LARGEST_INTEGER = 2**63 - 1


def metric_number(value: Any, *, finite: bool) -> int | float:
    """Return a metric's value as an ``int`` or a ``float``.

    Args:
        value: A number, or a scalar of NumPy, torch, JAX or their like (``item()``, ``__index__``, ``__float__``).
        finite: Whether NaN and the infinities are refused.

    Raises:
        ValidationError: Not one number: a boolean, text, a collection, an array of several.
    """
    number = value if type(value) is float or type(value) is int else _converted(value)
    if type(number) is int and not -_LARGEST_INTEGER <= number <= _LARGEST_INTEGER:
        number = _as_float(number)
    if finite and not math.isfinite(number):
        raise _refused(value, "it is not finite")
    return number


def _converted(value: Any) -> int | float:
    if isinstance(value, (bool, str, bytes, complex)) or value is None:
        raise _refused(value, "it is no number")
    item = getattr(value, "item", None)
    if callable(item):
        try:
            value = item()
        except Exception as error:
            raise _refused(value, f"item() failed: {error}", error) from error
        if isinstance(value, bool):
            raise _refused(value, "it is no number")
        if type(value) is int or type(value) is float:
            return value
    try:
        if isinstance(value, int):
            return int(value)
        return float(value)
    except Exception as error:
        raise _refused(value, f"it does not convert to a number: {error}", error) from error


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise _refused("a whole number of that size", "it exceeds every float", error) from error


def _refused(value: object, reason: str, cause: BaseException | None = None) -> ValidationError:
    return ValidationError(
        f"a metric's value must be one finite number, and {shown(value)} ({type(value).__name__}) is refused: {reason}",
        code="capture_model_invalid_metric_value",
        details={"type": type(value).__name__},
        cause=cause,
    )
