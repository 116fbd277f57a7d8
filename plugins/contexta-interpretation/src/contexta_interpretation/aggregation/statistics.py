"""The statistics of a list of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PERCENTILE_METHODS", "Moments", "median_absolute_deviation", "percentile"]

#: The plotting positions (alpha, beta) of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), by the
#: names that NumPy gives them: their types 7, 5, 6 and 8.
PERCENTILE_METHODS = {
    "linear": (1.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
}

#: Sums of squares of numbers beyond this would overflow.
_LARGE = 1e150


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean, deviation and range.

    Args:
        count: Number of values.
        mean: Arithmetic mean, or None without values.
        std: Sample standard deviation, with n-1 in the denominator; None with fewer than two values.
        least: The least value, or None.
        greatest: The greatest value, or None.
    """

    count: int
    mean: float | None
    std: float | None
    least: float | None
    greatest: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Moments:
        """Return the moments of finite values.

        The sums are exact (``math.fsum``), and the deviation is that from the mean, so no digit is lost where the
        values lie close together and far from zero.
        """
        count = len(values)
        if not count:
            return cls(0, None, None, None, None)
        least, greatest = min(values), max(values)
        if least == greatest:
            return cls(count, float(least), 0.0 if count > 1 else None, least, greatest)
        # A power of two scales without rounding.
        largest = max(abs(least), abs(greatest))
        scale = 2.0 ** -math.frexp(largest)[1] if largest > _LARGE else 1.0
        scaled = [value * scale for value in values]
        mean = math.fsum(scaled) / count
        std = math.sqrt(math.fsum((value - mean) ** 2 for value in scaled) / (count - 1))
        return cls(count, mean / scale, std / scale, least, greatest)


def percentile(ordered: Sequence[float], share: float, method: str = "linear") -> float:
    """Return a percentile.

    Args:
        ordered: The values, the least first; at least one.
        share: Which, from 0 to 1: 0.5 is the median.
        method: A name of :data:`PERCENTILE_METHODS`.

    Returns:
        The value at the position n·share + alpha + share·(1 - alpha - beta), counted from 1, between two values in
        proportion (Hyndman and Fan 1996).
    """
    alpha, beta = PERCENTILE_METHODS[method]
    count = len(ordered)
    position = count * share + alpha + share * (1 - alpha - beta) - 1
    position = min(max(position, 0.0), count - 1.0)
    below = math.floor(position)
    above = min(below + 1, count - 1)
    weight = position - below
    low, high = ordered[below], ordered[above]
    if low == high or not weight:
        return low
    # Not low + (high - low) * weight: the difference of two large numbers would overflow.
    return low * (1 - weight) + high * weight


def median_absolute_deviation(ordered: Sequence[float]) -> float:
    """Return the median of the distances from the median.

    Args:
        ordered: The values, the least first; at least one.
    """
    middle = percentile(ordered, 0.5)
    return percentile(sorted(abs(value - middle) for value in ordered), 0.5)
