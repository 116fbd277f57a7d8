"""Curves as places on a drawing; the template draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.contract.timestamps import text_from_ns
from contexta_web.screens.chart_view import ChartView
from contexta_web.screens.words import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEIGHT", "WIDTH", "Chart", "Curve", "draw"]

WIDTH, HEIGHT = 420, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 22
_COLORS = 8
_PLAIN = ChartView()


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve.

    Args:
        name: What it is called.
        color: Number of its colour, from 1.
        path: Its path in SVG.
        dots: Places of points that stand alone.
    """

    name: str
    color: int
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of curves.

    Args:
        title: What is drawn, the metric.
        curves: The curves.
        levels: Place and text of the lines across.
        ends: Texts of the first and the last place.
        unit: Unit of the values, or None.
        runs: The runs and the names of their curves, for a script that draws it better.
        along: What lies across.
        marks: Places along, and what begins there.
    """

    title: str
    curves: tuple[Curve, ...]
    levels: tuple[tuple[float, str], ...]
    ends: tuple[str, str]
    unit: str | None = None
    runs: tuple[tuple[str, str], ...] = ()
    along: str = "step"
    marks: tuple[tuple[float, str], ...] = ()


def draw(
    title: str,
    named: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    unit: str | None = None,
    view: ChartView = _PLAIN,
    marks: Sequence[tuple[float, str]] = (),
) -> Chart | None:
    """Return the drawing of some series on common axes; None where there is nothing to draw.

    Args:
        title: What is drawn.
        named: Names and points, by rising place; no more than a drawing of :data:`WIDTH` shows.
        unit: Unit of the values.
        view: How they are looked at; on a logarithmic scale all values are above zero.
        marks: Places along that are marked, and what begins there.
    """
    every = [point for _, points in named for point in points if math.isfinite(point[1])]
    if not every:
        return None
    height = math.log10 if view.log else float
    places, values = [place for place, _ in every], [height(value) for _, value in every]
    start, end, low, high = min(places), max(places), min(values), max(values)
    curves = tuple(
        _curve(
            name,
            number % _COLORS + 1,
            [(place, height(value)) for place, value in points if math.isfinite(value)],
            (start, end, low, high),
        )
        for number, (name, points) in enumerate(named)
    )
    # Halved first, as below.
    shown = [low] if low == high else [low, low / 2 + high / 2, high]
    levels = tuple((_across(mark, low, high), f"{10**mark if view.log else mark:.4g}") for mark in shown)
    return Chart(
        title,
        curves,
        levels,
        (_place_text(start, view), _place_text(end, view)),
        unit,
        along=view.axis,
        marks=tuple((_along(place, start, end), text) for place, text in marks),
    )


def _place_text(place: float, view: ChartView) -> str:
    if view.axis == "time":
        return clock(text_from_ns(round(place * 1_000_000)))
    return f"{place:.4g} s" if view.axis == "relative" else f"{place:.10g}"


def _curve(
    name: str,
    color: int,
    points: Sequence[tuple[float, float]],
    frame: tuple[float, float, float, float],
) -> Curve:
    start, end, low, high = frame
    kept = [(_along(place, start, end), _across(value, low, high)) for place, value in points]
    path = " ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(kept))
    return Curve(name, color, path if len(kept) > 1 else "", tuple(kept) if len(kept) == 1 else ())


def _along(place: float, start: float, end: float) -> float:
    share = (place - start) / (end - start) if end > start else 0.5
    return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)


def _across(value: float, low: float, high: float) -> float:
    # Halved first: the range of two great numbers may be greater than any number.
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
