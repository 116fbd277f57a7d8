"""How long a stage took in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.stage_names import is_spelled, stage_spellings
from contexta.spi.trends import StageDurationPoint
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["duration_in_run"]


def duration_in_run(
    repository: CompositeRepository, run: RunRecord, stage_name: str
) -> tuple[tuple[StageDurationPoint, ...], tuple[CompletenessNote, ...]]:
    """Return how long a stage took, or a note that it cannot be told.

    Args:
        repository: The read model.
        run: The run.
        stage_name: The stage's name.
    """
    spellings = stage_spellings(stage_name)
    stages = [stage for stage in repository.list_stages(run.run_id) if is_spelled(stage.name, spellings)]
    if not stages:
        summary = f"missing_stage_for_duration:{stage_name}"
        return (), (CompletenessNote("warning", summary, {"run_id": run.run_id}),)
    stage = stages[-1]
    if stage.started_at is None or stage.ended_at is None:
        details = {"run_id": run.run_id, "stage_id": stage.stage_id}
        return (), (CompletenessNote("warning", f"stage_duration_unavailable:{stage_name}", details),)
    seconds = (instant(stage.ended_at) - instant(stage.started_at)) / 1e9
    return (StageDurationPoint(run.run_id, run.name, stage.name, seconds, stage.started_at),), ()
