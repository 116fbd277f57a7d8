"""The members of a zip archive from anywhere."""

from __future__ import annotations

import os
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from contexta.errors import RestoreError
from contexta.recovery.objects import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ZipMembers"]

_MOST_MEMBERS = 2_000_001


class ZipMembers:
    """The members of an archive from anywhere, after everything that can be said of its directory was checked.

    Args:
        path: The archive.

    Raises:
        RestoreError: It is no archive of ours (``recovery_backup_hostile``).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with open_regular(path) as stream:
                self._size = os.fstat(stream.fileno()).st_size
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
            raise self._hostile(f"it is no zip archive: {error}") from error
        try:
            self._members = self._checked()
        except BaseException:
            self._archive.close()
            raise

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        infos = self._archive.infolist()
        if len(infos) > _MOST_MEMBERS:
            raise self._hostile(f"it has {len(infos)} members")
        for info in infos:
            if info.filename in members:
                raise self._hostile(f"it has the member {info.filename[:80]!r} twice")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                raise self._hostile(f"the member {info.filename[:80]!r} is compressed; ours never are")
            if info.flag_bits & 0x1 or (info.external_attr >> 16) & 0o170000 not in {0, 0o100000}:
                raise self._hostile(f"the member {info.filename[:80]!r} is no plain file")
            members[info.filename] = info
        if sum(info.file_size for info in infos) > self._size:
            raise self._hostile("its members claim more bytes than it has")
        return members

    @property
    def names(self) -> frozenset[str]:
        """Names of the members."""
        return frozenset(self._members)

    def size(self, name: str) -> int | None:
        """Return the size of a member, or None where there is none."""
        info = self._members.get(name)
        return None if info is None else info.file_size

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a member.

        Raises:
            RestoreError: It is not there, or not where the directory says.
        """
        info = self._members.get(name)
        if info is None:
            raise self._hostile(f"it has no member {name!r}")
        try:
            with self._archive.open(info) as stream:
                yield stream  # type: ignore[misc]  # a reader of bytes
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise self._hostile(f"the member {name!r} cannot be read: {error}") from error

    def _hostile(self, reason: str) -> RestoreError:
        return RestoreError(
            f"{str(self._path)!r} is no backup: {reason}. Nothing was changed",
            code="recovery_backup_hostile",
            details={"path": str(self._path)},
        )

    def close(self) -> None:
        """Let go of the archive."""
        self._archive.close()
