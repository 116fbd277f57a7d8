"""Planning the deletion of runs: everything is counted, nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import RunNotFoundError
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.store.curation.belongings import children_of, is_live, relations_of
from contexta.store.curation.deletion import (
    DeletionRefusal,
    PlannedRunDeletion,
    RunDeletionPlan,
    SharedArtifact,
)
from contexta.store.curation.stores import DeletionStores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.artifacts import BoundArtifact
    from contexta.spi.metadata import Entity, MetadataBackend
    from contexta.store.workspace import WorkspaceStores

__all__ = ["plan_run_deletion"]


def plan_run_deletion(stores: WorkspaceStores, run_refs: Iterable[str]) -> RunDeletionPlan:
    """Tell what deleting runs would take away.

    Args:
        stores: The stores of the workspace.
        run_refs: References of the runs; also of those whose deletion was cut off, which is then finished.

    Raises:
        RunNotFoundError: There is no such run.
        PluginNotUsableError: A store cannot delete (``deletion_unsupported``).
    """
    opened = DeletionStores.of(stores)
    runs = [_run_of(opened.metadata, ref) for ref in dict.fromkeys(run_refs)]
    refs = [run.ref for run in runs]
    artifacts = {ref: opened.artifacts.list_artifacts(run_ref=ref) for ref in refs}
    artifact_bytes = opened.unbindable_artifacts.artifact_bytes(
        [each.artifact_ref for bound in artifacts.values() for each in bound]
    )
    record_bytes = opened.deletable_records.run_bytes(refs)
    relations = relations_of(opened.metadata, refs)
    return RunDeletionPlan(
        runs=tuple(
            PlannedRunDeletion(
                run_ref=run.ref,
                name=run.document.get("name") or run.ref.rpartition(".")[2],
                status=run.document.get("status") or "open",
                entity_count=len(children_of(opened.metadata, run.ref)),
                record_count=_record_count(opened, run.ref),
                record_bytes=record_bytes.get(run.ref, 0),
                artifact_refs=tuple(each.artifact_ref for each in artifacts[run.ref]),
                artifact_bytes=sum(artifact_bytes.get(each.artifact_ref, 0) for each in artifacts[run.ref]),
            )
            for run in runs
        ),
        refusals=tuple(_refusal(run) for run in runs if is_live(run)),
        shared=_shared(opened, artifacts),
        relation_refs=tuple(entity.ref for entity in relations if entity.kind == EntityKind.RELATION),
        kept_deployment_refs=_deployments(opened.metadata, refs),
        planned_at=utc_now_text(),
    )


def _run_of(metadata: MetadataBackend, run_ref: str) -> Entity:
    found = metadata.get(EntityKind.RUN, run_ref)
    if found is not None:
        return found
    deleted = metadata.find(
        EntityQuery(EntityKind.RUN, refs=(run_ref,), order_by="ref", deleted=True, absent=("purged_at",))
    )
    if not deleted:
        raise RunNotFoundError(f"run {run_ref!r} was not found", details={"run_id": run_ref})
    return deleted[0]


def _refusal(run: Entity) -> DeletionRefusal:
    return DeletionRefusal(
        run.ref,
        "run_is_live",
        f"{run.ref} is open, and a process that writes it lives or cannot be told dead; "
        "wait until it has ended, or stop it",
    )


def _record_count(stores: DeletionStores, run_ref: str) -> int:
    return sum(stores.summaries.counts(run_ref).values())


def _shared(
    stores: DeletionStores, artifacts: Mapping[str, Sequence[BoundArtifact]]
) -> tuple[SharedArtifact, ...]:
    """Return the artifacts whose content artifacts of other runs have as well."""
    own = [each for bound in artifacts.values() for each in bound if each.content is not None]
    if not own:
        return ()
    users: dict[str, set[str]] = {}
    for each in stores.artifacts.list_artifacts():
        run_ref = str(each.manifest.get("run_ref"))
        if each.content is not None and run_ref not in artifacts:
            users.setdefault(each.content.digest, set()).add(run_ref)
    return tuple(
        SharedArtifact(each.artifact_ref, tuple(sorted(users[each.content.digest])))
        for each in own
        if each.content is not None and each.content.digest in users
    )


def _deployments(metadata: MetadataBackend, run_refs: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        entity.ref
        for ref in run_refs
        for entity in metadata.find(
            EntityQuery(EntityKind.DEPLOYMENT, fields={"run_ref": ref}, order_by="ref")
        )
    )
