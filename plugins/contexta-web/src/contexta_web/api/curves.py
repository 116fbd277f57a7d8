"""Questions about the points of metrics, for drawings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta_web.api.endpoint import Endpoint
from contexta_web.api.parameters import Parameter
from contexta_web.api.run_choice import METRIC, RUN_ID, STAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta import Contexta
    from contexta.spi.outlines import MetricOutline, OutlineQuery
    from contexta.spi.records import MetricSummary
    from contexta_web.api.endpoint import Arguments

__all__ = ["CURVE_ENDPOINTS"]

_MOST_CURVES = 100
#: All curves of an answer together are so wide at most.
_MOST_COLUMNS = 100_000
#: A time is milliseconds here: nanoseconds would be rounded by every reader of JSON that has doubles only.
_NANOSECONDS = 1_000_000
#: Further away than any step or time.
_FAR = 1e19


def _series(contexta: Contexta, arguments: Arguments) -> Any:
    run_id = contexta.get_run_snapshot(arguments["run_id"]).run.run_id
    [told] = _curves(contexta, [run_id], arguments)
    return {
        "metric_key": arguments["metric"],
        "unit": _unit(_summaries(contexta, [run_id], arguments)),
        "axis": arguments["axis"],
        **told,
    }


def _many_series(contexta: Contexta, arguments: Arguments) -> Any:
    asked = list(dict.fromkeys(each.strip() for each in arguments["run_ids"].split(",") if each.strip()))
    if not 1 <= len(asked) <= _MOST_CURVES:
        raise ValidationError(
            f"run_ids names {len(asked)} runs; give 1 to {_MOST_CURVES}, with commas between them",
            code="http_invalid_parameter",
            details={"parameter": "run_ids"},
        )
    if len(asked) * arguments["pixels"] > _MOST_COLUMNS:
        raise ValidationError(
            f"{len(asked)} runs of {arguments['pixels']} pixels are too much at once; ask for fewer or narrower ones",
            code="http_invalid_parameter",
            details={"parameter": "pixels"},
        )
    run_ids = [contexta.get_run_snapshot(each).run.run_id for each in asked]
    return {
        "metric_key": arguments["metric"],
        "unit": _unit(_summaries(contexta, run_ids, arguments)),
        "axis": arguments["axis"],
        "series": _curves(contexta, run_ids, arguments),
    }


def _curves(contexta: Contexta, run_ids: list[str], arguments: Arguments) -> list[dict[str, Any]]:
    from contexta.spi.outlines import MetricOutline

    query, empty = _query(arguments), MetricOutline()
    found = contexta.repository.metric_outlines(run_ids, arguments["metric"], query, arguments["stage"])
    degraded = {each.run for each in _summaries(contexta, run_ids, arguments) if each.degraded}
    damage = [f"damaged_{what}:{n}" for what, n in sorted(contexta.repository.damage_counts().items()) if n]
    told = []
    for run_id in run_ids:
        outline = found.get(run_id, empty)
        notes = [f"degraded_value:{arguments['metric']}"] if run_id in degraded else []
        notes = notes if len(outline.values) else [f"step_series_empty:{arguments['metric']}", *notes]
        told.append({"run_id": run_id, **_plain(outline, query), "completeness_notes": [*notes, *damage]})
    return told


def _plain(outline: MetricOutline, query: OutlineQuery) -> dict[str, Any]:
    def place(number: int | None) -> float | None:
        return number / _NANOSECONDS if number is not None and query.axis == "time" else number

    return {
        "point_count": outline.point_count,
        "is_whole": outline.is_whole,
        "low": place(outline.low),
        "high": place(outline.high),
        "times" if query.axis == "time" else "steps": [place(each) for each in outline.places],
        "values": outline.values,
    }


def _query(arguments: Arguments) -> OutlineQuery:
    from contexta.spi.outlines import OutlineQuery

    def place(name: str, whole: Callable[[float], int]) -> int | None:
        factor = _NANOSECONDS if arguments["axis"] == "time" else 1
        number = arguments[name]
        return None if number is None else whole(max(-_FAR, min(number * factor, _FAR)))

    return OutlineQuery(
        columns=arguments["pixels"],
        axis=arguments["axis"],
        start=place("start", math.floor),
        end=place("end", math.ceil),
    )


def _summaries(contexta: Contexta, run_ids: list[str], arguments: Arguments) -> Sequence[MetricSummary]:
    found = contexta.repository.metric_summaries(run_ids, [arguments["metric"]])
    stage = arguments["stage"]
    return [each for each in found if stage is None or (each.stage or "").rpartition(".")[2] == stage]


def _unit(summaries: Sequence[MetricSummary]) -> str | None:
    """Return the unit of the newest points that name one."""
    newest = sorted(summaries, key=lambda each: each.latest.time)
    return next((each.unit for each in reversed(newest) if each.unit), None)


_VIEW = (
    STAGE,
    Parameter("pixels", "Width of the chart.", "count", default=800, least=1, greatest=10_000),
    Parameter("axis", "What lies across: step or time.", choices=("step", "time"), default="step"),
    Parameter("start", "Only points from here on: a step, or milliseconds since 1970 UTC.", "number"),
    Parameter("end", "Only points up to here.", "number"),
)
_RUN_IDS = Parameter("run_ids", "The runs, with commas between them.", is_required=True)

CURVE_ENDPOINTS = (
    Endpoint(
        "/runs/{run_id}/series",
        "metric_series",
        "A metric within a run, with no more points than a chart of that width can show.",
        _series,
        (RUN_ID, METRIC, *_VIEW),
        ("run_id", "metric_key", "point_count", "values"),
    ),
    Endpoint(
        "/metrics/series",
        "metric_series_of_runs",
        "A metric within each of some runs, with no more points than a chart of that width can show.",
        _many_series,
        (METRIC, _RUN_IDS, *_VIEW),
        ("metric_key", "series"),
    ),
)
