"""The statistics of a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta_interpretation.aggregation.statistics import Moments, median_absolute_deviation, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where values lie, and how far they are spread.

    Args:
        mean: Arithmetic mean.
        std: Standard deviation of the sample (divided by n - 1); 0 of one value.
        median: Their median.
        mad: Median of their absolute deviations from the median.
        mean_absolute_deviation: Mean of their absolute deviations from the median.
        p5: The 5th percentile, interpolated linearly.
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
        moments = Moments.of(ordered)
        middle = percentile(ordered, 0.5)
        distances = [abs(value - middle) for value in ordered]
        return cls(
            mean=ordered[0] if moments.mean is None else moments.mean,
            std=moments.std or 0.0,
            median=middle,
            mad=median_absolute_deviation(ordered),
            mean_absolute_deviation=math.fsum(distances) / len(distances),
            p5=percentile(ordered, 0.05),
            p95=percentile(ordered, 0.95),
        )
