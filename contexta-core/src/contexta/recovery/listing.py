"""The backups that lie in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.recovery.backup_models import BackupInfo
from contexta.recovery.manifest import MANIFEST_NAME, BackupManifest
from contexta.recovery.objects import OBJECTS, open_regular
from contexta.recovery.sections import WorkspaceLayout

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.config.models import UnifiedConfig

__all__ = ["list_backups", "needed_objects", "read_manifest"]


def read_manifest(directory: Path) -> BackupManifest:
    """Read the manifest of a backup's directory.

    Raises:
        RestoreError: It is none, or was changed.
        OSError: It is not there, or cannot be read.
    """
    with open_regular(directory / MANIFEST_NAME) as stream:
        return BackupManifest.decode(stream.read(), str(directory))


def list_backups(config: UnifiedConfig) -> tuple[BackupInfo, ...]:
    """Return the complete backups of a workspace, the oldest first; their bodies are not read.

    Args:
        config: The resolved configuration.
    """
    found = [_look_at(directory) for directory in _directories(WorkspaceLayout.of(config).backups)]
    return tuple(sorted(found, key=lambda each: (each.created_at, each.backup_ref)))


def _directories(root: Path) -> list[Path]:
    try:
        return [
            path
            for path in sorted(root.iterdir())
            if path.is_dir() and not path.name.startswith(".") and path.name != OBJECTS
        ]
    except OSError:
        return []


def _look_at(directory: Path) -> BackupInfo:
    try:
        manifest = read_manifest(directory)
    except (ContextaError, OSError) as error:
        return BackupInfo(directory.name, "", directory, problem=str(error))
    return BackupInfo(
        backup_ref=manifest.backup_ref,
        created_at=manifest.created_at,
        location=directory,
        label=manifest.label,
        included_sections=manifest.sections,
        file_count=len(manifest.files) or len(manifest.objects),
        total_bytes=manifest.total_bytes or sum(each.size for each in manifest.objects),
        is_encrypted=manifest.encryption is not None,
    )


def needed_objects(root: Path) -> frozenset[str] | None:
    """Return the names of all objects that the backups of a directory need; None where a manifest cannot be read."""
    needed: set[str] = set()
    for directory in _directories(root):
        try:
            needed |= read_manifest(directory).object_names
        except (ContextaError, OSError):
            # Nobody knows what it needs, so nothing is taken from it.
            return None
    return frozenset(needed)
