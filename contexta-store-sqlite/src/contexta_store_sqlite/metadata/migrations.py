"""The versions of the metadata database, the steps between them, and the history of those that were tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import ContextaError, MigrationError, ReadOnlyStoreError, SchemaVersionError
from contexta.spi.migration import (
    MigrationHistoryRow,
    MigrationPlan,
    MigrationResult,
    MigrationStep,
    SchemaInspection,
)
from contexta_store_sqlite.metadata import schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta_store_sqlite.database import Connection, Database

__all__ = ["STEPS", "Migrations", "SchemaStep"]


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """One step.

    Args:
        step: Where it leads from and to.
        run: Does it, within the transaction that also notes it.
    """

    step: MigrationStep
    run: Callable[[Connection], None]


#: All steps that there ever were, in order: one version has landed so far.
STEPS: tuple[SchemaStep, ...] = ()


class Migrations:
    """The form of one database.

    Args:
        database: The database; it may not exist.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def inspect(self) -> SchemaInspection:
        """Look at the form; never raises for what it finds."""
        target = str(schema.VERSION)
        try:
            current = self._version()
        except SchemaVersionError as error:
            found = str((error.details or {}).get("found"))
            steps = _path(found, target)
            notes = () if steps else ("unsupported_migration_path",)
            return SchemaInspection(
                True, found, target, requires_migration=bool(steps), supported=bool(steps), notes=notes
            )
        except ContextaError as error:
            return SchemaInspection(
                True, None, target, requires_migration=False, supported=False, notes=(error.code,)
            )
        notes = () if current else ("store_missing",)
        return SchemaInspection(
            current is not None, current, target, requires_migration=False, supported=True, notes=notes
        )

    def plan(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version.

        Raises:
            MigrationError: No steps lead there (``metadata_migration_path_missing``).
        """
        current = self.inspect().current_version
        target = str(schema.VERSION) if target_version is None else str(target_version)
        steps = _path(current or str(schema.VERSION), target)
        if steps is None:
            raise MigrationError(
                f"No steps lead from version {current or schema.VERSION} of {self._database.path} to {target};"
                f" this version of the store knows {schema.VERSION}.",
                code="metadata_migration_path_missing",
                details={"current_version": current, "target_version": target},
            )
        return MigrationPlan(
            current, target, tuple(each.step for each in steps), requires_migration=bool(steps)
        )

    def migrate(self, target_version: str | None = None, *, dry_run: bool = False) -> MigrationResult:
        """Do the steps to a version, each in a transaction of its own.

        Raises:
            MigrationError: No steps lead there, or a step failed.
            ReadOnlyStoreError: The store is open for reading (``metadata_migration_read_only``).
        """
        plan = self.plan(target_version)
        if dry_run:
            return MigrationResult(
                plan.current_version,
                plan.target_version,
                plan.steps,
                dry_run=True,
                history_rows=self.history(),
            )
        try:
            self._database.check_writable("migrate the metadata")
        except ReadOnlyStoreError as error:
            raise ReadOnlyStoreError(
                f"The metadata store in {self._database.path.parent} is open for reading only, and cannot be migrated.",
                code="metadata_migration_read_only",
                cause=error,
            ) from error
        for each in _path(plan.current_version or plan.target_version, plan.target_version) or ():
            self._do(each)
        return MigrationResult(
            plan.target_version if plan.steps else plan.current_version,
            plan.target_version,
            plan.steps,
            changed=bool(plan.steps),
            history_rows=self.history(),
        )

    def history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return every step that was tried, the oldest first."""

        def read(connection: Connection) -> list[tuple[str, ...]]:
            return connection.execute("SELECT * FROM migrations ORDER BY rowid").fetchall()

        rows = self._database.read_any_version(read, action="read the history of migrations") or []
        return tuple(
            MigrationHistoryRow(
                step_id, before, after, description, status, applied_at, tuple(json.loads(notes))
            )
            for step_id, before, after, description, status, applied_at, notes in rows
        )

    def _do(self, each: SchemaStep) -> None:
        step = each.step

        def run(connection: Connection) -> None:
            each.run(connection)
            connection.execute(f"PRAGMA user_version = {int(step.to_version)}")
            _note(connection, step, "applied", ())

        try:
            self._database.write_any_version(run, action=f"migrate to version {step.to_version}")
        except Exception as error:
            notes = (str(error),)
            self._database.write_any_version(
                lambda connection: _note(connection, step, "failed", notes), action="note a failed migration"
            )
            raise MigrationError(
                f"The step {step.step_id} failed: {error}. Nothing was changed.",
                code="metadata_migration_step_failed",
                cause=error,
            ) from error

    def _version(self) -> str | None:
        return (
            None
            if self._database.read(lambda _: True, action="read the version") is None
            else str(schema.VERSION)
        )


def _note(connection: Connection, step: MigrationStep, status: str, notes: tuple[str, ...]) -> None:
    connection.execute(
        "INSERT INTO migrations VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            step.step_id,
            step.from_version,
            step.to_version,
            step.description,
            status,
            utc_now_text(),
            json.dumps(notes),
        ),
    )


def _path(current: str, target: str) -> list[SchemaStep] | None:
    """Return the steps between two versions, or None where none lead there."""
    found: list[SchemaStep] = []
    for each in STEPS:
        if current == target:
            break
        if each.step.from_version == current:
            found.append(each)
            current = each.step.to_version
    return found if current == target else None
