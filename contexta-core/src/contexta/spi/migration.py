"""How a store is brought from the form of an older version to that of this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

__all__ = [
    "MigrationHistoryRow",
    "MigrationPlan",
    "MigrationResult",
    "MigrationStep",
    "SchemaInspection",
    "SupportsMigrations",
]


@dataclass(frozen=True, slots=True)
class MigrationStep:
    """One step between two versions.

    Args:
        from_version: The version that it begins at.
        to_version: The version that it leads to.
        description: What it changes.
        step_id: Its identifier in the history.
    """

    from_version: str
    to_version: str
    description: str
    step_id: str


@dataclass(frozen=True, slots=True)
class SchemaInspection:
    """What form a store has.

    Args:
        exists: Whether there is one.
        current_version: Its version; None where there is none.
        target_version: The version of this installation.
        requires_migration: Whether steps lead from one to the other.
        supported: Whether this installation can read it, now or after the steps.
        notes: Stable words, such as ``store_missing`` or ``unsupported_migration_path``.
    """

    exists: bool
    current_version: str | None
    target_version: str
    requires_migration: bool
    supported: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The steps to a version.

    Args:
        current_version: The version that the store has.
        target_version: The version that it is to have.
        steps: The steps, in order.
        requires_migration: Whether there are any.
    """

    current_version: str | None
    target_version: str
    steps: tuple[MigrationStep, ...] = ()
    requires_migration: bool = False


@dataclass(frozen=True, slots=True)
class MigrationHistoryRow:
    """A step that was tried.

    Args:
        step_id: The step.
        from_version: The version that it began at.
        to_version: The version that it leads to.
        description: What it changes.
        status: ``"applied"`` or ``"failed"``.
        applied_at: When it ended (ISO 8601, UTC).
        notes: What went wrong.
    """

    step_id: str
    from_version: str
    to_version: str
    description: str
    status: str
    applied_at: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """What a migration did, or would do.

    Args:
        current_version: The version that the store has now.
        target_version: The version that was asked for.
        applied_steps: The steps that were done; of a dry run those that would be.
        dry_run: Whether nothing was changed.
        changed: Whether something was changed.
        history_rows: Everything that was ever tried on this store.
        warnings: Stable words, such as ``no_schema_changes_required``.
    """

    current_version: str | None
    target_version: str
    applied_steps: tuple[MigrationStep, ...] = ()
    dry_run: bool = False
    changed: bool = False
    history_rows: tuple[MigrationHistoryRow, ...] = ()
    warnings: tuple[str, ...] = ()


@runtime_checkable
class SupportsMigrations(Protocol):
    """A store whose form has versions."""

    def inspect_schema(self) -> SchemaInspection:
        """Look at the store's form; works for any store, also for one that cannot be used as it is."""

    def plan_migration(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version; None for this installation's.

        Raises:
            MigrationError: No steps lead there.
        """

    def migrate(self, target_version: str | None = None, *, dry_run: bool = False) -> MigrationResult:
        """Do the steps to a version, or look whether they could be done.

        Raises:
            MigrationError: No steps lead there, somebody is writing, or a step failed.
            ReadOnlyStoreError: The store is open for reading.
        """

    def migration_history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return everything that was ever tried on this store, the oldest first."""
