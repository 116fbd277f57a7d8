"""Giving back the space of what nobody can need any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.capture.outbox_compaction import compact_outbox
from contexta.capture.outbox_entries import EntryState, read_outbox
from contexta.recovery.backup import sweep_backups
from contexta.recovery.outbox import outbox_root
from contexta.recovery.sections import WorkspaceLayout
from contexta.spi.artifacts import CollectedGarbage, SupportsGarbageCollection
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig

__all__ = ["WorkspaceGarbage", "collect_garbage"]


@dataclass(frozen=True, slots=True)
class WorkspaceGarbage:
    """What a garbage collection removed, or would remove.

    Args:
        artifacts: Bodies that no artifact has, and what dead processes left.
        backup_bytes: Bytes of what no backup needs: bodies of deleted backups, and of those that were cut off.
        delivered_entries: Entries of the outbox that were delivered.
        dry_run: Whether everything is still there.
    """

    artifacts: CollectedGarbage
    backup_bytes: int = 0
    delivered_entries: int = 0
    dry_run: bool = False

    @property
    def freed_bytes(self) -> int:
        """Bytes of bodies that are free now, or would be."""
        return self.artifacts.freed_bytes + self.backup_bytes


def collect_garbage(
    config: UnifiedConfig, *, dry_run: bool = False, despite_damage: bool = False
) -> WorkspaceGarbage:
    """Remove what nobody can need: bodies without an artifact or a backup, and what was delivered.

    What a living process is about to bind stays, so programs may capture meanwhile.

    Args:
        config: The resolved configuration.
        dry_run: Whether to count only.
        despite_damage: Whether to go on where damaged bindings may hide what is bound to what.

    Raises:
        IntegrityError: Bindings are damaged, so some bodies may only look unbound; nothing was removed.
        ReadOnlyStoreError: The artifact store is open for reading.
        BackupError: A backup is being made.
    """
    artifacts = CollectedGarbage(dry_run=dry_run)
    with WorkspaceStores(config) as stores:
        if isinstance(stores.artifacts, SupportsGarbageCollection):
            artifacts = stores.artifacts.collect_garbage(dry_run=dry_run, despite_damage=despite_damage)
    root = outbox_root(config)
    delivered = len(read_outbox(root).in_state(EntryState.DELIVERED))
    if delivered and not dry_run:
        compact_outbox(root)
    freed = sweep_backups(WorkspaceLayout.of(config).backups, dry_run=dry_run)
    return WorkspaceGarbage(artifacts, freed, delivered, dry_run)
