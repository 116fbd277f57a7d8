"""The form of a store: its version, the steps from older ones, and the history of those that were tried.

The journal names its format in every segment, and a generation of the index its own; neither ever changes in place.
What may change is what stands between: where files lie and what the entities' fields mean.  That has a version, ``1``
from the first store on.  A step leads from one version to the next; ``migrations.jsonl`` below the root of the plane
holds a line for each that was tried, and a store without that file has the first version.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import ContextaError, MigrationError, SchemaVersionError
from contexta.log import filesystem
from contexta.log.liveness import Liveness
from contexta.log.reader import LogReader
from contexta.spi.migration import (
    MigrationHistoryRow,
    MigrationPlan,
    MigrationResult,
    MigrationStep,
    SchemaInspection,
)
from contexta_store_duckdb import versions

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["STEPS", "StoreMigrations", "StoreStep"]

_LOCK = ".migration.lock"
#: The database of programs that wrote DuckDB directly; it is not read, and nothing happens to it.
_FOREIGN_DATABASE = "ledger.db"


@dataclass(frozen=True, slots=True)
class StoreStep:
    """One step.

    Args:
        step: Where it leads from and to.
        run: Does it, given the root of the plane; doing it twice, or again after half of it, must be harmless.
    """

    step: MigrationStep
    run: Callable[[Path], None]


#: All steps that there ever were, in order: one version has landed so far.
STEPS: tuple[StoreStep, ...] = ()


class StoreMigrations:
    """The form of one store.

    Args:
        root: Root of the plane; it may be missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / versions.HISTORY_NAME

    def history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return every step that was tried, the oldest first.

        Raises:
            StoreAccessError: The history cannot be read.
        """
        try:
            text = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            from contexta.log.failures import read_failure

            raise read_failure(error, self._path, "read the history of migrations") from error
        rows = []
        for line in text.splitlines():
            try:
                fields = json.loads(line)
                rows.append(MigrationHistoryRow(**{**fields, "notes": tuple(fields["notes"])}))
            except (ValueError, TypeError, KeyError, RecursionError):
                # The last line of a process that died while writing it: its step is done again.
                continue
        return tuple(rows)

    def version(self) -> str | None:
        """Return the store's version; None where there is no store."""
        applied = [row.to_version for row in self.history() if row.status == "applied"]
        if applied:
            return applied[-1]
        return versions.FIRST_VERSION if (self._root / "journal").is_dir() else None

    def inspect(self) -> SchemaInspection:
        """Look at the store's form; never raises for what it finds."""
        notes = []
        version = self.version()
        if version is None:
            notes.append("store_missing")
        if (self._root / _FOREIGN_DATABASE).exists():
            notes.append("foreign_database_ignored")
        formats_known = self._formats_known()
        if not formats_known:
            notes.append("journal_format_unsupported")
        steps = None if version is None else _path(version, versions.SCHEMA_VERSION)
        if version is not None and steps is None:
            notes.append("unsupported_migration_path")
        return SchemaInspection(
            exists=version is not None,
            current_version=version,
            target_version=versions.SCHEMA_VERSION,
            requires_migration=bool(steps),
            supported=formats_known and (version is None or steps is not None),
            notes=tuple(notes),
        )

    def plan(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version.

        Raises:
            MigrationError: No steps lead there (``metadata_migration_path_missing``).
        """
        version = self.version()
        target = versions.SCHEMA_VERSION if target_version is None else str(target_version)
        steps = _path(version or versions.SCHEMA_VERSION, target)
        if steps is None:
            known = sorted(
                {versions.FIRST_VERSION, versions.SCHEMA_VERSION, *(each.step.to_version for each in STEPS)}
            )
            raise MigrationError(
                f"no steps lead from version {version!r} of {self._root} to {target!r}; this installation knows "
                f"{', '.join(known)}. Use the version of Contexta that wrote the store, or a newer one.",
                code="metadata_migration_path_missing",
                details={"current_version": version, "target_version": target},
            )
        return MigrationPlan(version, target, tuple(each.step for each in steps), bool(steps))

    def migrate(
        self, target_version: str | None = None, *, dry_run: bool = False, own_writer: str = ""
    ) -> MigrationResult:
        """Do the steps to a version, or look whether they could be done.

        Args:
            target_version: The version; None for that of this code.
            dry_run: Whether to change nothing.
            own_writer: The writer of this process, which is at rest.

        Raises:
            MigrationError: No steps lead there, somebody writes (``metadata_migration_writers_alive``), somebody
                migrates (``metadata_migration_in_progress``), or a step failed (``metadata_migration_step_failed``).
        """
        plan = self.plan(target_version)
        if not plan.steps:
            return MigrationResult(
                plan.current_version, plan.target_version, dry_run=dry_run, history_rows=self.history()
            )
        self._require_rest(own_writer)
        if dry_run:
            return MigrationResult(
                plan.current_version,
                plan.target_version,
                plan.steps,
                dry_run=True,
                history_rows=self.history(),
            )
        with self._locked():
            # Another process may have done some of them since.
            plan = self.plan(target_version)
            for each in _path(plan.current_version or versions.SCHEMA_VERSION, plan.target_version) or ():
                self._do(each)
        return MigrationResult(
            plan.target_version, plan.target_version, plan.steps, changed=True, history_rows=self.history()
        )

    def require_current(self) -> None:
        """Refuse a store that has another version than this code reads.

        Raises:
            SchemaVersionError: It has (``metadata_store_schema_version_unsupported``).
        """
        version = self.version()
        if version in {None, versions.SCHEMA_VERSION}:
            return
        todo = (
            "bring it up with contexta.store.metadata.MetadataStore.migrate() or metadata.auto_migrate = true"
            if _path(str(version), versions.SCHEMA_VERSION)
            else "use the version of Contexta that wrote it, or a newer one"
        )
        raise SchemaVersionError(
            f"the metadata store in {self._root} has version {version!r}, and this installation reads "
            f"{versions.SCHEMA_VERSION!r}; {todo}",
            code="metadata_store_schema_version_unsupported",
            details={"found": version, "supported": versions.SCHEMA_VERSION},
        )

    def is_outdated(self) -> bool:
        """Tell whether there are steps to do."""
        version = self.version()
        return version is not None and bool(_path(version, versions.SCHEMA_VERSION))

    def _do(self, each: StoreStep) -> None:
        try:
            each.run(self._root)
        except (ContextaError, OSError, ValueError) as error:
            self._note(each.step, "failed", (f"{type(error).__name__}: {error}",))
            raise MigrationError(
                f"step {each.step.step_id!r} of the migration of {self._root} failed: {error}. What was done before it "
                "stays; the step can be tried again.",
                code="metadata_migration_step_failed",
                details={"step_id": each.step.step_id},
                cause=error,
            ) from error
        self._note(each.step, "applied", ())

    def _note(self, step: MigrationStep, status: str, notes: tuple[str, ...]) -> None:
        row = MigrationHistoryRow(
            step.step_id, step.from_version, step.to_version, step.description, status, utc_now_text(), notes
        )
        known = [json.dumps(asdict(each)) for each in (*self.history(), row)]
        filesystem.write_file_atomically(self._path, ("\n".join(known) + "\n").encode())

    def _require_rest(self, own_writer: str) -> None:
        """Refuse to go on beside other writers."""
        verdicts = LogReader(self._root / "journal").writers_alive()
        alive = [writer for writer, verdict in verdicts.items() if verdict is not Liveness.DEAD]
        others = sorted(set(alive) - {own_writer})
        if others:
            raise MigrationError(
                f"{len(others)} other process(es) write to {self._root}, or may do so; end them, then migrate",
                code="metadata_migration_writers_alive",
                details={"writers": others},
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if fcntl is None:
            yield
            return
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise MigrationError(
                    f"another process migrates {self._root}; wait for it",
                    code="metadata_migration_in_progress",
                    cause=error,
                ) from error
            yield
        finally:
            os.close(descriptor)

    def _formats_known(self) -> bool:
        reader = LogReader(self._root / "journal")
        try:
            for segment in reader.segments():
                reader.header(segment)
        except SchemaVersionError:
            return False
        return True


def _path(current: str, target: str) -> list[StoreStep] | None:
    """Return the steps between two versions; None where none lead there."""
    steps = []
    version = current
    while version != target:
        following = next((each for each in STEPS if each.step.from_version == version), None)
        if following is None or following in steps:
            return None
        steps.append(following)
        version = following.step.to_version
    return steps
