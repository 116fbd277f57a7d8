"""What is to be backed up, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contexta.recovery.models import RecoveryResult, as_data

__all__ = ["BackupInfo", "BackupPlan", "BackupResult"]


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What a backup would hold.

    Args:
        backup_ref: The reference that it would have.
        workspace_root: Root of the workspace.
        backup_root: Where it would lie.
        included_sections: The parts of the workspace in it.
        estimated_bytes: Bytes of their files now; less is stored where earlier backups hold the same.
        notes: What is left out.
        label: What it is to be called.
    """

    backup_ref: str
    workspace_root: Path
    backup_root: Path
    included_sections: tuple[str, ...]
    estimated_bytes: int
    notes: tuple[str, ...] = ()
    label: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return as_data(self)


@dataclass(frozen=True, slots=True)
class BackupResult(RecoveryResult):
    """What was backed up.

    Args:
        backup_ref: The backup's reference.
        created_at: When it was made (ISO 8601, UTC).
        location: Its directory.
        included_sections: The parts of the workspace in it.
        bytes_written: Bytes that it took: what earlier backups hold as well is not stored again.
        verification_notes: What was checked.
        file_count: Number of files.
        total_bytes: Bytes of all files.
    """

    backup_ref: str = ""
    created_at: str = ""
    location: Path = Path()
    included_sections: tuple[str, ...] = ()
    bytes_written: int = 0
    verification_notes: tuple[str, ...] = ()
    file_count: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup that lies in a directory of backups.

    Args:
        backup_ref: Its reference.
        created_at: When it was made (ISO 8601, UTC); empty where it cannot be read.
        location: Its directory.
        label: What it was called.
        included_sections: The parts of the workspace in it; unknown while it is encrypted.
        file_count: Number of files.
        total_bytes: Bytes of all files.
        is_encrypted: Whether it is encrypted.
        problem: Why it cannot be used; None where nothing is known to be wrong.
    """

    backup_ref: str
    created_at: str
    location: Path
    label: str | None = None
    included_sections: tuple[str, ...] = ()
    file_count: int = 0
    total_bytes: int = 0
    is_encrypted: bool = False
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return as_data(self)
