"""How series look at a width, by hand: the meaning that every store's own outlines must match."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import ValidationError
from contexta.spi.outlines import Grid, OutlineQuery, grid_of, outline_of, telling_points
from contexta.spi.pushdown import MetricArrays


def series(points, stepless=0):
    """Return arrays of (step, value) pairs, a nanosecond apart in time."""
    steps, values = zip(*points, strict=True)
    return MetricArrays(array("d", values), array("q", range(len(values))), array("q", steps), stepless)


def test_what_fits_is_left_alone():
    """As many points as are kept of the columns come whole."""
    outline = outline_of(series([(step, step % 3) for step in range(8)]), OutlineQuery(columns=2))
    assert (outline.is_whole, list(range(8))) == (True, list(outline.places))


def test_one_column():
    """Of one column the first, the least, the greatest and the last are kept, in their order."""
    points = [(0, 2.0), (1, 9.0), (2, 5.0), (3, -1.0), (4, 4.0), (5, 3.0)]
    outline = outline_of(series(points), OutlineQuery(columns=1))
    assert ([0, 1, 3, 5], [2.0, 9.0, -1.0, 3.0]) == (list(outline.places), list(outline.values))
    assert (6, 0, 5, False) == (outline.point_count, outline.low, outline.high, outline.is_whole)


def test_a_part_of_the_axis():
    """Both ends belong to the part, the columns are those of the part, and the ends told are those of the whole."""
    query = OutlineQuery(columns=2, start=10, end=19)
    outline = outline_of(series([(step, float(step)) for step in range(100)]), query)
    assert Grid(10, 5) == grid_of(query, 0, 99)
    assert [10, 14, 15, 19] == list(outline.places)
    assert (10, 0, 99) == (outline.point_count, outline.low, outline.high)


def test_points_without_a_step():
    """A point without a step stands at its number in the series."""
    outline = outline_of(series([(0, 5.0), (0, 6.0), (40, 7.0)], stepless=2), OutlineQuery(columns=9))
    assert [0, 1, 40] == list(outline.places)


def test_along_time():
    """Along time the places are those of the clock, whatever the steps."""
    outline = outline_of(series([(7, 1.0), (8, 2.0)]), OutlineQuery(columns=9, axis="time"))
    assert [0, 1] == list(outline.places)


@pytest.mark.parametrize("wrong", [{"columns": 0}, {"columns": 100_001}, {"columns": 3, "axis": "stage"}])
def test_what_cannot_be_drawn(wrong):
    """No columns, too many, and an axis that there is not are refused."""
    with pytest.raises(ValidationError) as refused:
        OutlineQuery(**wrong)
    assert "outline_invalid_query" == refused.value.code


@given(
    values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300),
    columns=st.integers(1, 40),
    start=st.integers(-1000, 1000),
)
def test_extremes_stay_and_the_size_is_bounded(values, columns, start):
    """At most four points for each column; the least, greatest, first and last of all, and nothing that was not there."""
    points = [(start + 3 * place, value) for place, value in enumerate(values)]
    outline = outline_of(series(points), OutlineQuery(columns=columns))
    kept = list(zip(outline.places, outline.values, strict=True))
    assert len(kept) <= 4 * columns
    assert {min(values), max(values)} <= {value for _, value in kept}
    assert (points[0], points[-1]) == (kept[0], kept[-1])
    assert kept == sorted(set(kept) & set(points))


@given(values=st.lists(st.floats(-9, 9), min_size=2, max_size=99), cut=st.integers(1, 98))
def test_parts_may_be_thinned_first(values, cut):
    """The telling points of two parts of a series, put together, have the telling points of the series."""
    points, grid = list(enumerate(values)), Grid(0, 7)
    parts = telling_points(points[:cut], grid) + telling_points(points[cut:], grid)
    assert telling_points(points, grid) == telling_points(parts, grid)
