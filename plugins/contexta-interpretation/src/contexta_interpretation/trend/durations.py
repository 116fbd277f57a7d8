"""How long a stage took in each of many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.many_runs import stages_of_runs
from contexta.spi.stage_names import is_spelled, stage_spellings
from contexta.spi.trends import StageDurationPoint
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord, StageRecord

__all__ = ["StageDurations"]


class StageDurations:
    """One stage in many runs.

    Args:
        repository: The read model.
        stage_name: The stage's name.
    """

    def __init__(self, repository: CompositeRepository, stage_name: str) -> None:
        self._repository = repository
        self._name = stage_name
        self._spellings = stage_spellings(stage_name)
        self._stages: Mapping[str, Sequence[StageRecord]] = {}

    def read(self, runs: Sequence[RunRecord]) -> None:
        """Read the stages of runs that are about to be looked at."""
        self._stages = stages_of_runs(self._repository, [run.run_id for run in runs])

    def in_run(self, run: RunRecord) -> tuple[tuple[StageDurationPoint, ...], tuple[CompletenessNote, ...]]:
        """Return how long the stage took in a run that was read, or a note that it cannot be told."""
        stages = [
            stage for stage in self._stages.get(run.run_id, ()) if is_spelled(stage.name, self._spellings)
        ]
        if not stages:
            summary = f"missing_stage_for_duration:{self._name}"
            return (), (CompletenessNote("warning", summary, {"run_id": run.run_id}),)
        stage = stages[-1]
        if stage.started_at is None or stage.ended_at is None:
            details = {"run_id": run.run_id, "stage_id": stage.stage_id}
            return (), (CompletenessNote("warning", f"stage_duration_unavailable:{self._name}", details),)
        seconds = (instant(stage.ended_at) - instant(stage.started_at)) / 1e9
        return (StageDurationPoint(run.run_id, run.name, stage.name, seconds, stage.started_at),), ()
