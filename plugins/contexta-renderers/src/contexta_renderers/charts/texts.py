"""The texts of charts: names that fit, and what a chart says to those who do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_renderers.cells import number_text

if TYPE_CHECKING:
    from contexta.spi.report_parts import ReportFigure

__all__ = ["COLORS", "color_of", "described", "shortened"]

#: Number of colours that a style has; further series begin anew, with another dash.
COLORS = 8

#: Values that a description names one by one.
_MOST_NAMED = 12


def color_of(place: int) -> int:
    """Return the number of a series' colour, from 1."""
    return place % COLORS + 1


def shortened(text: str, length: int) -> str:
    """Return a text with at most so many characters; what was cut ends in an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def described(figure: ReportFigure) -> str:
    """Return what a figure shows, in sentences."""
    told = [_series_text(figure, place) for place in range(len(figure.series))]
    kind = "Bar chart" if figure.kind == "bar" else "Line chart"
    return f"{kind}. {' '.join(text for text in told if text)}"


def _series_text(figure: ReportFigure, place: int) -> str:
    series = figure.series[place]
    known = [(x, y) for x, y in series.points if y is not None]
    if not known:
        return ""
    unit = f" {series.unit}" if series.unit else ""
    if figure.kind == "bar" and len(known) <= _MOST_NAMED:
        bars = ", ".join(f"{figure.categories[int(x)]} {number_text(y)}{unit}" for x, y in known)
        return f"{series.name}: {bars}."
    values = [y for _, y in known]
    return (
        f"{series.name}: {len(values)} values from {number_text(values[0])} to {number_text(values[-1])}{unit}, "
        f"least {number_text(min(values))}, greatest {number_text(max(values))}."
    )
