"""The sizes of one run's artifacts of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.trends import ArtifactSizePoint
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["sizes_of_run"]


def sizes_of_run(
    repository: CompositeRepository, run: RunRecord, artifact_kind: str
) -> tuple[tuple[ArtifactSizePoint, ...], tuple[CompletenessNote, ...]]:
    """Return one point for each artifact of the kind, and notes on what has no size.

    Args:
        repository: The read model.
        run: The run.
        artifact_kind: The kind.
    """
    artifacts = [each for each in repository.list_artifacts(run_id=run.run_id) if each.kind == artifact_kind]
    if not artifacts:
        summary = f"missing_artifact_kind:{artifact_kind}"
        return (), (CompletenessNote("warning", summary, {"run_id": run.run_id}),)
    points = tuple(
        ArtifactSizePoint(
            run.run_id, run.name, artifact_kind, each.size_bytes, each.artifact_ref, each.created_at
        )
        for each in artifacts
        if each.size_bytes is not None
    )
    notes = tuple(
        CompletenessNote(
            "warning",
            f"artifact_size_unavailable:{artifact_kind}",
            {"run_id": run.run_id, "artifact_ref": each.artifact_ref},
        )
        for each in artifacts
        if each.size_bytes is None
    )
    return points, notes
