"""The screen that follows a metric over runs, and tells which of them lie off what is usual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.charts import draw
from contexta_web.screens.words import short_name

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.anomalies import AnomalyResult, MetricBaseline
    from contexta.spi.dashboard import Question
    from contexta.spi.querying import RunListQuery
    from contexta.spi.trends import ChangePoint, MetricTrend, TrendPoint

__all__ = ["metric_keys", "show_trends"]

_RUNS, _MOST_RUNS = 50, 500
#: Metrics are offered that some of so many of the newest runs have.
_LOOKED_AT = 20
_MOST_KEYS = 500
#: So many of the newest values are judged one by one.
_MOST_JUDGED = 30


@dataclass(frozen=True, slots=True)
class Judged:
    """One run of a trend.

    Args:
        point: Its value.
        anomaly: What is unusual about it, or None.
    """

    point: TrendPoint
    anomaly: AnomalyResult | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A run from which on the metric had another level.

    Args:
        place: Its place in the trend, from 0.
        change: The levels before and after.
        run_before: The run before it.
    """

    place: int
    change: ChangePoint
    run_before: str


def show_trends(contexta: Contexta, question: Question) -> Page:
    """Show a metric over the newest runs with what is usual of it; where the address names none, a choice."""
    project, stage = question.first("project"), question.first("stage")
    count = question.count("runs", _RUNS, _MOST_RUNS) or 1
    keys = metric_keys(contexta, project)
    metric = question.first("metric") or (keys[0] if keys else None)
    values = {
        "keys": list(dict.fromkeys([*([metric] if metric else []), *keys])),
        "metric": metric or "",
        "projects": contexta.list_projects(),
        "project": project or "",
        "stage": stage or "",
        "runs": count,
    }
    if metric is None:
        return Page(
            "trends.html",
            {**values, "chart": None, "judged": (), "baseline": None, "changes": (), "notes": ()},
        )
    query = _query(project, count)
    trend = contexta.get_metric_trend(metric, stage_name=stage, query=query)
    changes = _changes(contexta, trend)
    baseline = contexta.anomaly_service.compute_baseline(metric, query=query, stage_name=stage)
    return Page(
        "trends.html",
        {
            **values,
            "chart": _chart(metric, trend.points, baseline, changes),
            "changes": changes,
            "judged": _judged(contexta, trend.points, baseline, stage),
            "baseline": baseline,
            "notes": trend.completeness_notes,
        },
    )


def metric_keys(contexta: Contexta, project: str | None = None) -> list[str]:
    """Return the metrics of the newest runs, those that most of them have first.

    Args:
        contexta: The workspace.
        project: Only runs of this project.
    """
    from contexta_web.screens.metrics import latest_values, telling_keys

    runs = contexta.list_runs(query=_query(project, _LOOKED_AT))
    return telling_keys(latest_values(contexta, [run.run_id for run in runs]), _MOST_KEYS)


def _query(project: str | None, count: int) -> RunListQuery:
    from contexta.spi.querying import RunListQuery

    return RunListQuery(project_name=project, limit=count)


def _changes(contexta: Contexta, trend: MetricTrend) -> list[Changed]:
    """Return where the level changed, the newest change first; nothing where the service cannot tell."""
    from contexta.spi.interpreters import SupportsChangePoints

    service = contexta.trend_service
    if not isinstance(service, SupportsChangePoints):
        return []
    found = [(trend.points.index(each.point), each) for each in service.find_change_points(trend)]
    return [Changed(place, each, trend.points[place - 1].run_id) for place, each in reversed(found)]


def _chart(
    metric: str, points: tuple[TrendPoint, ...], baseline: MetricBaseline, changes: list[Changed]
) -> object:
    end = max(len(points) - 1, 1)
    curves = [(metric, [(place, float(point.value)) for place, point in enumerate(points)])]
    levels = (("mean", baseline.mean), ("5 % lie below", baseline.p5), ("95 % lie below", baseline.p95))
    curves += [(name, [(0, value), (end, value)]) for name, value in levels if value is not None]
    marks = [
        (each.place, f"another level from {short_name(each.change.point.run_id)} on") for each in changes
    ]
    chart = draw(f"{metric}, the oldest run first", curves, baseline.unit, marks=marks)
    return None if chart is None else replace(chart, along="run")


def _judged(
    contexta: Contexta, points: tuple[TrendPoint, ...], baseline: MetricBaseline, stage: str | None
) -> list[Judged]:
    """Return the newest runs, the newest first, with what is unusual about them."""
    return [
        Judged(
            point,
            next(
                iter(
                    contexta.anomaly_service.detect_anomalies(
                        point.run_id, baseline=baseline, stage_name=stage
                    )
                ),
                None,
            ),
        )
        for point in reversed(points[-_MOST_JUDGED:])
    ]
