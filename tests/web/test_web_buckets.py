"""Curves thinned to what a screen shows."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from contexta_web.buckets import min_max_buckets


def test_what_fits_is_left_alone():
    """As many points as are kept of the columns come whole."""
    points = [(step, float(step % 3)) for step in range(8)]
    assert points == min_max_buckets(points, 2)


def test_one_column_by_hand():
    """Of one column the first, the least, the greatest and the last are kept, in their order."""
    points = [(0, 2.0), (1, 9.0), (2, 5.0), (3, -1.0), (4, 4.0), (5, 3.0)]
    assert [(0, 2.0), (1, 9.0), (3, -1.0), (5, 3.0)] == min_max_buckets(points, 1)


def test_no_number_hides_a_peak():
    """A value that is no number is not taken for the least or greatest."""
    points = [(0, 1.0), (1, math.nan), (2, 7.0), (3, math.inf), (4, 0.0), (5, 1.0)]
    assert [(0, 1.0), (2, 7.0), (4, 0.0), (5, 1.0)] == min_max_buckets(points, 1)


@given(
    values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300),
    pixels=st.integers(1, 40),
    start=st.integers(-1000, 1000),
)
def test_extremes_stay_and_the_size_is_bounded(values, pixels, start):
    """At most four points for each pixel; the least, greatest, first and last of all, and nothing that was not there."""
    points = [(start + 3 * place, value) for place, value in enumerate(values)]
    kept = min_max_buckets(points, pixels)
    assert len(kept) <= max(4 * pixels, 1)
    assert {min(values), max(values)} <= {value for _, value in kept}
    assert (points[0], points[-1]) == (kept[0], kept[-1])
    assert kept == sorted(set(kept) & set(points))
