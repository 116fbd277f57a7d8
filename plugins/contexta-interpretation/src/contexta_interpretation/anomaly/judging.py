"""Whether a value lies off its baseline, and how far.

Two distances are looked at.  The z-score counts standard deviations from the mean; it is what most people mean, but a
single outlier in the baseline widens the deviation and hides the next one.  The modified z-score counts median absolute
deviations from the median, which an outlier does not move: ``0.6745 (x - median) / MAD``, with 3.5 as its usual
threshold (Iglewicz and Hoaglin, *How to Detect and Handle Outliers*, 1993).  Where more than half of the values are the
same, the MAD is 0 and the mean absolute deviation takes its place: ``(x - median) / (1.253314 MeanAD)``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["ROBUST_FACTOR", "Judgement", "judge"]

#: The threshold of the modified z-score is so many times that of the z-score: 3.5 for 2.5.
ROBUST_FACTOR = 1.4
#: From so many times the threshold on, an anomaly is an error.
_GRAVE = 1.5
#: The MAD of a normal distribution in standard deviations: the third quartile of the standard normal distribution.
_MAD_SCALE = 0.674489750196082
#: The standard deviation of a normal distribution in mean absolute deviations: the square root of pi / 2.
_MEAN_AD_SCALE = 1.2533141373155003
#: Values that differ by less than this share of their size are the same; sums in another order differ by as much.
_SAME = 1e-9


class Judgement(NamedTuple):
    """What was found of one value.

    Args:
        is_anomaly: Whether it lies off the baseline.
        severity: ``info`` where it does not, else ``warning`` or ``error``.
        z_score: Its distance from the mean in standard deviations, or None where there is none.
        robust_z_score: Its modified z-score, or None.
        expected_range: Least and greatest value that is no anomaly.
    """

    is_anomaly: bool
    severity: str
    z_score: float | None
    robust_z_score: float | None
    expected_range: tuple[float, float]


def judge(
    value: float,
    *,
    mean: float,
    std: float,
    median: float,
    mad: float,
    mean_absolute_deviation: float,
    threshold: float,
) -> Judgement:
    """Judge a value by the statistics of its baseline.

    Args:
        value: The value.
        mean: Mean of the baseline.
        std: Its standard deviation.
        median: Its median.
        mad: Its median absolute deviation.
        mean_absolute_deviation: Its mean absolute deviation from the median.
        threshold: Number of standard deviations from which a value is an anomaly.
    """
    robust_std = mad / _MAD_SCALE if mad > 0 else mean_absolute_deviation * _MEAN_AD_SCALE
    if min(std, robust_std) <= _SAME * abs(median):
        return _beside_a_constant(value, median)
    robust_threshold = ROBUST_FACTOR * threshold
    low = max(mean - threshold * std, median - robust_threshold * robust_std)
    high = min(mean + threshold * std, median + robust_threshold * robust_std)
    # With a threshold below 1 the two ranges may lie apart; the median is never an anomaly.
    expected = (min(low, median), max(high, median))
    if not math.isfinite(value):
        return Judgement(
            is_anomaly=True, severity="error", z_score=None, robust_z_score=None, expected_range=expected
        )
    z_score, robust = (value - mean) / std, (value - median) / robust_std
    excess = max(abs(z_score) / threshold, abs(robust) / robust_threshold)
    is_anomaly = excess >= 1 and not math.isclose(value, median, rel_tol=_SAME)
    severity = "info" if not is_anomaly else "warning" if excess < _GRAVE else "error"
    return Judgement(is_anomaly, severity, z_score, robust, expected)


def _beside_a_constant(value: float, constant: float) -> Judgement:
    """Judge a value beside a metric that never was anything else: no distance in deviations tells how far it is."""
    is_same = math.isclose(value, constant, rel_tol=_SAME)
    return Judgement(
        is_anomaly=not is_same,
        severity="info" if is_same else "error",
        z_score=0.0 if is_same else None,
        robust_z_score=0.0 if is_same else None,
        expected_range=(constant, constant),
    )
