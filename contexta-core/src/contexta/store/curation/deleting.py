"""Deleting runs: first they are gone for every reader, then what belonged to them is removed.

The order makes a deletion that is cut off harmless: the first step is one durable write, behind which all of its runs
read as absent with everything in them; the others remove what nobody can reach any more, and can be repeated.  The
last step notes that nothing is left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import (
    ContextaError,
    LifecycleError,
    ReadOnlyStoreError,
    RunNotFoundError,
    ValidationError,
)
from contexta.spi.artifacts import SupportsGarbageCollection
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.spi.records import SupportsCompaction
from contexta.store.curation.belongings import children_of, is_live, relations_of
from contexta.store.curation.deletion import RunDeletionPlan, RunDeletionResult
from contexta.store.curation.stores import DeletionStores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.metadata import MetadataBackend
    from contexta.store.workspace import WorkspaceStores

__all__ = ["delete_runs"]


def delete_runs(stores: WorkspaceStores, plan: RunDeletionPlan) -> RunDeletionResult:
    """Delete the runs of a plan, for good; a deletion that was cut off is finished by repeating it.

    Args:
        stores: The stores of the workspace.
        plan: What is to be deleted; the bytes are counted anew.

    Raises:
        ValidationError: It is no plan (``curation_invalid_plan``).
        RunNotFoundError: A run of the plan was never in this workspace; nothing was changed.
        LifecycleError: A run is live, by now or when it was planned (``run_is_live``); nothing was changed.
        PluginNotUsableError: A store cannot delete (``deletion_unsupported``); nothing was changed.
        ReadOnlyStoreError: A store is open for reading (``store_read_only``); nothing was changed.
    """
    given: object = plan
    if not isinstance(given, RunDeletionPlan):
        raise ValidationError(
            f"delete_runs takes what plan_run_deletion returned, not {type(plan).__name__}",
            code="curation_invalid_plan",
        )
    opened = DeletionStores.of(stores)
    _require_writable(stores)
    # What hides a run must be on the disk before anything of it is removed, whatever the workspace asks for otherwise.
    with stores.synced() as synced:
        return _delete(replace(opened, metadata=synced.metadata), plan.run_refs)


def _delete(stores: DeletionStores, refs: tuple[str, ...]) -> RunDeletionResult:
    """Delete runs, step by step."""
    is_repeated = any(stores.metadata.get(EntityKind.RUN, ref) is None for ref in refs)
    _hide(stores.metadata, refs)
    notes: list[str] = []
    record_bytes = stores.deletable_records.delete_runs(refs) if refs else 0
    if record_bytes or is_repeated:
        _compact(stores, notes)
    artifact_refs = [
        each.artifact_ref for ref in refs for each in stores.artifacts.list_artifacts(run_ref=ref)
    ]
    artifact_bytes = 0
    if artifact_refs or is_repeated:
        artifact_bytes = _let_go(stores, artifact_refs, notes)
    stores.metadata.apply([Mutation(EntityKind.RUN, ref, {"purged_at": utc_now_text()}) for ref in refs])
    return RunDeletionResult(
        run_refs=refs,
        artifact_refs=tuple(artifact_refs),
        freed_bytes={"metadata": 0, "records": record_bytes, "artifacts": artifact_bytes},
        notes=tuple(notes),
        deleted_at=utc_now_text(),
    )


def _require_writable(stores: WorkspaceStores) -> None:
    read_only = [plane for plane in ("metadata", "records", "artifacts") if stores.is_read_only(plane)]
    if read_only:
        raise ReadOnlyStoreError(
            f"runs cannot be deleted: {', '.join(read_only)} of this workspace are open for reading only. "
            "Nothing was changed; open it without read_only",
            details={"planes": tuple(read_only)},
        )


def _require_dead(metadata: MetadataBackend, run_refs: Sequence[str]) -> None:
    live = []
    for ref in run_refs:
        run = metadata.get(EntityKind.RUN, ref)
        if run is not None:
            live += [ref] if is_live(run) else []
        elif not metadata.find(EntityQuery(EntityKind.RUN, refs=(ref,), order_by="ref", deleted=True)):
            raise RunNotFoundError(
                f"run {ref!r} is not in this workspace; nothing was changed", details={"run_id": ref}
            )
    if live:
        raise LifecycleError(
            f"{', '.join(live)} cannot be deleted: a process that writes it lives, or cannot be told dead. "
            "Nothing was changed; wait until it has ended, or plan without it",
            code="run_is_live",
            details={"run_refs": tuple(live)},
        )


def _hide(metadata: MetadataBackend, run_refs: Sequence[str]) -> None:
    """Make runs read as absent with everything in them: one write, so that all are there or none."""
    doomed = [(each.kind, each.ref) for each in relations_of(metadata, run_refs)]
    for run_ref in run_refs:
        doomed += [(child.kind, child.ref) for child in children_of(metadata, run_ref)]
        doomed.append((EntityKind.RUN, run_ref))
    # Looked at last: as little time as can be for somebody to resume one of them in between.
    _require_dead(metadata, run_refs)
    fields = {"deleted_at": utc_now_text()}
    metadata.apply([Mutation(kind, ref, fields) for kind, ref in doomed])


def _compact(stores: DeletionStores, notes: list[str]) -> None:
    """Free the bytes of deleted records; where that must wait, say so."""
    if not isinstance(stores.records, SupportsCompaction):
        return
    try:
        is_done = stores.records.compact().performed
    except ContextaError as error:
        notes.append(f"the bytes of the records wait for the next compaction: {error.message}")
        return
    if not is_done:
        notes.append("the bytes of the records wait for a compaction that is going on")


def _let_go(stores: DeletionStores, artifact_refs: Sequence[str], notes: list[str]) -> int:
    """Let go of artifacts and remove the bodies that nothing uses any more; return the bytes that are free."""
    expected = sum(stores.unbindable_artifacts.artifact_bytes(artifact_refs).values())
    stores.unbindable_artifacts.unbind(artifact_refs)
    if not isinstance(stores.artifacts, SupportsGarbageCollection):
        notes.append("the artifact store removes bodies that nothing uses by itself, at a time of its own")
        return expected
    try:
        stores.artifacts.collect_garbage()
    except ContextaError as error:
        notes.append(f"the bodies of artifacts wait for the next garbage collection: {error.message}")
        return 0
    return expected
