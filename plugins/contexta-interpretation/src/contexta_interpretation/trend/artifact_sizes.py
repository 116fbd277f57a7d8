"""The sizes of artifacts of a kind in each of many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.many_runs import artifacts_of_runs
from contexta.spi.trends import ArtifactSizePoint
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ArtifactRecord, RunRecord

__all__ = ["ArtifactSizes"]


class ArtifactSizes:
    """Artifacts of one kind in many runs.

    Args:
        repository: The read model.
        artifact_kind: The kind.
    """

    def __init__(self, repository: CompositeRepository, artifact_kind: str) -> None:
        self._repository = repository
        self._kind = artifact_kind
        self._artifacts: Mapping[str, Sequence[ArtifactRecord]] = {}

    def read(self, runs: Sequence[RunRecord]) -> None:
        """Read the artifacts of runs that are about to be looked at."""
        self._artifacts = artifacts_of_runs(self._repository, [run.run_id for run in runs])

    def in_run(self, run: RunRecord) -> tuple[tuple[ArtifactSizePoint, ...], tuple[CompletenessNote, ...]]:
        """Return one point for each artifact of the kind of a run that was read, and notes on what has no size."""
        artifacts = [each for each in self._artifacts.get(run.run_id, ()) if each.kind == self._kind]
        if not artifacts:
            summary = f"missing_artifact_kind:{self._kind}"
            return (), (CompletenessNote("warning", summary, {"run_id": run.run_id}),)
        points = tuple(
            ArtifactSizePoint(
                run.run_id, run.name, self._kind, each.size_bytes, each.artifact_ref, each.created_at
            )
            for each in artifacts
            if each.size_bytes is not None
        )
        notes = tuple(
            CompletenessNote(
                "warning",
                f"artifact_size_unavailable:{self._kind}",
                {"run_id": run.run_id, "artifact_ref": each.artifact_ref},
            )
            for each in artifacts
            if each.size_bytes is None
        )
        return points, notes
