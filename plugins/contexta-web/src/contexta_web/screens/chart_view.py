"""How the charts of a page are looked at, as the address says; what a script does with it, a page without one does too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from contexta.spi.dashboard import Question

__all__ = ["AXES", "ChartView", "view_of"]

AXES = ("step", "time", "relative")
_MOST_SMOOTH = 0.99


@dataclass(frozen=True, slots=True)
class ChartView:
    """A way to look at charts.

    Args:
        axis: ``step``, ``time``, or ``relative``: seconds since the first point of each run.
        smooth: What is left of the average at each point, 0 to 0.99; 0 draws the points themselves.
        log: Whether the values are on a logarithmic scale.
        start: The first place that is shown: a step, milliseconds since 1970 UTC, or seconds; None from the beginning.
        end: The last, likewise.
    """

    axis: Literal["step", "time", "relative"] = "step"
    smooth: float = 0.0
    log: bool = False
    start: float | None = None
    end: float | None = None


def view_of(question: Question) -> ChartView:
    """Return the view that an address asks for.

    Args:
        question: What was asked; ``axis``, ``smooth``, ``log``, ``from`` and ``to`` of its query count.

    Raises:
        ValidationError: One of them cannot be meant.
    """
    axis = question.first("axis") or "step"
    if axis not in AXES:
        raise _wrong("axis", axis, f"one of {', '.join(AXES)}")
    smooth = _number(question, "smooth") or 0.0
    if not 0 <= smooth <= _MOST_SMOOTH:
        raise _wrong("smooth", str(smooth), f"between 0 and {_MOST_SMOOTH}")
    return ChartView(
        cast("Literal['step', 'time', 'relative']", axis),
        smooth,
        question.first("log") is not None,
        _number(question, "from"),
        _number(question, "to"),
    )


def _number(question: Question, name: str) -> float | None:
    text = question.first(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong(name, text, "a finite number")
    return value


def _wrong(name: str, text: str, wanted: str) -> ValidationError:
    return ValidationError(
        f"{name} is {text!r}; it must be {wanted}",
        code="http_invalid_parameter",
        details={"parameter": name},
    )
