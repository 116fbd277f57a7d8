"""A backup in one file: a zip archive with the manifest and the bodies, none of them compressed.

Nothing is ever unpacked.  Members are read one by one, by the names in the manifest, and written under names of our own.
Because nothing is compressed, a small archive cannot become large, and what its directory claims can be held against the
size of the file.
"""

from __future__ import annotations

import os
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.errors import BackupError
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.recovery.manifest import MANIFEST_NAME
from contexta.recovery.objects import OBJECTS
from contexta.recovery.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.config.models import UnifiedConfig

__all__ = ["export_backup"]

#: The moment of every member: an archive says nothing of when and where it was written.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def export_backup(config: UnifiedConfig, backup_ref: str, destination: Path) -> Path:
    """Write one backup into a file of its own, to be carried elsewhere.

    Args:
        config: The resolved configuration.
        backup_ref: The backup.
        destination: The new file; ``.zip`` is added where it has another suffix.

    Returns:
        The file.

    Raises:
        BackupError: It exists (``backup_archive_exists``).
        RestoreError: There is no such backup, or a body of it is missing or damaged.
        StoreAccessError: It cannot be written; nothing is left behind.
    """
    target = destination if destination.suffix == ".zip" else destination.with_name(f"{destination.name}.zip")
    if os.path.lexists(target):
        raise BackupError(f"{str(target)!r} exists; name another file", code="backup_archive_exists")
    temporary = target.with_name(f".tmp-{os.urandom(8).hex()}")
    with open_source(config, backup_ref) as source:
        try:
            filesystem.create_private_directory(target.parent)
            descriptor = filesystem.create_file(temporary)
            with (
                os.fdopen(descriptor, "w+b") as stream,
                zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive,
            ):
                archive.writestr(zipfile.ZipInfo(MANIFEST_NAME, _NO_TIME), source.manifest_bytes)
                for name, size in source.stored_sizes().items():
                    member = zipfile.ZipInfo(f"{OBJECTS}/{name}", _NO_TIME)
                    member.file_size = size
                    with source.open_object(name) as body, archive.open(member, "w") as out:
                        source.copy_stored(name, body, out)
                archive.close()
                stream.flush()
                filesystem.sync_file(stream.fileno())
            filesystem.replace(temporary, target)
            filesystem.sync_directory(target.parent)
        except OSError as error:
            raise write_failure(
                error, target, "write an archive of a backup", code="backup_write_failed"
            ) from error
        finally:
            with suppress(OSError):
                filesystem.remove_file(temporary)
    return target
