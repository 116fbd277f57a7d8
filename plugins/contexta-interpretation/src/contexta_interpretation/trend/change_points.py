"""Where the level of a series changed.

Of all ways to divide the series into stretches, each with a mean of its own, the one is taken whose squared deviations,
in units of the noise, and a penalty for each change are least together: optimal partitioning (Jackson et al., "An
algorithm for optimal partitioning of data on an interval", IEEE Signal Processing Letters 12, 2005), which finds the
very least.  The penalty is three times the logarithm of the number of values, the leading term of the modified Bayesian
information criterion (Zhang and Siegmund, Biometrics 63, 2007).  The noise is told by the differences of neighbours,
which a change of level touches only once: their median absolute deviation from zero, scaled to a normal distribution.
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING

from contexta.spi.trends import ChangePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.trends import TrendPoint

__all__ = ["MOST_VALUES", "change_points_of", "level_changes"]

#: Of a longer series only the newest values are looked at: the time grows with the square of their number.
MOST_VALUES = 500
#: A stretch has at least so many values; one value off the others is an anomaly, and no change.
_LEAST = 4
#: From the median of absolute values to the deviation of a normal distribution; differences of two have twice its variance.
_SCALE = 1 / (0.674489750196082 * math.sqrt(2))


def change_points_of(points: Sequence[TrendPoint]) -> tuple[ChangePoint, ...]:
    """Return where the level of a trend changed, the oldest change first.

    Args:
        points: The trend, the oldest run first; values that are not finite are left out.
    """
    known = [point for point in points if math.isfinite(point.value)][-MOST_VALUES:]
    values = [float(point.value) for point in known]
    changes = level_changes(values)
    ends = [0, *changes, len(values)]
    return tuple(
        ChangePoint(
            known[here], fmean(values[before:here]), fmean(values[here:after]), here - before, after - here
        )
        for before, here, after in zip(ends[:-2], changes, ends[2:], strict=True)
    )


def level_changes(values: Sequence[float]) -> list[int]:
    """Return the places at which a new level begins.

    Args:
        values: The series; finite.
    """
    noise = _noise(values)
    if noise is None or len(values) < 2 * _LEAST:
        return []
    middle = median(values)
    scaled = [value / noise - middle / noise for value in values]
    if not all(map(math.isfinite, scaled)):
        return []
    return _divided(scaled, 3 * math.log(len(scaled)))


def _noise(values: Sequence[float]) -> float | None:
    """Return the deviation of the noise; None where every value is the same, or the range is greater than any number."""
    differences = [abs(after - before) for before, after in pairwise(values)]
    if not differences or not all(map(math.isfinite, differences)):
        return None
    noise = median(differences) * _SCALE
    if noise == 0:
        # Most neighbours are equal: then the mean square tells, to which a single one off the others counts much.
        noise = math.hypot(*differences) / math.sqrt(2 * len(differences))
    return noise or None


def _divided(values: Sequence[float], penalty: float) -> list[int]:
    """Return where the stretches begin, but the first."""
    least = [-penalty]
    begins = [0]
    for end in range(1, len(values) + 1):
        best, begin = math.inf, 0
        mean = squares = 0.0
        # From the end backwards the mean and the squared deviations are carried along (Welford).
        for place in range(end - 1, -1, -1):
            count = end - place
            off = values[place] - mean
            mean += off / count
            squares += off * (values[place] - mean)
            if squares >= best:
                # They only grow, and no stretches before cost less than nothing.
                break
            if count >= _LEAST and least[place] + squares + penalty < best:
                best, begin = least[place] + squares + penalty, place
        least.append(best)
        begins.append(begin)
    found = []
    end = begins[-1]
    while end > 0:
        found.append(end)
        end = begins[end]
    return found[::-1]
