"""A series as a line of little bars, for the formats that have no drawings."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from contexta_renderers.cells import number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.report_parts import ReportFigure

__all__ = ["figure_lines"]

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 24
_BAR_WIDTH = 20


def figure_lines(figure: ReportFigure, *, charts: bool) -> Iterator[tuple[str, str]]:
    """Yield name and drawing of each series of a figure; of bars, of each category.

    Args:
        figure: The figure.
        charts: Whether anything is drawn; otherwise the values alone are named.
    """
    if figure.kind == "bar":
        yield from _bars(figure, charts=charts)
        return
    for series in figure.series:
        values = [y for _, y in series.points if y is not None]
        if not values:
            continue
        unit = f" {series.unit}" if series.unit else ""
        told = f"{number_text(values[0])} → {number_text(values[-1])}{unit} (from {number_text(min(values))} to {number_text(max(values))})"
        yield series.name, f"{_sparkline(values)}  {told}" if charts else told


def _bars(figure: ReportFigure, *, charts: bool) -> Iterator[tuple[str, str]]:
    values = [abs(y) for series in figure.series for _, y in series.points if y is not None]
    longest = max(values, default=0) or 1
    for series in figure.series:
        for x, y in series.points:
            if y is None:
                continue
            name = figure.categories[int(x)]
            several = f" ({series.name})" if len(figure.series) > 1 else ""
            told = number_text(y) + (f" {series.unit}" if series.unit else "")
            bar = "█" * max(1, round(abs(y) / longest * _BAR_WIDTH)) if y else ""
            yield f"{name}{several}", f"{bar} {told}".strip() if charts else told


def _sparkline(values: list[float]) -> str:
    if len(values) > _WIDTH:
        edges = [round(place * len(values) / _WIDTH) for place in range(_WIDTH + 1)]
        parts = [values[begin:end] for begin, end in itertools.pairwise(edges)]
        values = [sum(part) / len(part) for part in parts]
    least, greatest = min(values), max(values)
    if least == greatest:
        return _BARS[0] * len(values)
    last = len(_BARS) - 1
    return "".join(_BARS[round((value - least) / (greatest - least) * last)] for value in values)
