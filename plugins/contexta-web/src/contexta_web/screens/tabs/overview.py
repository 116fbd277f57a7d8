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


def show_overview(contexta: Contexta, question: Question) -> Page:
    """Show what there is to know first."""
    run_id = question.path["run_id"]
    values = latest_values(contexta, [run_id])
    keys = telling_keys(values, _MOST_VALUES)
    charts = [chart_of(contexta, key, [(run_id, key)]) for key in keys[:_MOST_CHARTS]]
    return Page(
        "run_overview.html",
        {
            "values": [(key, values[run_id][key]) for key in keys],
            "value_count": len(values[run_id]),
            "charts": [chart for chart in charts if chart is not None],
            "issues": contexta.diagnose_run(run_id).at_least("warning"),
            "environment": contexta.repository.get_environment(run_id),
            "record_count": contexta.repository.count_records(run_id),
        },
    )
