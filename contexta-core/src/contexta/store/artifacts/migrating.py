"""Layouts of the store: there is one, and a plan says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.artifacts import ArtifactBackend
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    from contexta.store.artifacts.store import ArtifactStore

__all__ = ["ArtifactMigrationPlan", "Migrating", "migrate_bindings", "plan_migration"]


@dataclass(frozen=True, slots=True)
class ArtifactMigrationPlan:
    """What there is to do to bring a store to the layout that is written.

    Args:
        source_layout_version: The layout that it has.
        target_layout_version: The layout that is written.
        actions: The steps: ``bootstrap:new_store`` for a store without artifacts, or ``noop:layout_already_current``.
        dry_run: Whether nothing was changed.
    """

    source_layout_version: str
    target_layout_version: str
    actions: tuple[str, ...]
    dry_run: bool = True


class Migrating(StoreFace[ArtifactBackend]):
    """Migration of the layout; a layout that cannot be read is refused when the store is opened."""

    def plan_migration(self) -> ArtifactMigrationPlan:
        """Plan what there is to do; nothing is changed."""
        version = self._config.artifacts.layout_version
        is_new = not self._backend.list_artifacts()
        action = "bootstrap:new_store" if is_new else "noop:layout_already_current"
        return ArtifactMigrationPlan(version, version, (action,))

    def migrate_bindings(self, *, dry_run: bool = True) -> ArtifactMigrationPlan:
        """Do what is planned: with one layout that is nothing, whether it is tried or done."""
        from dataclasses import replace

        return replace(self.plan_migration(), dry_run=dry_run)


def plan_migration(store: ArtifactStore) -> ArtifactMigrationPlan:
    """Plan what there is to do to bring a store to the layout that is written."""
    return store.plan_migration()


def migrate_bindings(store: ArtifactStore, *, dry_run: bool = True) -> ArtifactMigrationPlan:
    """Bring a store to the layout that is written."""
    return store.migrate_bindings(dry_run=dry_run)
