"""Figures of metrics: curves within runs, and values over runs."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from contexta.spi.report_parts import FigureSeries, ReportFigure
from contexta.spi.stage_names import stage_component
from contexta_interpretation.reports.thinning import thinned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.records import MetricPoint, MetricSummary
    from contexta.spi.repository import SupportsBulkQueries

__all__ = ["MOST_FIGURES", "curve_figures", "finite"]

#: A section shows at most so many curves, the first by name; its text says how many there are beside them.
MOST_FIGURES = 12

#: Runs whose curves on several parts of the data share a figure.
_MOST_RUNS_TOGETHER = 2

#: Points that are drawn of one series; more do not fit on a page.
_MOST_POINTS = 300

#: What stands before the name of one metric that was measured on several parts of the data.
_PART_OF_DATA = re.compile(r"(?i)^(?:train|training|val|valid|validation|test|eval|evaluation|dev)[._/-]")


def finite(value: object) -> float | None:
    """Return a number that can be drawn, or None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def curve_figures(
    curves: SupportsBulkQueries,
    summaries: Iterable[MetricSummary],
    run_names: Mapping[str, str],
    *,
    stage_names: Mapping[str, str] | None = None,
) -> tuple[list[ReportFigure], int]:
    """Return one figure for each metric that has a course, and how many were left out.

    What was measured on several parts of the data, such as ``train.loss`` and ``val.loss``, shares one figure, unless
    there are more runs than can be told apart in it.

    Args:
        curves: Where points are read.
        summaries: What is known of the metrics.
        run_names: Names of the runs, by identifier, in the order of the legend.
        stage_names: Names of stages, by identifier.
    """
    groups: dict[str, list[MetricSummary]] = {}
    places = {run_id: place for place, run_id in enumerate(run_names)}
    for summary in sorted(summaries, key=lambda each: (each.key, places.get(each.run, 0), each.stage or "")):
        if summary.count > 1:
            title = (
                _PART_OF_DATA.sub("", summary.key) if len(run_names) <= _MOST_RUNS_TOGETHER else summary.key
            )
            groups.setdefault(title, []).append(summary)
    drawn = sorted(groups)[:MOST_FIGURES]
    figures = [_figure(curves, key, groups[key], run_names, stage_names or {}) for key in drawn]
    return figures, len(groups) - len(drawn)


def _figure(
    curves: SupportsBulkQueries,
    title: str,
    group: Sequence[MetricSummary],
    run_names: Mapping[str, str],
    stage_names: Mapping[str, str],
) -> ReportFigure:
    found = [(each, curves.metric_points(each.run, each.key, each.stage)) for each in group]
    # metric_points without a stage gives those of all stages; a summary is of one, or of the run itself.
    found = [(each, [point for point in points if point.stage == each.stage]) for each, points in found]
    has_steps = all(point.step is not None for _, points in found for point in points)
    total = sum(len(points) for _, points in found)
    series = tuple(
        FigureSeries(name, thinned(_drawable(points, has_steps=has_steps), _MOST_POINTS), each.unit)
        for (each, points), name in zip(found, _names(group, run_names, stage_names), strict=True)
    )
    units = {each.unit for each in group if each.unit}
    shown = sum(len(each.points) for each in series)
    return ReportFigure(
        title,
        series,
        x_label="step" if has_steps else "point",
        y_label=units.pop() if len(units) == 1 else "",
        caption=f"{shown} of {total} points are drawn, the extremes among them." if shown < total else "",
    )


def _drawable(points: Sequence[MetricPoint], *, has_steps: bool) -> list[tuple[float, float | None]]:
    return [
        (float(point.step if has_steps and point.step is not None else place), finite(point.value))
        for place, point in enumerate(points)
    ]


def _names(
    group: Sequence[MetricSummary], run_names: Mapping[str, str], stage_names: Mapping[str, str]
) -> list[str]:
    """Return what tells the series of a figure apart, and no more than that."""
    keys = {each.key for each in group}
    runs = {each.run for each in group}
    stages = {(each.run, each.stage) for each in group}
    names = []
    for each in group:
        parts = []
        if len(runs) > 1:
            parts.append(run_names.get(each.run, each.run))
        if len(keys) > 1 or len(runs) == 1:
            parts.append(each.key)
        if len(stages) > len(runs) and each.stage is not None:
            parts.append(stage_names.get(each.stage) or stage_component(each.stage))
        names.append(" · ".join(parts))
    return names
