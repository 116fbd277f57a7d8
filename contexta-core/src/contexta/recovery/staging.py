"""Preparing what a restore will put into place, beside the place."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.errors import RestoreError, StorageFullError
from contexta.log import filesystem
from contexta.recovery.sections import PLANES
from contexta.store.pending_restore import Exchange

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.recovery.sections import WorkspaceLayout
    from contexta.recovery.source import BackupSource

__all__ = ["PREFIX", "Staging"]

#: Names of staging directories begin so.
PREFIX = "restore-"
#: Sections that are replaced as a whole; of the others only what has the same name is replaced.
_WHOLE = frozenset({*PLANES, "outbox"})
_SPARE_BYTES = 1_048_576


@dataclass(slots=True)
class Staging:
    """The prepared files of one restore.

    Args:
        layout: The workspace.
        directory: Where they are prepared, on the file system of the workspace.
        sections: The parts to restore.
    """

    layout: WorkspaceLayout
    directory: Path
    sections: tuple[str, ...]

    @classmethod
    def begin(cls, layout: WorkspaceLayout, sections: tuple[str, ...]) -> Staging:
        """Make the directory.

        Raises:
            RestoreError: It is on another file system than a part of the workspace (``restore_staging_elsewhere``), or
                another part lies in a plane that is replaced (``restore_sections_overlap``).
            OSError: It cannot be made.
        """
        _require_disjoint(layout, sections)
        directory = layout.staging / f"{PREFIX}{os.urandom(8).hex()}"
        filesystem.create_private_directory(directory)
        device = directory.stat().st_dev
        for section in sections:
            place = layout.sections[section]
            while not place.exists():
                place = place.parent
            if place.stat().st_dev != device:
                directory.rmdir()
                raise RestoreError(
                    f"recovery.restore_staging_root is {str(layout.staging)!r}, on another file system than {section}"
                    f" at {str(layout.sections[section])!r}; name a place on the same one",
                    code="restore_staging_elsewhere",
                )
        return cls(layout, directory, sections)

    def prepared(self, section: str) -> Path:
        """Return where a section is prepared."""
        return self.directory / "new" / section

    @property
    def replaced(self) -> Path:
        """Where what is replaced goes."""
        return self.directory / "old"

    def fill(self, source: BackupSource) -> None:
        """Write all files of the sections; each is compared with the manifest and brought to stable storage.

        Raises:
            RestoreError: A file is not what the manifest says.
            StorageFullError: There is not enough space.
            OSError: A file cannot be written.
        """
        entries = [each for each in source.manifest.files if each.section in self.sections]
        needed = sum(each.size for each in entries)
        free = shutil.disk_usage(self.directory).free
        if needed + _SPARE_BYTES > free:
            raise StorageFullError(
                f"the backup needs {needed} bytes and {free} are free at {str(self.directory)!r}; free space, or name"
                " another place with recovery.restore_staging_root. Nothing was changed",
                details={"needed": needed, "free": free},
                retryable=True,
            )
        for section in self.sections:
            filesystem.create_private_directory(self.prepared(section))
        directories: set[Path] = set()
        for entry in entries:
            path = self.directory / "new" / entry.path
            filesystem.create_private_directory(path.parent)
            directories.add(path.parent)
            descriptor = filesystem.create_file(path)
            with os.fdopen(descriptor, "wb") as stream:
                source.write_file(entry, stream)
                stream.flush()
                filesystem.sync_file(stream.fileno())
        for directory in directories:
            filesystem.sync_directory(directory)

    def exchanges(self) -> list[Exchange]:
        """Return what changes places: planes as a whole, of the other sections each entry at their top."""
        found = []
        for section in self.sections:
            prepared, target = self.prepared(section), self.layout.sections[section]
            if section in _WHOLE:
                found.append(self._exchange(prepared, target, self.replaced / section))
                continue
            found += [
                self._exchange(entry, target / entry.name, self.replaced / section / entry.name)
                for entry in sorted(prepared.iterdir())
            ]
        return found

    def _exchange(self, staged: Path, target: Path, replaced: Path) -> Exchange:
        return Exchange(*(self._named(path) for path in (staged, target, replaced)))

    def _named(self, path: Path) -> str:
        """Return a path as the intent names it: relative to the workspace where it lies in it, so that it can move."""
        root = self.layout.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

    def abandon(self) -> None:
        """Remove what was prepared; nothing of it was used."""
        with suppress(OSError):
            shutil.rmtree(self.directory / "new")
        with suppress(OSError):
            self.directory.rmdir()


def _require_disjoint(layout: WorkspaceLayout, sections: tuple[str, ...]) -> None:
    for section in sections:
        if section not in _WHOLE:
            continue
        own = layout.sections[section]
        inside = [name for name, path in layout.sections.items() if path != own and path.is_relative_to(own)]
        if inside:
            raise RestoreError(
                f"{', '.join(inside)} lies inside of {section}, which a restore replaces as a whole; move it elsewhere",
                code="restore_sections_overlap",
                details={"section": section, "inside": inside},
            )
