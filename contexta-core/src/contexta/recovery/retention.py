"""Retention: what is older than the configuration keeps, as a plan that can be looked at and applied."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError
from contexta.log import filesystem
from contexta.recovery.models import as_data
from contexta.recovery.scanning import scan_section
from contexta.recovery.sections import WorkspaceLayout
from contexta.spi.artifacts import CollectedGarbage, SupportsGarbageCollection
from contexta.spi.records import SupportsCompaction
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.config.models import UnifiedConfig

__all__ = ["ExpiredFile", "RetentionPlan", "RetentionResult", "apply_retention", "plan_retention"]

_DAY_SECONDS = 86_400
_NOTHING = CollectedGarbage()
_NOTHING_PLANNED = CollectedGarbage(dry_run=True)
#: Section to the setting that says how long it is kept.
_SETTINGS = {"cache": "cache_ttl_days", "reports": "report_ttl_days", "exports": "export_ttl_days"}


@dataclass(frozen=True, slots=True)
class ExpiredFile:
    """A file that is older than its section is kept.

    Args:
        section: ``"cache"``, ``"reports"`` or ``"exports"``.
        path: The file.
        size_bytes: Its size.
        age_days: Days since it was last changed.
        mtime_ns: When it was last changed: one that changes after the plan stays.
    """

    section: str
    path: Path
    size_bytes: int
    age_days: float
    mtime_ns: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return as_data(self)


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What would be removed.

    Args:
        files: The files that have expired.
        artifacts: Bodies that nothing is bound to, where ``retention.artifact_retention_mode`` is not ``"manual"``.
        compacts_records: Whether the records are compacted.
    """

    files: tuple[ExpiredFile, ...] = ()
    artifacts: CollectedGarbage = _NOTHING_PLANNED
    compacts_records: bool = False

    @property
    def freed_bytes(self) -> int:
        """Bytes that would be free, without what compacting the records gives back."""
        return sum(each.size_bytes for each in self.files) + self.artifacts.freed_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return as_data(self) | {"freed_bytes": self.freed_bytes}


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """What was removed.

    Args:
        removed: The files.
        kept: Files that changed since the plan, or could not be removed, with the reason.
        artifacts: What was collected of the artifacts.
        freed_bytes: Bytes that are free now.
    """

    removed: tuple[Path, ...] = ()
    kept: tuple[str, ...] = ()
    artifacts: CollectedGarbage = _NOTHING
    freed_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return as_data(self)


def plan_retention(config: UnifiedConfig, *, now: float | None = None) -> RetentionPlan:
    """Look for what is older than ``retention`` keeps; nothing is changed.

    Backups, the outbox and the planes have no age: whatever is configured, they are not looked at, even where they lie
    inside of the cache.

    Args:
        config: The resolved configuration.
        now: What ages are counted from, in seconds since 1970; the current time when None.

    Raises:
        IntegrityError: Bindings of artifacts are damaged, so bodies may only look unbound.
    """
    moment = time.time() if now is None else now
    layout = WorkspaceLayout.of(config)
    files = []
    for section, setting in _SETTINGS.items():
        days = getattr(config.retention, setting)
        if days is None:
            continue
        for found in scan_section(layout, section):
            age = (moment - found.mtime_ns / 1e9) / _DAY_SECONDS
            if age > days:
                files.append(ExpiredFile(section, found.path, found.size, age, found.mtime_ns))
    return RetentionPlan(
        tuple(files),
        _collect(config, dry_run=True),
        compacts_records=config.retention.records_compaction_enabled,
    )


def apply_retention(config: UnifiedConfig, plan: RetentionPlan) -> RetentionResult:
    """Remove what a plan names, if it is still as it was planned.

    Args:
        config: The resolved configuration.
        plan: The plan.

    Raises:
        IntegrityError: Bindings of artifacts are damaged; the files were removed, no body was.
        ReadOnlyStoreError: A plane is open for reading.
    """
    removed: list[Path] = []
    kept: list[str] = []
    freed = 0
    for each in plan.files:
        try:
            found = each.path.lstat()
            if found.st_mtime_ns != each.mtime_ns:
                kept.append(f"{each.path}: changed since the plan was made")
                continue
            filesystem.remove_file(each.path)
        except OSError as error:
            kept.append(f"{each.path}: {error.strerror}")
            continue
        removed.append(each.path)
        freed += each.size_bytes
    _remove_empty_directories(config, removed)
    artifacts = _collect(config, dry_run=False) if plan.artifacts.freed_bytes else CollectedGarbage()
    if plan.compacts_records:
        with WorkspaceStores(config) as stores:
            if isinstance(stores.records, SupportsCompaction):
                stores.records.compact()
    return RetentionResult(tuple(removed), tuple(kept), artifacts, freed + artifacts.freed_bytes)


def _collect(config: UnifiedConfig, *, dry_run: bool) -> CollectedGarbage:
    nothing = CollectedGarbage(dry_run=dry_run)
    if config.retention.artifact_retention_mode == "manual":
        return nothing
    with WorkspaceStores(config) as stores:
        backend = stores.artifacts
        return (
            backend.collect_garbage(dry_run=dry_run)
            if isinstance(backend, SupportsGarbageCollection)
            else nothing
        )


def _remove_empty_directories(config: UnifiedConfig, removed: list[Path]) -> None:
    """Remove the directories that are empty now, up to their section's own."""
    tops = set(WorkspaceLayout.of(config).sections.values())
    for path in removed:
        directory = path.parent
        with suppress(OSError, ContextaError):
            while directory not in tops:
                directory.rmdir()
                directory = directory.parent
