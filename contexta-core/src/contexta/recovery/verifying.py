"""Checking a backup without restoring it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.recovery.models import RecoveryResult
from contexta.recovery.source import open_source

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig

__all__ = ["verify_backup"]


def verify_backup(config: UnifiedConfig, backup_ref: str) -> RecoveryResult:
    """Read every body of a backup and compare it with the manifest.

    An encrypted backup needs no key for that: what lies on the disk has hashes of its own.

    Args:
        config: The resolved configuration.
        backup_ref: Its reference, the path of its directory, or the path of an archive.

    Raises:
        RestoreError: There is no such backup, or something about it is not as it was written; the text names the file.
    """
    with open_source(config, backup_ref) as source:
        size = source.verify_objects()
        manifest = source.manifest
    details = {
        "backup_ref": manifest.backup_ref,
        "object_count": len(manifest.object_names),
        "verified_bytes": size,
        "is_encrypted": manifest.encryption is not None,
    }
    return RecoveryResult(notes=("content_verified",), details=details)
