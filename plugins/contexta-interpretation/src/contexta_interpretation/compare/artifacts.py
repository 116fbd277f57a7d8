"""The artifacts of runs side by side, told apart by their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.comparison import ArtifactChange, ArtifactKindCountRow
from contexta.spi.views import EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.views import ArtifactRecord

__all__ = ["artifact_changes", "artifact_kind_counts"]


def artifact_changes(
    left: Sequence[ArtifactRecord], right: Sequence[ArtifactRecord]
) -> tuple[ArtifactChange, ...]:
    """Return the differences by kind; artifacts of equal content are the same, whatever they are called."""
    kinds = sorted({each.kind for each in (*left, *right)})
    changes = []
    for kind in kinds:
        before, after = _unmatched(
            [each for each in left if each.kind == kind], [each for each in right if each.kind == kind]
        )
        if before or after:
            changes.append(_change(kind, before, after))
    return tuple(changes)


def artifact_kind_counts(artifacts: Sequence[Sequence[ArtifactRecord]]) -> tuple[ArtifactKindCountRow, ...]:
    """Return how many artifacts of each kind each run has."""
    kinds = sorted({each.kind for one in artifacts for each in one})
    return tuple(
        ArtifactKindCountRow(kind, tuple(sum(each.kind == kind for each in one) for one in artifacts))
        for kind in kinds
    )


def _unmatched(
    left: list[ArtifactRecord], right: list[ArtifactRecord]
) -> tuple[list[ArtifactRecord], list[ArtifactRecord]]:
    """Return what is left when each artifact has met one of equal content on the other side."""
    remaining = list(right)
    before = []
    for artifact in left:
        partner = next((each for each in remaining if _equal(artifact, each)), None)
        if partner is None:
            before.append(artifact)
        else:
            remaining.remove(partner)
    return before, remaining


def _equal(left: ArtifactRecord, right: ArtifactRecord) -> bool:
    if left.hash_value is not None and right.hash_value is not None:
        return left.hash_value == right.hash_value
    if left.artifact_ref == right.artifact_ref:
        return True
    # Without digests the same place is the best that can be said.
    return (
        left.hash_value == right.hash_value and left.location is not None and left.location == right.location
    )


def _change(kind: str, before: list[ArtifactRecord], after: list[ArtifactRecord]) -> ArtifactChange:
    links = tuple(EvidenceLink("artifact", each.artifact_ref, each.kind) for each in (*before, *after))
    left_ref = before[0].artifact_ref if before else None
    right_ref = after[0].artifact_ref if after else None
    if not before:
        return ArtifactChange(kind, left_ref, right_ref, "added", links)
    if not after:
        return ArtifactChange(kind, left_ref, right_ref, "removed", links)
    if len(before) == len(after) == 1:
        known = before[0].hash_value is not None and after[0].hash_value is not None
        return ArtifactChange(
            kind, left_ref, right_ref, "changed", links, "hash_changed" if known else "hash_unknown"
        )
    detail = f"left={len(before)}, right={len(after)}"
    return ArtifactChange(kind, left_ref, right_ref, "ambiguous", links, detail)
