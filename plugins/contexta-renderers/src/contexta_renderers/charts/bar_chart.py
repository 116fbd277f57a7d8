"""Bar charts: one bar for each category and series, lying, so that long names have room."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta_renderers.cells import number_text
from contexta_renderers.charts.drawing import Bar, Chart, Legend, Tick
from contexta_renderers.charts.scale import Scale, scale_for, tick_text
from contexta_renderers.charts.texts import color_of, described, shortened

if TYPE_CHECKING:
    from contexta.spi.report_parts import FigureSeries, ReportFigure

__all__ = ["bar_chart"]

_WIDTH = 560.0
_TOP = 8.0
_BELOW = 40.0
_RIGHT = 500.0
_BAR = 16.0
_GAP = 8.0
_NAME_LENGTH = 26
_CHARACTER = 6.6
_LEAST_LEFT = 60.0
#: Room for the values of bars that reach to the left.
_NEGATIVE = 66.0


def bar_chart(figure: ReportFigure) -> Chart | None:
    """Return the geometry of a bar chart; None where there is nothing to draw."""
    values = [y for series in figure.series for _, y in series.points if y is not None and math.isfinite(y)]
    if not values or not figure.categories:
        return None
    names = [shortened(name, _NAME_LENGTH) for name in figure.categories]
    left = max(_LEAST_LEFT, max(len(name) for name in names) * _CHARACTER + 14)
    negative = min(values) < 0
    across = scale_for(values, left + (_NEGATIVE if negative else 0), _RIGHT, zero=True)
    group = _BAR * len(figure.series) + _GAP
    bottom = _TOP + group * len(names)
    ticks = across.ticks
    step = ticks[1] - ticks[0]
    return Chart(
        kind="bar",
        title=figure.title,
        description=described(figure),
        caption=figure.caption,
        width=_WIDTH,
        height=bottom + _BELOW,
        left=left,
        right=_RIGHT,
        top=_TOP,
        bottom=bottom,
        x_ticks=tuple(Tick(across.place(tick), tick_text(tick, step)) for tick in ticks),
        y_ticks=tuple(
            Tick(_TOP + group * place + group / 2, name, full)
            for place, (name, full) in enumerate(zip(names, figure.categories, strict=True))
        ),
        x_label=figure.y_label,
        legends=tuple(Legend(color_of(place), each.name) for place, each in enumerate(figure.series))
        if len(figure.series) > 1
        else (),
        bars=tuple(
            bar
            for place, series in enumerate(figure.series)
            for bar in _bars(series, place, figure, across, group)
        ),
        zero=across.place(0.0),
    )


def bar_value(value: float) -> str:
    """Return the value that stands beside a bar, with as many digits as there is room for."""
    return number_text(value) if isinstance(value, int) or value == int(value) else f"{value:.4g}"


def _bars(series: FigureSeries, place: int, figure: ReportFigure, across: Scale, group: float) -> list[Bar]:
    made = []
    unit = f" {series.unit}" if series.unit else ""
    zero = across.place(0.0)
    for x, y in series.points:
        if y is None or not math.isfinite(y):
            continue
        end = across.place(y)
        top = _TOP + group * x + _GAP / 2 + _BAR * place
        text = f"{bar_value(y)}{unit}"
        made.append(
            Bar(
                color_of(place),
                min(zero, end),
                round(top, 2),
                round(max(abs(end - zero), 1.0), 2),
                _BAR - 2,
                text,
                end + (5 if y >= 0 else -5),
                y < 0,
                f"{figure.categories[int(x)]}: {text}",
            )
        )
    return made
