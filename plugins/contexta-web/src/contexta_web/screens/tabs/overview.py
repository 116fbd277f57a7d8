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
#: A run with more records is diagnosed on the tab for it alone: whoever opens a run does not wait for that.
_MOST_DIAGNOSED = 50_000


def show_overview(contexta: Contexta, question: Question) -> Page:
    """Show what there is to know first."""
    run_id = question.path["run_id"]
    values = latest_values(contexta, [run_id])
    keys = telling_keys(values, _MOST_VALUES)
    charts = [chart_of(contexta, key, [(run_id, key)]) for key in keys[:_MOST_CHARTS]]
    record_count = contexta.repository.count_records(run_id)
    is_diagnosed = record_count <= _MOST_DIAGNOSED
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
