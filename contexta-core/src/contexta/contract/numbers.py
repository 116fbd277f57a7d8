"""The rules of numeric fields; NumPy-like scalars count as the Python numbers that they hold."""

from __future__ import annotations

import math

from contexta.contract.json_values import MAX_INTEGER, MIN_INTEGER, plain_number
from contexta.contract.text import shown
from contexta.errors import ValidationError

__all__ = ["as_metric_value", "as_optional_count", "as_optional_step"]

_MAX_SIGNED = 2**63 - 1


def as_metric_value(value: float, field_name: str = "value") -> float:
    """Require a finite number; int stays int and float stays float.

    Raises:
        ValidationError: Not a number, a bool, not finite, or an integer beyond 64 bits
            (``record_invalid_metric_value``).
    """
    if type(value) is float and math.isfinite(value):
        return value
    number = plain_number(value)
    if isinstance(number, float) and math.isfinite(number):
        return float(number)
    if isinstance(number, int) and not isinstance(number, bool):
        if MIN_INTEGER <= number <= MAX_INTEGER:
            return int(number)
        problem = f"is an integer of {number.bit_length()} bits; it must fit into 64"
    elif isinstance(number, float):
        problem = f"must be finite, not {number}; record NaN and infinity as an event"
    else:
        problem = f"must be an int or a float, not {type(value).__name__}"
    raise ValidationError(
        f"{field_name} {problem}.",
        code="record_invalid_metric_value",
        details={"field_name": field_name, "type": type(value).__name__},
    )


def as_optional_count(
    value: int | None, field_name: str = "count", *, code: str = "context_invalid_count", minimum: int = 0
) -> int | None:
    """Require None, or an integer from ``minimum`` to 2**63 - 1."""
    if value is None:
        return None
    number = plain_number(value)
    if isinstance(number, int) and not isinstance(number, bool) and minimum <= number <= _MAX_SIGNED:
        return int(number)
    raise ValidationError(
        f"{field_name} must be an integer from {minimum} to {_MAX_SIGNED}; found {shown(number)}.",
        code=code,
        details={"field_name": field_name, "type": type(value).__name__},
    )


def as_optional_step(value: int | None, field_name: str = "step") -> int | None:
    """Require None, or an integer that fits into 64 signed bits."""
    if value is None or (type(value) is int and MIN_INTEGER <= value <= _MAX_SIGNED):
        return value
    return as_optional_count(value, field_name, code="record_invalid_step", minimum=MIN_INTEGER)
