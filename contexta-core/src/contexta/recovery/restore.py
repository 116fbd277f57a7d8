"""Restoring a workspace from a backup: verified before anything is touched, exchanged by renames, finished after any crash."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.errors import ContextaError, RestoreError
from contexta.log.failures import write_failure
from contexta.recovery.backup import make_backup, plan_workspace_backup
from contexta.recovery.occupancy import alone_in
from contexta.recovery.plane_checks import check_planes
from contexta.recovery.replaced import dispose, tidy_staging
from contexta.recovery.restore_models import RestorePlan, RestoreResult
from contexta.recovery.sections import PLANES, WorkspaceLayout
from contexta.recovery.source import open_source
from contexta.recovery.staging import Staging
from contexta.recovery.targets import target_config
from contexta.results import ResultStatus
from contexta.store.pending_restore import exchange, write_intent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta.config.models import UnifiedConfig
    from contexta.recovery.source import BackupSource

__all__ = ["plan_restore", "restore_workspace"]

#: Label of the backup of what a restore replaces.
SAFETY_LABEL = "pre-restore-safety"


def plan_restore(
    config: UnifiedConfig,
    backup_ref: str,
    *,
    target_workspace: Path | None = None,
    verify_only: bool = False,
) -> RestorePlan:
    """Build a RestorePlan from a backup reference. Does not restore anything.

    Args:
        config: The resolved configuration.
        backup_ref: Path or reference string identifying the backup archive.
        target_workspace: Restore destination. Defaults to the workspace specified in config.
        verify_only: When True, the plan includes only verification steps with no destructive writes.

    Returns:
        The plan; nothing was written.

    Raises:
        RestoreError: There is no such backup (``recovery_backup_not_found``), or it is none that can be used.
        BackupError: Backups would lie in what the restore replaces.
    """
    layout = WorkspaceLayout.of(target_config(config, target_workspace))
    with open_source(config, str(backup_ref)) as source:
        manifest = source.manifest
        sections = _restorable(layout, manifest.sections)
        kept = [name for name in manifest.sections if name not in sections]
        return RestorePlan(
            backup_ref=manifest.backup_ref,
            source_root=source.place,
            target_workspace=layout.root,
            staging_root=layout.staging,
            create_safety_backup=config.recovery.create_backup_before_restore and not verify_only,
            verify_only=verify_only,
            notes=("verify_only" if verify_only else "apply_restore", *(f"{name}_kept" for name in kept)),
            included_sections=sections,
            replaced_sections=tuple(
                name for name in sections if name in PLANES and layout.sections[name].exists()
            ),
            file_count=len(manifest.files) or len(manifest.objects),
            total_bytes=manifest.total_bytes or sum(each.size for each in manifest.objects),
            manifest_digest=manifest.digest,
        )


def restore_workspace(config: UnifiedConfig, plan: RestorePlan) -> RestoreResult:
    """Execute a RestorePlan and restore the workspace.

    Everything in the backup is read and compared with its manifest first.  Then the workspace is held alone, what would be
    replaced is backed up, the new planes are prepared beside the old ones and opened by their stores, and the directories
    change places by renames that the next opening completes if this process dies.  What was replaced is removed only once
    the result was looked at, and only what the safety backup holds; the rest is kept aside.  Files that the backup does not
    name are left alone, but for the planes, which are replaced as a whole.

    Args:
        config: The resolved configuration.
        plan: The plan.  Where ``recovery.require_plan_before_apply`` is off, the reference of a backup will do.

    Returns:
        What was restored; DEGRADED where the backup holds damage that was there when it was made.

    Raises:
        RestoreError: The backup was changed since the plan, or is damaged; the workspace is open somewhere
            (``restore_workspace_in_use``); or the result is not what it should be.
        StorageFullError: There is not enough space; nothing was changed.
        StoreAccessError: Something cannot be read or written; before the exchange nothing was changed.
    """
    plan = _planned(config, plan)
    target = target_config(config, plan.target_workspace)
    layout = replace(WorkspaceLayout.of(target), staging=plan.staging_root)
    with _failing_as_ours(layout.root), open_source(config, str(plan.source_root), decrypts=True) as source:
        if plan.manifest_digest and source.manifest.digest != plan.manifest_digest:
            raise RestoreError(
                f"the backup {plan.backup_ref!r} was changed since the plan was made; make a new plan",
                code="restore_plan_stale",
            )
        _verify(source)
        if plan.verify_only:
            return _verified(plan, source)
        with alone_in(layout):
            return _apply(target, layout, plan, source)


def _planned(config: UnifiedConfig, plan: RestorePlan | str) -> RestorePlan:
    if isinstance(plan, RestorePlan):
        return plan
    if config.recovery.require_plan_before_apply:
        raise RestoreError(
            f"a restore needs a plan, not {plan!r}: plan_restore(config, {plan!r}) makes one. With"
            " recovery.require_plan_before_apply = false the reference of a backup will do",
            code="restore_plan_required",
        )
    return plan_restore(config, plan)


def _restorable(layout: WorkspaceLayout, sections: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sections that are restored: an outbox that is there holds what still has to be delivered, and stays."""
    outbox = layout.sections["outbox"]
    keeps = outbox.is_dir() and any(outbox.iterdir())
    return tuple(name for name in sections if name != "outbox" or not keeps)


def _verify(source: BackupSource) -> None:
    """Read everything and compare it with the manifest; what is encrypted is decrypted as well."""
    source.verify_objects()
    if source.manifest.encryption is not None:
        for entry in source.manifest.files:
            source.write_file(entry, None)


def _verified(plan: RestorePlan, source: BackupSource) -> RestoreResult:
    files = source.manifest.files
    planes = {
        name: {
            "file_count": sum(each.section == name for each in files),
            "total_bytes": sum(each.size for each in files if each.section == name),
        }
        for name in source.manifest.sections
    }
    return RestoreResult(
        backup_ref=plan.backup_ref,
        target_workspace=plan.target_workspace,
        notes=plan.notes,
        plane_results=planes,
        verification_notes=("content_verified", f"manifest:{plan.backup_ref}"),
    )


def _apply(
    target: UnifiedConfig, layout: WorkspaceLayout, plan: RestorePlan, source: BackupSource
) -> RestoreResult:
    """Restore with the workspace held alone."""
    tidy_staging(layout)
    sections = _restorable(layout, source.manifest.sections)
    safety_ref, backed_up = _safety_backup(target, layout, plan, sections)
    staging = Staging.begin(layout, sections)
    try:
        staging.fill(source)
        planes = {
            name: staging.prepared(name) if name in sections else layout.sections[name] for name in PLANES
        }
        results, warnings = check_planes(target, planes)
        exchanges = staging.exchanges()
        write_intent(layout.root, exchanges)
    except BaseException:
        staging.abandon()
        raise
    exchange(layout.root, exchanges)
    _require_in_place(layout, source, sections)
    aside = dispose(layout, staging.replaced, backed_up)
    staging.abandon()
    return RestoreResult(
        status=ResultStatus.DEGRADED if warnings else ResultStatus.SUCCESS,
        warnings=tuple(warnings),
        notes=plan.notes,
        backup_ref=plan.backup_ref,
        target_workspace=layout.root,
        applied=True,
        plane_results=results,
        safety_backup_ref=safety_ref,
        verification_notes=("content_verified", "planes_opened", f"manifest:{plan.backup_ref}"),
        kept_aside=aside,
    )


def _safety_backup(
    target: UnifiedConfig, layout: WorkspaceLayout, plan: RestorePlan, sections: tuple[str, ...]
) -> tuple[str | None, frozenset[str] | None]:
    """Back up what will be replaced; return the backup's reference and its files."""
    if not plan.create_safety_backup or not any(layout.sections[name].exists() for name in PLANES):
        return None, None
    safety = plan_workspace_backup(
        target,
        label=SAFETY_LABEL,
        include_cache="cache" in sections,
        include_exports="exports" in sections,
    )
    result, files = make_backup(target, safety)
    return result.backup_ref, files


def _require_in_place(layout: WorkspaceLayout, source: BackupSource, sections: tuple[str, ...]) -> None:
    """Require that every file of the backup stands where it belongs, before anything old is removed."""
    for entry in source.manifest.files:
        section, _, name = entry.path.partition("/")
        if section not in sections:
            continue
        path = layout.sections[section] / name
        if not path.is_file() or path.stat().st_size != entry.size:
            raise RestoreError(
                f"after the restore {str(path)!r} is not what the backup holds; what was replaced is kept in"
                f" {str(layout.staging)!r}",
                code="restore_not_verified",
                details={"file": entry.path},
            )


@contextmanager
def _failing_as_ours(root: Path) -> Iterator[None]:
    try:
        yield
    except ContextaError:
        raise
    except OSError as error:
        raise write_failure(error, root, "restore a workspace", code="restore_write_failed") from error
