"""The curves of a metric in some runs, as a view asks for them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.spi.outlines import MetricOutline, OutlineQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta import Contexta
    from contexta_web.screens.chart_view import ChartView

__all__ = ["Points", "curves_of"]

#: Places and values.
Points = list[tuple[float, float]]

_NANOSECONDS = {"step": 1, "time": 1_000_000, "relative": 1_000_000_000}
#: Further away than any step or time.
_FAR = 1e19


def curves_of(
    contexta: Contexta, key: str, run_ids: Sequence[str], view: ChartView, columns: int
) -> dict[str, Points]:
    """Return the points to draw, by run; on a logarithmic scale only those above zero.

    Args:
        contexta: The workspace.
        key: The metric.
        run_ids: The runs.
        view: How they are looked at.
        columns: Width of the drawing.
    """
    outlines = _outlines(contexta, key, run_ids, view, columns)
    curves: dict[str, Points] = {}
    for run_id, outline in outlines.items():
        begin = (outline.low or 0) if view.axis == "relative" else 0
        factor = _NANOSECONDS[view.axis]
        places = [(place - begin) / factor for place in outline.places]
        points = zip(places, _smoothed(outline.values, view.smooth), strict=True)
        curves[run_id] = [
            (place, value) for place, value in points if math.isfinite(value) and (value > 0 or not view.log)
        ]
    return curves


def _outlines(
    contexta: Contexta, key: str, run_ids: Sequence[str], view: ChartView, columns: int
) -> Mapping[str, MetricOutline]:
    ask = contexta.repository.metric_outlines
    query = OutlineQuery(columns=columns, axis="step" if view.axis == "step" else "time")
    if view.axis != "relative":
        return ask(run_ids, key, _part(query, view, 0))
    whole = ask(run_ids, key, query)
    if view.start is None and view.end is None:
        return whole
    # What is counted from the beginning of each run lies elsewhere in each.
    found: dict[str, MetricOutline] = {}
    for run_id, outline in whole.items():
        found.update(ask([run_id], key, _part(query, view, outline.low or 0)))
    return found


def _part(query: OutlineQuery, view: ChartView, begin: int) -> OutlineQuery:
    def place(number: float | None) -> int | None:
        if number is None:
            return None
        return begin + round(max(-_FAR, min(number * _NANOSECONDS[view.axis], _FAR)))

    return replace(query, start=place(view.start), end=place(view.end))


def _smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Return an exponential moving average that does not start low."""
    if not weight:
        return list(values)
    average, share, found = 0.0, 1.0, []
    for value in values:
        average = average * weight + value * (1 - weight)
        share *= weight
        found.append(average / (1 - share))
    return found
