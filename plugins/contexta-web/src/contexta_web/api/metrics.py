"""Questions about metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta_web.api.endpoint import Endpoint
from contexta_web.api.run_choice import METRIC, RUN_CHOICE, RUN_ID, STAGE, query_of

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
)
