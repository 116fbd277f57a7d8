"""Isolating damage, and removing what belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from contexta.errors import NotFoundError, PluginNotUsableError, ValidationError
from contexta.spi.artifacts import (
    ArtifactBackend,
    ArtifactRepair,
    SupportsArtifactRepairs,
    SupportsGarbageCollection,
)
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    from contexta.spi.artifacts import CollectedGarbage
    from contexta.store.artifacts.store import ArtifactStore

__all__ = [
    "RepairPlan",
    "Repairing",
    "apply_repairs",
    "build_repair_plan",
    "collect_garbage",
    "preview_repairs",
    "quarantine_bound_artifact",
    "quarantine_orphan_body",
    "remove_abandoned_staging",
]

_HEALTHY = "noop:artifact_store_healthy_or_empty"
_LEFTOVER = "remove_leftover"

Ability = TypeVar("Ability")


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What there is to do about the damage of a store.

    Args:
        repairs: The steps.
    """

    repairs: tuple[ArtifactRepair, ...] = ()

    @property
    def actions(self) -> tuple[str, ...]:
        """The steps as words, ``quarantine_body:blobs/9a/9a12…``; one that says so where there is nothing to do."""
        return tuple(f"{each.action}:{each.location}" for each in self.repairs) or (_HEALTHY,)

    @property
    def ok(self) -> bool:
        """Whether there is nothing to do."""
        return not self.repairs


class Repairing(StoreFace[ArtifactBackend]):
    """Repair plans, the quarantine and the garbage."""

    def build_repair_plan(self) -> RepairPlan:
        """Look through the whole store and plan what there is to do; nothing is changed.

        Raises:
            PluginNotUsableError: The store cannot repair (``artifact_repairs_unsupported``).
        """
        return RepairPlan(tuple(self._repairing().plan_repairs()))

    def preview_repairs(self, plan: RepairPlan) -> tuple[str, ...]:
        """Say in words what a plan would do, a line for each step behind one that counts them."""
        count = len(plan.repairs)
        lines = [f"{count} step{'s' if count != 1 else ''}" if count else "nothing is to be repaired"]
        for each in plan.repairs:
            whom = f"; degrades {', '.join(each.artifact_refs)}" if each.artifact_refs else ""
            lines.append(f"{each.action}: {each.location} ({each.reason}{whom})")
        return tuple(lines)

    def apply_repairs(self, plan: RepairPlan) -> tuple[ArtifactRepair, ...]:
        """Do what was planned; a damage that is gone meanwhile is passed over.

        Returns:
            The steps, with whether each was done.

        Raises:
            PluginNotUsableError: The store cannot repair (``artifact_repairs_unsupported``).
            ReadOnlyStoreError: The store is open for reading.
        """
        return tuple(self._repairing().apply_repairs(plan.repairs))

    def quarantine_bound_artifact(self, artifact_ref: str) -> str:
        """Move the body of an artifact aside; its binding stays, and the same content registered again mends it.

        Args:
            artifact_ref: Reference of the artifact; of a directory, the list of its files is moved.

        Returns:
            Where the body is now, relative to the plane's root.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            PluginNotUsableError: The store cannot repair (``artifact_repairs_unsupported``).
        """
        bound = self._backend.find(str(artifact_ref))
        if bound is None or bound.content is None:
            raise NotFoundError(
                f"no artifact {str(artifact_ref)!r} with content is bound in this store",
                code="artifact_store_binding_not_found",
                details={"artifact_ref": str(artifact_ref)},
            )
        return self._repairing().quarantine(bound.content.digest)

    def quarantine_orphan_body(self, path: str) -> str:
        """Move a file aside that belongs to no artifact.

        Args:
            path: Relative to the plane's root, as ``verify_all().orphan_paths`` names it.

        Returns:
            Where it is now, relative to the plane's root.

        Raises:
            ValidationError: It belongs to an artifact (``artifact_store_not_an_orphan``), or is no file of the store.
            NotFoundError: There is no such file.
            PluginNotUsableError: The store cannot repair (``artifact_repairs_unsupported``).
        """
        backend = self._repairing()
        orphans = {
            finding.location
            for finding in self._backend.check_integrity()
            if finding.code in {"artifact_body_unbound", "artifact_unexpected_file"}
        }
        if path not in orphans:
            raise ValidationError(
                f"{path!r} is no file of this store that belongs to no artifact; verify_all().orphan_paths names those",
                code="artifact_store_not_an_orphan",
                details={"path": str(path)},
            )
        return backend.quarantine(path)

    def remove_abandoned_staging(self) -> list[str]:
        """Remove the temporary files of dead processes; those of living ones stay.

        Returns:
            Their places, relative to the plane's root.

        Raises:
            PluginNotUsableError: The store cannot repair (``artifact_repairs_unsupported``).
        """
        backend = self._repairing()
        leftovers = [
            ArtifactRepair(_LEFTOVER, finding.location, finding.message)
            for finding in self._backend.check_integrity()
            if finding.code == "artifact_leftover"
        ]
        # The first of them takes the others along.
        backend.apply_repairs(leftovers)
        return [each.location for each in leftovers]

    def collect_garbage(self, *, dry_run: bool = False, despite_damage: bool = False) -> CollectedGarbage:
        """Remove the bodies that no artifact is bound to; what a living process is about to bind stays.

        Args:
            dry_run: Whether to count only.
            despite_damage: Whether to go on where damaged bindings may hide what is bound to what.

        Raises:
            IntegrityError: Bindings are damaged; nothing was removed.
            PluginNotUsableError: The store collects no garbage (``artifact_collection_unsupported``).
        """
        backend = self._backend
        if not isinstance(backend, SupportsGarbageCollection):
            raise PluginNotUsableError(
                "this artifact store collects no garbage: it removes bodies by itself, or keeps them",
                code="artifact_collection_unsupported",
            )
        return backend.collect_garbage(dry_run=dry_run, despite_damage=despite_damage)

    def _repairing(self) -> SupportsArtifactRepairs:
        backend = self._backend
        if isinstance(backend, SupportsArtifactRepairs):
            return backend
        raise PluginNotUsableError(
            "this artifact store cannot isolate its damage; check_integrity says what is wrong",
            code="artifact_repairs_unsupported",
        )


def build_repair_plan(store: ArtifactStore) -> RepairPlan:
    """Look through the whole store and plan what there is to do."""
    return store.build_repair_plan()


def preview_repairs(store: ArtifactStore, plan: RepairPlan) -> tuple[str, ...]:
    """Say in words what a plan would do."""
    return store.preview_repairs(plan)


def apply_repairs(store: ArtifactStore, plan: RepairPlan) -> tuple[ArtifactRepair, ...]:
    """Do what was planned."""
    return store.apply_repairs(plan)


def quarantine_bound_artifact(store: ArtifactStore, artifact_ref: str) -> str:
    """Move the body of an artifact aside; return where it is now."""
    return store.quarantine_bound_artifact(artifact_ref)


def quarantine_orphan_body(store: ArtifactStore, path: str) -> str:
    """Move a file aside that belongs to no artifact; return where it is now."""
    return store.quarantine_orphan_body(path)


def remove_abandoned_staging(store: ArtifactStore) -> list[str]:
    """Remove the temporary files of dead processes; return their places."""
    return store.remove_abandoned_staging()


def collect_garbage(
    store: ArtifactStore, *, dry_run: bool = False, despite_damage: bool = False
) -> CollectedGarbage:
    """Remove the bodies that no artifact is bound to; what a living process is about to bind stays."""
    return store.collect_garbage(dry_run=dry_run, despite_damage=despite_damage)
