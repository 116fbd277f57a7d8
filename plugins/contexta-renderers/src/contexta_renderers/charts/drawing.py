"""The parts of a drawing: what a template writes as SVG."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bar", "Chart", "Curve", "Legend", "Mark", "Rule", "Tick"]


@dataclass(frozen=True, slots=True)
class Tick:
    """One named place of an axis."""

    place: float
    text: str
    full_text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One point that can be pointed at."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One series of a line chart; ``path`` is the data of an SVG path, and color its number, from 1."""

    color: int
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with the place and text of what stands beside it."""

    color: int
    x: float
    y: float
    width: float
    height: float
    text: str
    text_x: float
    text_end: bool
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A marked level."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Legend:
    """The name of one series."""

    color: int
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole drawing.

    Args:
        kind: ``line`` or ``bar``.
        title: What it shows.
        description: What is in it, for those who do not see it.
        caption: What stands below it.
        width: Width of the drawing, in its own units.
        height: Height of the drawing.
        left: Where the plot begins.
        right: Where it ends.
        top: Its upper edge.
        bottom: Its lower edge.
        x_ticks: Ticks below.
        y_ticks: Ticks on the left.
        x_label: What is below.
        y_label: What is on the left.
        legends: Names of the series, where there are several.
        curves: The series of a line chart.
        bars: The bars of a bar chart.
        rules: Marked levels.
        zero: Where 0 stands in a bar chart.
        slanted: Whether names below are slanted.
    """

    kind: str
    title: str
    description: str
    caption: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str = ""
    y_label: str = ""
    legends: tuple[Legend, ...] = ()
    curves: tuple[Curve, ...] = ()
    bars: tuple[Bar, ...] = ()
    rules: tuple[Rule, ...] = ()
    zero: float = 0.0
    slanted: bool = False
