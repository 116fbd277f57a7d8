"""Migrations of the metadata store, whatever backend keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.migration import (
    MigrationHistoryRow,
    MigrationPlan,
    MigrationResult,
    MigrationStep,
    SchemaInspection,
)

if TYPE_CHECKING:
    from contexta.store.metadata.store import MetadataStore

__all__ = [
    "CURRENT_METADATA_STORE_SCHEMA_VERSION",
    "MigrationHistoryRow",
    "MigrationPlan",
    "MigrationResult",
    "MigrationStep",
    "SchemaInspection",
    "dry_run_migration_for",
    "inspect_schema",
    "migrate_for",
    "plan_migration_for",
]

#: The version of the entities and their fields; that of the files below them is the backend's own affair.
CURRENT_METADATA_STORE_SCHEMA_VERSION = "1"


def inspect_schema(config: Any) -> SchemaInspection:
    """Look at the version of a store; it is not made where there is none.

    Args:
        config: As of :class:`~contexta.store.metadata.MetadataStore`.
    """
    with _store(config) as store:
        return store.inspect_schema()


def plan_migration_for(config: Any, *, target_version: str | None = None) -> MigrationPlan:
    """Return the steps that lead a store to a version."""
    with _store(config) as store:
        return store.plan_migration(target_version=target_version)


def dry_run_migration_for(config: Any, *, target_version: str | None = None) -> MigrationResult:
    """Return what :func:`migrate_for` would do; changes nothing."""
    with _store(config) as store:
        return store.dry_run_migration(target_version=target_version)


def migrate_for(config: Any, *, target_version: str | None = None) -> MigrationResult:
    """Bring a store to a version."""
    with _store(config) as store:
        return store.migrate(target_version=target_version)


def _store(config: Any) -> MetadataStore:
    from contexta.store.metadata.store import MetadataStore

    return MetadataStore(config)
