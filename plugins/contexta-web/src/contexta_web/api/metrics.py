"""Questions about metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta_web.api.endpoint import Endpoint
from contexta_web.api.parameters import Parameter
from contexta_web.api.run_choice import METRIC, RUN_CHOICE, RUN_ID, STAGE, query_of
from contexta_web.buckets import min_max_buckets

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta_web.api.endpoint import Arguments

__all__ = ["METRIC_ENDPOINTS"]


def _trend(contexta: Contexta, arguments: Arguments) -> Any:
    return contexta.get_metric_trend(
        arguments["metric"], stage_name=arguments["stage"], query=query_of(arguments)
    )


def _aggregate(contexta: Contexta, arguments: Arguments) -> Any:
    return contexta.aggregate_metric(
        arguments["metric"], stage_name=arguments["stage"], query=query_of(arguments)
    )


def _run_metrics(contexta: Contexta, arguments: Arguments) -> Any:
    run = contexta.get_run_snapshot(arguments["run_id"]).run
    summaries = contexta.repository.metric_summaries([run.run_id])
    return {"run_id": run.run_id, "metrics": sorted(summaries, key=lambda each: (each.key, each.stage or ""))}


def _series(contexta: Contexta, arguments: Arguments) -> Any:
    series = contexta.get_step_series(arguments["run_id"], arguments["metric"], stage_name=arguments["stage"])
    kept = min_max_buckets([(point.step, point.value) for point in series.points], arguments["pixels"])
    return {
        "run_id": series.run_id,
        "metric_key": series.metric_key,
        "unit": series.unit,
        "point_count": len(series.points),
        "is_whole": len(kept) == len(series.points),
        "steps": [step for step, _ in kept],
        "values": [value for _, value in kept],
        "completeness_notes": [note.summary for note in series.completeness_notes],
    }


METRIC_ENDPOINTS = (
    Endpoint(
        "/metrics/trend",
        "metric_trend",
        "A metric over runs.",
        _trend,
        (METRIC, STAGE, *RUN_CHOICE),
        ("metric_key", "points"),
    ),
    Endpoint(
        "/metrics/aggregate",
        "metric_aggregate",
        "A metric summed up over runs.",
        _aggregate,
        (METRIC, STAGE, *RUN_CHOICE),
        ("metric_key", "count"),
    ),
    Endpoint(
        "/runs/{run_id}/metrics",
        "run_metrics",
        "Count, least, greatest, first and latest value of each metric of a run.",
        _run_metrics,
        (RUN_ID,),
        ("run_id", "metrics"),
    ),
    Endpoint(
        "/runs/{run_id}/series",
        "metric_series",
        "A metric within a run, with no more points than a chart of that width can show.",
        _series,
        (
            RUN_ID,
            METRIC,
            STAGE,
            Parameter("pixels", "Width of the chart.", "count", default=800, least=1, greatest=10_000),
        ),
        ("run_id", "metric_key", "point_count", "steps", "values"),
    ),
)
