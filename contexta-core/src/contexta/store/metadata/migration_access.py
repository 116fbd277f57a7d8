"""The migrations as methods of the metadata store, whatever backend keeps it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.migration import (
        MigrationHistoryRow,
        MigrationPlan,
        MigrationResult,
        SchemaInspection,
        SupportsMigrations,
    )

__all__ = ["MigrationAccess"]


class MigrationAccess:
    """Gives the metadata store its migrations."""

    _config: UnifiedConfig

    @property
    @abstractmethod
    def _entities(self) -> MetadataBackend:
        """The backend."""

    def inspect_schema(self) -> SchemaInspection:
        """Look at the version of what is stored."""
        return self._migrations().inspect_schema()

    def plan_migration(self, *, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version.

        Args:
            target_version: The version; None for the latest.

        Raises:
            MigrationError: No steps lead there (``metadata_migration_path_missing``).
        """
        return self._migrations().plan_migration(target_version)

    def dry_run_migration(self, *, target_version: str | None = None) -> MigrationResult:
        """Return what :meth:`migrate` would do; changes nothing.

        Args:
            target_version: The version; None for the latest.

        Raises:
            MigrationError: No steps lead there.
        """
        return self._with_warnings(self._migrations().migrate(target_version, dry_run=True))

    def migrate(self, *, target_version: str | None = None) -> MigrationResult:
        """Apply the steps to a version.

        Args:
            target_version: The version; None for the latest.

        Raises:
            MigrationError: No steps lead there, somebody is writing, or a step failed.
            ReadOnlyStoreError: The store is open for reading (``metadata_migration_read_only``).
        """
        if self._config.metadata.read_only:
            from contexta.errors import ReadOnlyStoreError

            raise ReadOnlyStoreError(
                "a store that is open for reading only cannot be migrated; open it without metadata.read_only",
                code="metadata_migration_read_only",
            )
        return self._with_warnings(self._migrations().migrate(target_version))

    def migration_history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return every step that was ever tried on this store, the oldest first."""
        return self._migrations().migration_history()

    def get_store_schema_version(self) -> str:
        """Return the version of what is stored; of a store that is not there yet the current one."""
        from contexta.store.metadata.migration import CURRENT_METADATA_STORE_SCHEMA_VERSION

        return self.inspect_schema().current_version or CURRENT_METADATA_STORE_SCHEMA_VERSION

    def _migrations(self) -> SupportsMigrations:
        from contexta.spi.migration import SupportsMigrations
        from contexta.store.metadata.without_migrations import WithoutMigrations

        backend: Any = self._entities
        return backend if isinstance(backend, SupportsMigrations) else WithoutMigrations()

    def _with_warnings(self, result: MigrationResult) -> MigrationResult:
        from dataclasses import replace

        warnings = [] if result.applied_steps else ["no_schema_changes_required"]
        if self._config.metadata.auto_migrate:
            warnings.insert(0, "config_auto_migrate_is_enabled")
        return replace(result, warnings=(*warnings, *result.warnings))
