"""Repairing a workspace: a plan over all planes, which can be looked at, and applied.

Nothing is deleted: what is taken out of use is moved to a ``quarantine`` beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from contexta.spi.artifacts import ArtifactRepair, SupportsArtifactRepairs
from contexta.spi.repair import RepairCandidate, SupportsRepairs
from contexta.store.metadata import MetadataStore
from contexta.store.records import RecordStore
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.config.models import UnifiedConfig

__all__ = ["WorkspaceRepair", "apply_workspace_repairs", "plan_workspace_repairs"]

#: What a garbage collection does; a repair deletes nothing.
_DELETING = frozenset({"remove_leftover"})


@dataclass(frozen=True, slots=True)
class WorkspaceRepair:
    """One step of a repair.

    Args:
        plane: The plane.
        action: What is done, as a stable word; ``review_…`` and ``report_…`` are left to people.
        location: What it is about.
        reason: Why.
        is_automatic: Whether applying the plan does it.
        status: ``"planned"``; once applied ``"applied"``, ``"skipped"`` or ``"failed"``.
        detail: What was done, or what stood in the way.
        step: The plane's own form of the step.
    """

    plane: str
    action: str
    location: str
    reason: str
    is_automatic: bool = True
    status: str = "planned"
    detail: str = ""
    step: RepairCandidate | ArtifactRepair | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "step"}


def plan_workspace_repairs(config: UnifiedConfig) -> tuple[WorkspaceRepair, ...]:
    """Check all planes and return what can be done about what was found; nothing is changed.

    Args:
        config: The resolved configuration.

    Raises:
        StoreAccessError: A plane cannot be read at all.
    """
    with WorkspaceStores(config) as stores:
        steps = [
            _of_candidate("metadata", each)
            for each in MetadataStore.over(stores.metadata, config).plan_repairs().candidates
        ]
        steps += [
            _of_candidate("records", each)
            for each in RecordStore.over(stores.records, config).plan_repairs().candidates
        ]
        if isinstance(stores.artifacts, SupportsArtifactRepairs):
            steps += [
                _of_artifact(each) for each in stores.artifacts.plan_repairs() if each.action not in _DELETING
            ]
    return tuple(steps)


def apply_workspace_repairs(
    config: UnifiedConfig, steps: Iterable[WorkspaceRepair]
) -> tuple[WorkspaceRepair, ...]:
    """Do what a plan says, but for what it leaves to people; others may read and write meanwhile.

    Args:
        config: The resolved configuration.
        steps: The plan, or a part of it.

    Returns:
        The steps with what became of each.

    Raises:
        ReadOnlyStoreError: A plane is open for reading.
        StorageFullError: There is no space; what was not done can be done later.
    """
    chosen = list(steps)
    done: list[WorkspaceRepair] = []
    with WorkspaceStores(config) as stores:
        for plane in ("metadata", "records"):
            backend = getattr(stores, plane)
            own = [each for each in chosen if each.plane == plane]
            candidates = [
                each.step for each in own if each.is_automatic and isinstance(each.step, RepairCandidate)
            ]
            outcomes = (
                backend.repair(candidates) if candidates and isinstance(backend, SupportsRepairs) else ()
            )
            said = {id(outcome.candidate): outcome for outcome in outcomes}
            for each in own:
                outcome = said.get(id(each.step))
                done.append(
                    replace(each, status="skipped", detail="left to people")
                    if outcome is None
                    else replace(each, status=outcome.status, detail=outcome.detail)
                )
        own = [each for each in chosen if each.plane == "artifacts"]
        if own and isinstance(stores.artifacts, SupportsArtifactRepairs):
            repairs = [
                each.step for each in own if isinstance(each.step, ArtifactRepair) and each.is_automatic
            ]
            applied = {
                (each.action, each.location): each.applied for each in stores.artifacts.apply_repairs(repairs)
            }
            done += [
                replace(each, status="applied" if applied.get((each.action, each.location)) else "skipped")
                for each in own
            ]
    return tuple(done)


def _of_candidate(plane: str, candidate: RepairCandidate) -> WorkspaceRepair:
    return WorkspaceRepair(
        plane, candidate.action, candidate.ref, candidate.rationale, candidate.is_automatic, step=candidate
    )


def _of_artifact(repair: ArtifactRepair) -> WorkspaceRepair:
    return WorkspaceRepair(
        "artifacts",
        repair.action,
        repair.location,
        repair.reason,
        not repair.action.startswith("report_"),
        step=repair,
    )
