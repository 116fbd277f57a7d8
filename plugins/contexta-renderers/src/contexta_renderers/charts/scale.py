"""Axes: from values to places on paper, and the round numbers between."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Scale", "scale_for", "tick_text"]

#: Values that span so many powers of ten are drawn on a logarithmic axis.
_LOG_SPAN = 1000.0
_MOST_TICKS = 6
#: Values that differ by less than this, in relation to themselves, are drawn as one.
_NARROWEST = 1e-9
#: Below this floats lose digits, and all values are drawn as 0.
_SMALLEST = 1e-290
_GREATEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis.

    Args:
        low: Value at its beginning.
        high: Value at its end.
        begin: Place of its beginning.
        end: Place of its end.
        ticks: The values that are named.
        logarithmic: Whether equal distances are equal ratios.
    """

    low: float
    high: float
    begin: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands."""
        low, high, at = (
            (math.log10(self.low), math.log10(self.high), math.log10(value))
            if self.logarithmic
            else (self.low, self.high, value)
        )
        # Halved first: the distance of two very large values is no number any more.
        share = (at / 2 - low / 2) / (high / 2 - low / 2)
        # Where floats end, a value can lie a hair beyond the last round number.
        return round(self.begin + min(1.0, max(0.0, share)) * (self.end - self.begin), 2)


def scale_for(
    values: Sequence[float], begin: float, end: float, *, zero: bool = False, may_be_log: bool = False
) -> Scale:
    """Return an axis that holds the values between round numbers.

    Args:
        values: What is to be drawn, finite.
        begin: Place of its beginning.
        end: Place of its end.
        zero: Whether it must hold 0, as an axis of bars must.
        may_be_log: Whether it may be logarithmic.
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if may_be_log and low > 0 and high / low >= _LOG_SPAN:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        stride = max(1, math.ceil((last - first) / _MOST_TICKS))
        ticks = tuple(_power(exponent) for exponent in range(first, last + 1, stride))
        return Scale(_power(first), _power(last), begin, end, ticks, logarithmic=True)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < _SMALLEST or high / 2 - low / 2 <= _NARROWEST * max(abs(low), abs(high)) / 2:
        # One value alone stands in the middle.
        margin = max(abs(low), abs(high)) / 10
        margin = margin if margin > _SMALLEST else 1.0
        low, high = max(low - margin, -_GREATEST), min(high + margin, _GREATEST)
    step = _round_step(low, high)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = tuple(_multiple(number, step) for number in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], begin, end, ticks)


def _power(exponent: int) -> float:
    # The ends of what a float can hold are not to be passed.
    return 10.0 ** max(-307, min(308, exponent))


def _multiple(number: int, step: float) -> float:
    """Return a multiple of a step without the noise of binary fractions."""
    value = max(-_GREATEST, min(number * step, _GREATEST))
    return float(f"{value:.12g}") if abs(value) < _GREATEST / 2 else value


def _round_step(low: float, high: float) -> float:
    """Return the distance of ticks: 1, 2 or 5 times a power of ten."""
    rough = high / _MOST_TICKS - low / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1, 2, 5, 10) if factor * power >= rough), rough)


def tick_text(value: float, step: float) -> str:
    """Return the name of a tick with as many decimals as its neighbours are apart.

    Args:
        value: The tick.
        step: The distance of its neighbours.
    """
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or (abs(value) < 1e-4 and step < 1e-4):
        mantissa, _, exponent = f"{value:.3g}".partition("e")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa
    decimals = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    return f"{value:.{min(decimals, 8)}f}"
