"""The migrations of a backend that has none."""

from __future__ import annotations

from contexta.errors import MigrationError
from contexta.spi.migration import MigrationHistoryRow, MigrationPlan, MigrationResult, SchemaInspection
from contexta.store.metadata.migration import CURRENT_METADATA_STORE_SCHEMA_VERSION

__all__ = ["WithoutMigrations"]


class WithoutMigrations:
    """What a backend without migrations answers: it has the current version, whatever that is to it."""

    def inspect_schema(self) -> SchemaInspection:
        """Look at the store's form."""
        version = CURRENT_METADATA_STORE_SCHEMA_VERSION
        return SchemaInspection(
            exists=True,
            current_version=version,
            target_version=version,
            requires_migration=False,
            supported=True,
            notes=("migrations_not_supported",),
        )

    def plan_migration(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version: none."""
        if target_version not in {None, CURRENT_METADATA_STORE_SCHEMA_VERSION}:
            raise MigrationError(
                f"this metadata store has no migrations; version {target_version!r} cannot be reached",
                code="metadata_migration_unsupported_store",
                details={"target_version": target_version},
            )
        version = CURRENT_METADATA_STORE_SCHEMA_VERSION
        return MigrationPlan(version, version)

    def migrate(self, target_version: str | None = None, *, dry_run: bool = False) -> MigrationResult:
        """Do the steps to a version: none."""
        plan = self.plan_migration(target_version)
        return MigrationResult(plan.current_version, plan.target_version, dry_run=dry_run)

    def migration_history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return what was tried: nothing."""
        return ()
