"""Curves as places on a drawing; the template draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEIGHT", "WIDTH", "Chart", "Curve", "draw"]

WIDTH, HEIGHT = 420, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 22
_COLORS = 8


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
        title: What is drawn.
        curves: The curves.
        levels: Place and text of the lines across.
        ends: Texts of the first and the last step.
        unit: Unit of the values, or None.
    """

    title: str
    curves: tuple[Curve, ...]
    levels: tuple[tuple[float, str], ...]
    ends: tuple[str, str]
    unit: str | None = None


def draw(
    title: str, named: Sequence[tuple[str, Sequence[tuple[int, float]]]], unit: str | None = None
) -> Chart | None:
    """Return the drawing of some series on common axes; None where there is nothing to draw.

    Args:
        title: What is drawn.
        named: Names and points, in the order of steps; no more than a drawing of :data:`WIDTH` shows.
        unit: Unit of the values.
    """
    every = [point for _, points in named for point in points if math.isfinite(point[1])]
    if not every:
        return None
    steps, values = [step for step, _ in every], [value for _, value in every]
    start, end, low, high = min(steps), max(steps), min(values), max(values)
    curves = tuple(
        _curve(name, place % _COLORS + 1, points, (start, end, low, high))
        for place, (name, points) in enumerate(named)
    )
    marks = [low] if low == high else [low, low + (high - low) / 2, high]
    levels = tuple((_across(mark, low, high), f"{mark:.4g}") for mark in marks)
    return Chart(title, curves, levels, (str(start), str(end)), unit)


def _curve(
    name: str, color: int, points: Sequence[tuple[int, float]], frame: tuple[int, int, float, float]
) -> Curve:
    start, end, low, high = frame
    kept = [
        (_along(step, start, end), _across(value, low, high))
        for step, value in points
        if math.isfinite(value)
    ]
    path = " ".join(f"{'L' if place else 'M'}{x:g} {y:g}" for place, (x, y) in enumerate(kept))
    return Curve(name, color, path if len(kept) > 1 else "", tuple(kept) if len(kept) == 1 else ())


def _along(step: int, start: int, end: int) -> float:
    share = (step - start) / (end - start) if end > start else 0.5
    return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)


def _across(value: float, low: float, high: float) -> float:
    # Halved first: the range of two great numbers may be greater than any number.
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
