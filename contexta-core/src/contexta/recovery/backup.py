"""Backing a workspace up while it is used."""

from __future__ import annotations

import base64
import io
import json
import os
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.contract.text import slug
from contexta.contract.timestamps import utc_now_text
from contexta.errors import BackupError, ContextaError
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.log.file_lock import FileLock
from contexta.recovery.backup_models import BackupPlan, BackupResult
from contexta.recovery.ciphers import open_cipher
from contexta.recovery.listing import needed_objects
from contexta.recovery.manifest import MANIFEST_NAME, BackedUpFile, BackupManifest, StoredObject
from contexta.recovery.objects import ObjectStore
from contexta.recovery.scanning import scan_section
from contexta.recovery.sections import ALWAYS, OPTIONAL, PLANES, WorkspaceLayout
from contexta.recovery.snapshot import copy_sections
from contexta.results import ResultStatus
from contexta.store.entry import enter_workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from contexta.config.models import UnifiedConfig
    from contexta.recovery.objects import Written
    from contexta.spi.encryption import EncryptionProvider

__all__ = ["create_workspace_backup", "make_backup", "plan_workspace_backup", "sweep_backups"]

_LOCK_NAME = ".lock"
_UNFINISHED = ".tmp-"
_LONGEST_LABEL = 200


def plan_workspace_backup(
    config: UnifiedConfig,
    *,
    label: str | None = None,
    include_cache: bool = False,
    include_exports: bool = False,
) -> BackupPlan:
    """Build a BackupPlan describing what would be backed up. Does not write anything.

    Args:
        config: Resolved configuration of the workspace to back up.
        label: Optional human-readable label attached to the backup manifest.
        include_cache: When True, include cached intermediate files in the backup.
        include_exports: When True, include previously exported artifact packages in the backup.

    Returns:
        The plan.

    Raises:
        BackupError: There is no workspace (``backup_workspace_missing``), or backups would lie in what a restore replaces.
    """
    layout = WorkspaceLayout.of(config)
    if not layout.root.is_dir():
        raise BackupError(
            f"there is no workspace at {str(layout.root)!r} to back up; name another with workspace=",
            code="backup_workspace_missing",
        )
    if label is not None and (not label.strip() or len(label) > _LONGEST_LABEL):
        raise BackupError(
            f"the label of a backup is a text of at most {_LONGEST_LABEL} characters, not {label[:40]!r}",
            code="backup_label_invalid",
        )
    asked = {"cache": include_cache, "exports": include_exports}
    wanted = (*ALWAYS, *(name for name in OPTIONAL if asked[name]))
    sizes = {name: sum(each.size for each in scan_section(layout, name)) for name in wanted}
    # A plane that is not there yet is in the backup as the empty one that it is: a restore brings that back, too.
    present = tuple(
        name for name in wanted if name in PLANES or name in OPTIONAL or layout.sections[name].is_dir()
    )
    stamp = utc_now_text().replace(":", "-").replace(".", "_")
    return BackupPlan(
        backup_ref=f"{slug(label)[:60] if label else 'backup'}-{stamp}",
        workspace_root=layout.root,
        backup_root=layout.backups,
        included_sections=present,
        estimated_bytes=sum(sizes.values()),
        notes=tuple(f"{name}_excluded" for name in OPTIONAL if not asked[name]),
        label=label,
    )


def create_workspace_backup(config: UnifiedConfig, plan: BackupPlan) -> BackupResult:
    """Execute a BackupPlan and write the backup archive to disk.

    Programs may capture meanwhile: the backup holds the workspace as it was at one moment.  Bodies are kept by content,
    so a backup stores only what no earlier one holds.  It is listed once it is complete; one that was cut off leaves only
    what the next backup removes.

    Args:
        config: Resolved configuration of the workspace to back up.
        plan: What is to be in it.

    Returns:
        What was backed up; DEGRADED where a file could not be taken in.

    Raises:
        BackupError: A backup of that reference exists, or another one is being made in the same directory
            (``backup_running``).
        StorageFullError: There is no space; nothing was kept.
        ReadOnlyStoreError: The directory of backups may not be written.
        StoreAccessError: Something cannot be read or written; nothing was kept.
        PluginError: The configured encryption cannot be opened.
    """
    hold = enter_workspace(plan.workspace_root, read_only=False)
    try:
        return make_backup(config, plan)[0]
    finally:
        if hold is not None:
            hold.release()


def make_backup(config: UnifiedConfig, plan: BackupPlan) -> tuple[BackupResult, frozenset[str]]:
    """Make a backup of a workspace that the caller holds.

    Returns:
        The result, and section and path of every file in it.

    Raises:
        ContextaError: As for :func:`create_workspace_backup`.
    """
    layout = replace(WorkspaceLayout.of(config), backups=plan.backup_root)
    target = plan.backup_root / plan.backup_ref
    with open_cipher(config) as cipher, _failing_as_ours(plan.backup_root):
        filesystem.create_private_directory(plan.backup_root)
        with _one_at_a_time(plan.backup_root):
            if os.path.lexists(target):
                raise BackupError(
                    f"there is a backup {plan.backup_ref!r} already; make a new plan", code="backup_exists"
                )
            objects = ObjectStore(plan.backup_root, cipher)
            _sweep(plan.backup_root, objects)
            try:
                return _create(config, plan, layout, objects, cipher)
            except BaseException:
                if _take_name_away(target):
                    _remove_unfinished(plan.backup_root)
                    objects.forget_created()
                raise


def _take_name_away(target: Path) -> bool:
    """Unlist a backup that got its name and then failed; return whether what it holds may be removed."""
    if not os.path.lexists(target):
        return True
    try:
        filesystem.replace(target, target.parent / f"{_UNFINISHED}{os.urandom(8).hex()}")
    except OSError:
        # It stays listed, so it must stay whole.
        return False
    return True


def _create(
    config: UnifiedConfig,
    plan: BackupPlan,
    layout: WorkspaceLayout,
    objects: ObjectStore,
    cipher: EncryptionProvider | None,
) -> tuple[BackupResult, frozenset[str]]:
    copied = copy_sections(config, layout, plan.included_sections, objects)
    created_at = utc_now_text()
    manifest = BackupManifest(
        backup_ref=plan.backup_ref,
        created_at=created_at,
        label=plan.label,
        project_name=config.project_name,
        profile_name=config.profile_name,
        sections=plan.included_sections,
        files=tuple(
            BackedUpFile(path, written.size, written.sha256, written.name)
            for path, written in sorted(copied.files.items())
        ),
        notes=(*plan.notes, *copied.notes),
    )
    if cipher is not None:
        manifest = _sealed(manifest, copied.files.values(), cipher, str(config.security.encryption_provider))
    data = manifest.encode()
    _publish(plan, data)
    new = {each.name: each.stored_size for each in copied.files.values() if each.is_new}
    result = BackupResult(
        status=ResultStatus.DEGRADED if copied.warnings else ResultStatus.SUCCESS,
        warnings=tuple(copied.warnings),
        notes=manifest.notes,
        backup_ref=plan.backup_ref,
        created_at=created_at,
        location=plan.backup_root / plan.backup_ref,
        included_sections=plan.included_sections,
        bytes_written=sum(new.values()) + len(data),
        verification_notes=("content_hashed", "manifest_written"),
        file_count=len(copied.files),
        total_bytes=sum(each.size for each in copied.files.values()),
    )
    return result, frozenset(copied.files)


def _sealed(
    manifest: BackupManifest, written: Iterable[Written], cipher: EncryptionProvider, word: str
) -> BackupManifest:
    """Return the manifest with its list of files encrypted."""
    sealed = io.BytesIO()
    cipher.encrypt(io.BytesIO(json.dumps(manifest.inner()).encode()), sealed)
    stored = {each.name: StoredObject(each.name, each.stored_size, each.stored_sha256) for each in written}
    return replace(
        manifest,
        sections=(),
        files=(),
        notes=manifest.notes,
        encryption={"provider": word, **cipher.describe()},
        objects=tuple(stored[name] for name in sorted(stored)),
        sealed=base64.b64encode(sealed.getvalue()).decode("ascii"),
    )


def _publish(plan: BackupPlan, data: bytes) -> None:
    """Write the manifest, and give the backup its name: from here on it is listed."""
    unfinished = plan.backup_root / f"{_UNFINISHED}{os.urandom(8).hex()}"
    filesystem.create_private_directory(unfinished)
    filesystem.write_file_atomically(unfinished / MANIFEST_NAME, data)
    filesystem.replace(unfinished, plan.backup_root / plan.backup_ref)
    filesystem.sync_directory(plan.backup_root)


def sweep_backups(root: Path, *, dry_run: bool = False) -> int:
    """Remove what backups left that were cut off, and bodies that no backup needs any more.

    Args:
        root: Where the backups lie.
        dry_run: Whether to count only.

    Returns:
        Bytes that are free now, or would be.

    Raises:
        BackupError: A backup is being made (``backup_running``).
    """
    if not root.is_dir():
        return 0
    with _one_at_a_time(root):
        return _sweep(root, ObjectStore(root), dry_run=dry_run)


def _sweep(root: Path, objects: ObjectStore, *, dry_run: bool = False) -> int:
    if not dry_run:
        _remove_unfinished(root)
    return objects.sweep(needed_objects(root), dry_run=dry_run)


def _remove_unfinished(root: Path) -> None:
    for directory in root.glob(f"{_UNFINISHED}*"):
        with suppress(OSError):
            for path in directory.iterdir():
                filesystem.remove_file(path)
            directory.rmdir()


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    lock = FileLock(root / _LOCK_NAME, os.O_RDWR | os.O_CREAT, exclusive=True)
    with ExitStack() as closing:
        closing.callback(lock.release)
        if not lock.acquire():
            raise BackupError(
                f"another process is making a backup in {str(root)!r}; try again when that has ended",
                code="backup_running",
                retryable=True,
            )
        yield


@contextmanager
def _failing_as_ours(root: Path) -> Iterator[None]:
    try:
        yield
    except ContextaError:
        raise
    except OSError as error:
        raise write_failure(error, root, "make a backup", code="backup_write_failed") from error
