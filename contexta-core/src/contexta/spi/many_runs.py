"""What many runs consist of: with one question where a repository has it, else run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.plain_queries import record_counts
from contexta.spi.repository import SupportsManyRuns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ArtifactRecord, StageRecord

__all__ = ["artifacts_of_runs", "record_counts_of_runs", "stages_of_runs"]


def stages_of_runs(
    repository: CompositeRepository, run_ids: Sequence[str]
) -> Mapping[str, Sequence[StageRecord]]:
    """Return the stages of some runs, by run and in order; a run without any may be absent."""
    if isinstance(repository, SupportsManyRuns):
        return repository.stages_of_runs(run_ids)
    return {run_id: repository.list_stages(run_id) for run_id in run_ids}


def artifacts_of_runs(
    repository: CompositeRepository, run_ids: Sequence[str]
) -> Mapping[str, Sequence[ArtifactRecord]]:
    """Return the artifacts of some runs, by run, in the order of registration; a run without any may be absent."""
    if isinstance(repository, SupportsManyRuns):
        return repository.artifacts_of_runs(run_ids)
    return {run_id: repository.list_artifacts(run_id=run_id) for run_id in run_ids}


def record_counts_of_runs(
    repository: CompositeRepository, run_ids: Sequence[str]
) -> Mapping[str, Mapping[str, int]]:
    """Return the number of records of some runs by record type; runs without records may be absent."""
    if isinstance(repository, SupportsManyRuns):
        return repository.record_counts_of_runs(run_ids)
    return {run_id: record_counts(repository, run_id) for run_id in run_ids}
