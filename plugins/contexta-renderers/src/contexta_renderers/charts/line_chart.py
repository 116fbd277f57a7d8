"""Line charts: curves over numbers, or over named places."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta_renderers.cells import number_text
from contexta_renderers.charts.drawing import Chart, Curve, Legend, Mark, Rule, Tick
from contexta_renderers.charts.scale import Scale, scale_for, tick_text
from contexta_renderers.charts.texts import color_of, described, shortened

if TYPE_CHECKING:
    from contexta.spi.report_parts import FigureSeries, ReportFigure

__all__ = ["line_chart"]

_WIDTH = 560.0
_HEIGHT = 260.0
_LEFT = 62.0
_RIGHT = 546.0
_TOP = 12.0
_BELOW = 46.0
_BELOW_NAMES = 82.0
#: Points of a series that can be pointed at; of longer ones only the curve is drawn.
_MOST_MARKS = 60
#: Names that fit below.
_MOST_NAMES = 12
_NAME_LENGTH = 15


def line_chart(figure: ReportFigure) -> Chart | None:
    """Return the geometry of a line chart; None where there is nothing to draw."""
    points = [(x, y) for series in figure.series for x, y in series.points if y is not None]
    points = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    if not points:
        return None
    bottom = _HEIGHT - (_BELOW_NAMES if figure.categories else _BELOW)
    levels = [line.value for line in figure.lines if math.isfinite(line.value)]
    heights = scale_for([*(y for _, y in points), *levels], bottom, _TOP, may_be_log=not levels)
    across = _across(figure, points)
    y_label = figure.y_label + (" (logarithmic)" if heights.logarithmic else "")
    return Chart(
        kind="line",
        title=figure.title,
        description=described(figure),
        caption=figure.caption,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=bottom,
        x_ticks=_names(figure, across) if figure.categories else _numbers(across),
        y_ticks=_numbers(heights),
        x_label=figure.x_label,
        y_label=y_label.strip(),
        legends=tuple(Legend(color_of(place), series.name) for place, series in enumerate(figure.series))
        if len(figure.series) > 1
        else (),
        curves=tuple(
            _curve(series, color_of(place), figure, across, heights)
            for place, series in enumerate(figure.series)
        ),
        rules=tuple(
            Rule(heights.place(line.value), f"{line.label} {number_text(line.value)}".strip())
            for line in figure.lines
            if math.isfinite(line.value)
        ),
        slanted=bool(figure.categories),
    )


def _across(figure: ReportFigure, points: list[tuple[float, float]]) -> Scale:
    if figure.categories:
        # Half a place of air on both sides.
        last = len(figure.categories) - 0.5
        return Scale(-0.5, last, _LEFT, _RIGHT, tuple(range(len(figure.categories))))
    places = [x for x, _ in points]
    rounded = scale_for(places, _LEFT, _RIGHT)
    low, high = min(places), max(places)
    if low == high:
        return rounded
    # Curves reach from edge to edge; only heights are rounded.
    whole = all(x == int(x) for x in places)
    ticks = tuple(tick for tick in rounded.ticks if low <= tick <= high and (tick == int(tick) or not whole))
    return Scale(low, high, _LEFT, _RIGHT, ticks)


def _numbers(scale: Scale) -> tuple[Tick, ...]:
    ticks = scale.ticks
    step = ticks[1] - ticks[0] if len(ticks) > 1 and not scale.logarithmic else 0.0
    return tuple(
        Tick(scale.place(tick), tick_text(tick, step) if step else number_text(tick)) for tick in ticks
    )


def _names(figure: ReportFigure, across: Scale) -> tuple[Tick, ...]:
    every = max(1, math.ceil(len(figure.categories) / _MOST_NAMES))
    return tuple(
        Tick(across.place(place), shortened(name, _NAME_LENGTH), name)
        for place, name in enumerate(figure.categories)
        if place % every == 0
    )


def _curve(series: FigureSeries, color: int, figure: ReportFigure, across: Scale, heights: Scale) -> Curve:
    path: list[str] = []
    marks: list[Mark] = []
    pen_is_down = False
    unit = f" {series.unit}" if series.unit else ""
    for x, y in series.points:
        if y is None or not math.isfinite(y) or not math.isfinite(x):
            pen_is_down = False
            continue
        place = across.place(x), heights.place(y)
        path.append(f"{'L' if pen_is_down else 'M'}{place[0]:g} {place[1]:g}")
        pen_is_down = True
        where = (
            figure.categories[int(x)] if figure.categories else f"{figure.x_label} {number_text(x)}".strip()
        )
        marks.append(Mark(*place, f"{series.name}, {where}: {number_text(y)}{unit}"))
    shown = tuple(marks) if len(marks) <= _MOST_MARKS else ()
    return Curve(color, "".join(path), shown)
