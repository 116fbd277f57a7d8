"""Changes of level, against every possible division of short series, and by the share of false alarms."""

from __future__ import annotations

import math
import random
from itertools import combinations, pairwise
from statistics import fmean, median

import pytest

from contexta.interpretation import MetricTrend, QueryService, TrendService
from contexta.spi.interpreters import SupportsChangePoints
from contexta.spi.trends import TrendPoint
from contexta_interpretation.trend.change_points import MOST_VALUES, level_changes


def trend_of(values):
    """Return a trend over runs that are named after their places."""
    return MetricTrend(
        "loss", "p", tuple(TrendPoint(f"run:p.{n}", f"n{n}", value) for n, value in enumerate(values))
    )


def best_division(values):
    """Return the best division by trying every one, its cost written out."""
    noise = median(abs(after - before) for before, after in pairwise(values)) / 0.67449 / math.sqrt(2)
    found = []
    for number in range(len(values) // 4):
        for changes in combinations(range(4, len(values) - 3), number):
            stretches = [values[begin:end] for begin, end in pairwise((0, *changes, len(values)))]
            if min(map(len, stretches)) < 4:
                continue
            squares = sum(sum((value - fmean(each)) ** 2 for value in each) for each in stretches)
            found.append((squares / noise**2 + 3 * math.log(len(values)) * number, list(changes)))
    return min(found)[1]


@pytest.mark.parametrize("seed", range(40))
def test_the_best_of_all_divisions_is_found(seed):
    """What is found is what trying every division finds, in series of up to three levels."""
    source = random.Random(seed)
    values = [
        source.gauss(level, 1.0)
        for level in (0, source.choice([0, 1.5, 2.5]), source.choice([0, 1.5, 2.5]))
        for _ in range(5)
    ]
    assert best_division(values) == level_changes(values)


def test_noise_alone_has_one_level():
    """Of 200 series of 20 normal values fewer than one in eight is said to change."""
    source = random.Random(7)
    alarms = sum(bool(level_changes([source.gauss(5.0, 0.1) for _ in range(20)])) for _ in range(200))
    assert alarms < 25


def test_a_step_of_five_deviations_is_found():
    """Of 100 series with a step, at most two are not told right to one place."""
    source = random.Random(8)
    found = [level_changes([source.gauss(5.0 * (n >= 12), 1.0) for n in range(30)]) for _ in range(100)]
    assert sum(any(abs(place - 12) <= 1 for place in each) for each in found) >= 98


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([1.0], []),
        ([1.0] * 30, []),
        ([0.0] * 4 + [9.0] * 3, []),
        ([0.0] * 6 + [9.0] * 6, [6]),
        ([0.0] * 9 + [9.0] + [0.0] * 9, []),
        ([1e308, -1e308] * 8, []),
        ([1e-300] * 6 + [2e-300] * 6, [6]),
        ([1e12] * 6 + [1e12 + 1] * 6, [6]),
    ],
)
def test_series_by_hand(values, expected):
    """Too short, all alike, one value off, too far apart for a number, and exact levels of any size."""
    assert expected == level_changes(values)


def test_a_change_is_told_with_both_levels(memory):
    """A change names its run, and the means and lengths of the levels around it; what is no number is left out."""
    service = TrendService(QueryService(memory))
    values = [1.0, 1.5, 1.0, math.nan, 1.5, 5.0, 5.5, 5.0, 5.5, 9.0, 9.5, 9.0, 9.5, 9.25]
    first, second = service.find_change_points(trend_of(values))
    assert ("run:p.5", 1.25, 5.25, 4, 4) == (
        first.point.run_id,
        first.mean_before,
        first.mean_after,
        first.runs_before,
        first.runs_after,
    )
    assert ("run:p.9", 5.25, 9.25, 4, 5) == (
        second.point.run_id,
        second.mean_before,
        second.mean_after,
        second.runs_before,
        second.runs_after,
    )
    assert isinstance(service, SupportsChangePoints)


def test_of_a_long_trend_the_newest_are_looked_at():
    """A change before the newest values is not told."""
    from contexta_interpretation.trend.change_points import change_points_of

    long = trend_of([0.0] * 20 + [float(n % 2) + 50 for n in range(MOST_VALUES)])
    assert () == change_points_of(long.points)
    assert 1 == len(change_points_of(long.points[: MOST_VALUES - 1]))
