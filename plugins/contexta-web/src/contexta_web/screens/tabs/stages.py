"""The tab that shows when the stages of a run ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.timeline import timeline_of

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_stages"]

_MOST_BATCHES = 500


def show_stages(contexta: Contexta, question: Question) -> Page:
    """Show the stages as a Gantt chart, and the batches of each."""
    run_id = question.path["run_id"]
    stages = contexta.repository.list_stages(run_id)
    batches = contexta.repository.list_batches(run_id)
    names = {stage.stage_id: stage.name for stage in stages}
    return Page(
        "run_stages.html",
        {
            "stages": timeline_of([(each, each.started_at, each.ended_at) for each in stages]),
            "batches": [(each, names.get(each.stage_id, "")) for each in batches[:_MOST_BATCHES]],
            "batch_count": len(batches),
        },
    )
