"""What is to be restored, and what was."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.recovery.models import RecoveryResult, as_data

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RestorePlan", "RestoreResult"]


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore would do.

    Args:
        backup_ref: Reference of the backup.
        source_root: Where it lies: its directory, or its archive.
        target_workspace: Root of the workspace to restore.
        staging_root: Where the new planes are prepared, beside the old ones.
        create_safety_backup: Whether what is replaced is backed up before.
        verify_only: Whether the backup is only read and checked.
        notes: What is done, in words that programs may look for.
        included_sections: The parts that are restored; unknown while the backup is encrypted.
        replaced_sections: Those of them that are there now.
        file_count: Number of files.
        total_bytes: Bytes of all files.
        manifest_digest: Hash of the manifest: a backup that changes after the plan is refused.
    """

    backup_ref: str
    source_root: Path
    target_workspace: Path
    staging_root: Path
    create_safety_backup: bool
    verify_only: bool = False
    notes: tuple[str, ...] = ()
    included_sections: tuple[str, ...] = ()
    replaced_sections: tuple[str, ...] = ()
    file_count: int = 0
    total_bytes: int = 0
    manifest_digest: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return as_data(self)


@dataclass(frozen=True, slots=True)
class RestoreResult(RecoveryResult):
    """What was restored.

    Args:
        backup_ref: Reference of the backup.
        target_workspace: The workspace.
        applied: Whether it was changed.
        plane_results: What was found in each plane of the restored workspace.
        safety_backup_ref: The backup of what was replaced; None where there was nothing, or none was wanted.
        verification_notes: What was checked.
        kept_aside: Where things lie that were replaced and that no backup holds; None where there are none.
    """

    backup_ref: str = ""
    target_workspace: Path = Path()
    applied: bool = False
    plane_results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    safety_backup_ref: str | None = None
    verification_notes: tuple[str, ...] = ()
    kept_aside: Path | None = None
