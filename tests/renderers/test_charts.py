"""The geometry of charts: round axes that hold every value, and marks at the right places."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.interpretation import FigureLine, FigureSeries, ReportFigure
from contexta_renderers.charts.bar_chart import bar_chart
from contexta_renderers.charts.line_chart import line_chart
from contexta_renderers.charts.scale import scale_for, tick_text

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_an_axis_holds_every_value_in_order(values, zero, may_be_log):
    """Whatever is drawn stands between the ends of the axis, greater values further on; there are 2 to 12 ticks."""
    scale = scale_for(values, 0.0, 100.0, zero=zero, may_be_log=may_be_log)
    places = [scale.place(value) for value in sorted(values)]
    assert all(-0.01 <= place <= 100.01 for place in places)
    assert places == sorted(places)
    assert 2 <= len(scale.ticks) <= 12
    assert list(scale.ticks) == sorted(set(scale.ticks))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.0], (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        ([3.0, 17.0], (0, 5, 10, 15, 20)),
        ([-0.3, 0.1], (-0.3, -0.2, -0.1, 0, 0.1)),
        ([5.0, 5.0], (4.4, 4.6, 4.8, 5.0, 5.2, 5.4, 5.6)),
    ],
)
def test_ticks_are_round(values, ticks):
    """Ticks worked out by hand."""
    assert pytest.approx(ticks) == scale_for(values, 0, 1).ticks


def test_values_over_powers_of_ten_are_drawn_logarithmically():
    """From a span of a thousand on equal distances are equal ratios."""
    scale = scale_for([0.001, 10.0], 0.0, 100.0, may_be_log=True)
    assert scale.logarithmic
    assert pytest.approx((0.001, 0.01, 0.1, 1, 10)) == scale.ticks
    assert [0, 25, 50, 75, 100] == [scale.place(tick) for tick in scale.ticks]
    assert not scale_for([0.0, 10.0], 0, 1, may_be_log=True).logarithmic


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(0.0, 0.1, "0"), (0.5, 0.1, "0.5"), (20.0, 5.0, "20"), (2.5e6, 5e5, "2.5e6"), (3e-05, 1e-05, "3e-5")],
)
def test_ticks_are_named_with_as_many_decimals_as_they_differ_in(value, step, text):
    """Names worked out by hand."""
    assert text == tick_text(value, step)


def test_a_gap_parts_a_curve():
    """A value that is missing or not finite is not drawn over."""
    points = [(0, 1.0), (1, None), (2, 2.0), (3, math.nan), (4, 1.0), (5, 2.0)]
    (curve,) = line_chart(ReportFigure("x", [FigureSeries("s", points)])).curves
    assert curve.path.count("M") == 3
    assert curve.path.count("L") == 1
    assert len(curve.marks) == 4


def test_long_curves_have_no_marks_and_go_from_edge_to_edge():
    """A thousand points are a path and nothing else."""
    chart = line_chart(ReportFigure("x", [FigureSeries("s", [(x, x * x) for x in range(1000)])]))
    (curve,) = chart.curves
    assert curve.marks == ()
    assert curve.path.startswith(f"M{chart.left:g} ")
    assert f"L{chart.right:g} " in curve.path


def test_a_level_is_marked_within_the_axis():
    """A threshold beyond the values widens the axis."""
    chart = line_chart(
        ReportFigure("x", [FigureSeries("s", [(0, 1.0), (1, 2.0)])], lines=[FigureLine(9.0, "limit")])
    )
    (rule,) = chart.rules
    assert chart.top <= rule.place <= chart.bottom
    assert rule.text == "limit 9"


def test_bars_lie_on_the_side_of_their_sign():
    """Bars begin at zero, and no two overlap."""
    chart = bar_chart(
        ReportFigure("x", [FigureSeries("s", [(0, -2.0), (1, 4.0)])], kind="bar", categories=["a", "b"])
    )
    left, right = chart.bars
    assert left.x + left.width == pytest.approx(chart.zero)
    assert right.x == pytest.approx(chart.zero)
    assert right.width == pytest.approx(2 * left.width, rel=0.01)
    assert all(above.y + above.height <= below.y for above, below in pairwise(chart.bars))
    assert (left.text, right.text) == ("-2", "4")


@pytest.mark.parametrize("points", [[], [(0, None)], [(0, math.inf)]])
def test_nothing_to_draw_is_no_chart(points):
    """A figure without a finite value is told, not drawn."""
    assert line_chart(ReportFigure("x", [FigureSeries("s", points)])) is None
    assert bar_chart(ReportFigure("x", [FigureSeries("s", points)], kind="bar", categories=["a"])) is None


def test_charts_say_what_is_in_them(small_document):
    """Somebody who does not see a chart hears its values."""
    html = small_document.to_html()
    assert 'aria-label="loss. Line chart. loss: 3 values from 1 to 0.25, least 0.25, greatest 1."' in html
