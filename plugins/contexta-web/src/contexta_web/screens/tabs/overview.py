"""The tab with what is most asked about a run: its facts, newest values, parameters, tags and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.metrics import chart_of, latest_values, telling_keys

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_overview"]

_MOST_CHARTS = 3
_MOST_VALUES = 24
#: A run with more is diagnosed on the tab for it alone: whoever opens a run does not wait for that.  Points are judged as
#: numbers; other records are read one by one.
_MOST_POINTS, _MOST_OTHERS = 500_000, 50_000


def show_overview(contexta: Contexta, question: Question) -> Page:
    """Show what there is to know first."""
    run_id = question.path["run_id"]
    values = latest_values(contexta, [run_id])
    keys = telling_keys(values, _MOST_VALUES)
    charts = [chart_of(contexta, key, [(run_id, key)]) for key in keys[:_MOST_CHARTS]]
    counts = contexta.repository.record_counts(run_id)
    record_count, point_count = sum(counts.values()), counts.get("metric", 0)
    is_diagnosed = point_count <= _MOST_POINTS and record_count - point_count <= _MOST_OTHERS
    return Page(
        "run_overview.html",
        {
            "values": [(key, values[run_id][key]) for key in keys],
            "value_count": len(values[run_id]),
            "charts": [chart for chart in charts if chart is not None],
            "issues": contexta.diagnose_run(run_id).at_least("warning") if is_diagnosed else (),
            "is_diagnosed": is_diagnosed,
            "environment": contexta.repository.get_environment(run_id),
            "record_count": record_count,
        },
    )
