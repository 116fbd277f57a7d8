"""The tab with the metrics of a run: curves, and their extremes as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.chart_view import AXES, view_of
from contexta_web.screens.metrics import chart_of, telling_keys

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_metrics"]

_MOST_CHARTS = 12


def show_metrics(contexta: Contexta, question: Question) -> Page:
    """Show the metrics whose keys hold the text of the address, or all."""
    run_id = question.path["run_id"]
    wanted = (question.first("key") or "").lower()
    summaries = sorted(
        (each for each in contexta.repository.metric_summaries([run_id]) if wanted in each.key.lower()),
        key=lambda each: (each.key, each.stage or ""),
    )
    keys = telling_keys({run_id: {each.key: 0.0 for each in summaries if each.count > 1}}, _MOST_CHARTS)
    view = view_of(question)
    charts = [chart_of(contexta, key, [(run_id, key)], view) for key in keys]
    return Page(
        "run_metrics.html",
        {
            "summaries": summaries,
            "charts": [chart for chart in charts if chart is not None],
            "wanted": question.first("key") or "",
            "view": view,
            "axes": AXES,
        },
    )
