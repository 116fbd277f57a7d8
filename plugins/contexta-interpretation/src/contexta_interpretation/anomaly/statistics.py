"""The statistics of a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Spread", "percentile"]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies.

    Interpolated linearly between the two neighbours: type 7 of Hyndman and Fan (1996), ``method="linear"`` of NumPy.

    Args:
        ordered: The values in ascending order, at least one.
        share: The share, from 0 to 1.
    """
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    # Not the sum of two weighted values: between equal ones that would not give the value itself.
    return ordered[below] + (ordered[above] - ordered[below]) * part


@dataclass(frozen=True, slots=True)
class Spread:
    """Where values lie, and how far they are spread.

    Args:
        mean: Arithmetic mean.
        std: Standard deviation of the sample (divided by n - 1); 0 of one value.
        median: Their median.
        mad: Median of their absolute deviations from the median.
        mean_absolute_deviation: Mean of their absolute deviations from the median.
        p5: The 5th percentile.
        p95: The 95th percentile.
    """

    mean: float
    std: float
    median: float
    mad: float
    mean_absolute_deviation: float
    p5: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the statistics of values.

        Args:
            values: At least one, all finite.
        """
        ordered = sorted(values)
        middle = median(ordered)
        distances = [abs(value - middle) for value in ordered]
        is_constant = ordered[0] == ordered[-1]
        return cls(
            # Of equal values the mean is that value, and not what rounding makes of it.
            mean=ordered[0] if is_constant else fmean(ordered),
            std=0.0 if is_constant else stdev(ordered),
            median=middle,
            mad=median(distances),
            mean_absolute_deviation=fmean(distances),
            p5=percentile(ordered, 0.05),
            p95=percentile(ordered, 0.95),
        )
