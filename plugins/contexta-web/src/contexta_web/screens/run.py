"""The screen of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta_web.screens.metrics import chart_of, telling_keys
from contexta_web.screens.question import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.views import StageRecord
    from contexta_web.screens.question import Question

__all__ = ["show_run"]

_MOST_CHARTS = 12
_MOST_EVENTS = 100
_MOST_PACKAGES = 400
_GANTT_WIDTH = 400


def show_run(contexta: Contexta, question: Question) -> Page:
    """Show everything about one run on one page."""
    snapshot = contexta.get_run_snapshot(question.path["run_id"])
    run = snapshot.run
    summaries = sorted(
        contexta.repository.metric_summaries([run.run_id]), key=lambda each: (each.key, each.stage or "")
    )
    keys = telling_keys({run.run_id: {each.key: 0.0 for each in summaries}}, _MOST_CHARTS)
    charts = [chart_of(contexta, key, [(run.run_id, key)]) for key in keys]
    events = contexta.repository.list_records(run_id=run.run_id, record_type="event")
    environment = contexta.repository.get_environment(run.run_id)
    return Page(
        "run.html",
        {
            "run": run,
            "summaries": summaries,
            "charts": [chart for chart in charts if chart is not None],
            "stages": _gantt(snapshot.stages),
            "events": events[-_MOST_EVENTS:][::-1],
            "event_count": len(events),
            "artifacts": snapshot.artifacts,
            "environment": environment,
            "packages": () if environment is None else tuple(environment.packages.items())[:_MOST_PACKAGES],
            "audit": contexta.audit_reproducibility(run.run_id),
            "diagnosis": contexta.diagnose_run(run.run_id),
            "record_count": contexta.repository.count_records(run.run_id),
        },
    )


def _gantt(stages: Sequence[StageRecord]) -> list[tuple[StageRecord, float, float]]:
    """Return each stage with the beginning and the width of its bar; one that is open ends with the last that is known."""
    times = [instant(time) for each in stages for time in (each.started_at, each.ended_at) if time]
    if not times:
        return [(each, 0.0, 0.0) for each in stages]
    start, span = min(times), max(max(times) - min(times), 1)

    def place(time: str | None, otherwise: int) -> float:
        return ((instant(time) if time else otherwise) - start) / span * _GANTT_WIDTH

    rows: list[tuple[Any, float, float]] = []
    for each in stages:
        left = place(each.started_at, start)
        right = place(each.ended_at, start + span)
        rows.append((each, round(left, 1), round(max(2.0, right - left), 1)))
    return rows
