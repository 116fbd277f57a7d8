"""Writing packages member by member; every body is compared with its hash on the way."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from contexta.errors import IntegrityError
from contexta.log import filesystem

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.store.artifacts.packages import PackageMember

__all__ = ["PackageWriter", "open_writer"]

_CHUNK_BYTES = 1_048_576
# The earliest time that a zip can hold: equal content gives equal packages.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o600


class PackageWriter(ABC):
    """One package that is being written."""

    def add(self, name: str, data: bytes) -> None:
        """Write a small member."""
        self._write(name, len(data), io.BytesIO(data))

    def add_body(self, member: PackageMember, body: BinaryIO) -> None:
        """Write a body.

        Raises:
            IntegrityError: It is not the one that its hash names (``artifact_digest_mismatch``).
            OSError: It cannot be read, or the package not written.
        """
        hashing = _Hashing(body)
        try:
            self._write(member.name, member.size_bytes, cast("BinaryIO", hashing))
        finally:
            hashing.require(member)

    @abstractmethod
    def _write(self, name: str, size: int, body: BinaryIO) -> None:
        """Write so many bytes as a member."""

    @abstractmethod
    def close(self) -> None:
        """Finish the package, and bring it to stable storage."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_writer(path: Path, archive: str) -> PackageWriter:
    """Begin a package.

    Args:
        path: Where it is to be; nothing is there.
        archive: ``"directory"``, ``"zip"`` or ``"tar"``.

    Raises:
        OSError: It cannot be begun.
    """
    if archive == "zip":
        return _Zip(path)
    return _Tar(path) if archive == "tar" else _Directory(path)


class _Hashing:
    """A stream that notes what was read from it."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self._digest = hashlib.sha256()
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._body.read(size)
        self._digest.update(data)
        self._size += len(data)
        return data

    def require(self, member: PackageMember) -> None:
        # What stands behind the expected end counts too.
        while self.read(_CHUNK_BYTES):
            pass
        found = self._digest.hexdigest()
        if (found, self._size) != (member.sha256, member.size_bytes):
            raise IntegrityError(
                f"A body should have the SHA-256 {member.sha256} and has {found}: it was changed in the store. Nothing was"
                " written. Registering the original content again, or a backup, brings it back.",
                code="artifact_digest_mismatch",
                details={"expected": member.sha256, "found": found},
            )


class _Directory(PackageWriter):
    def __init__(self, path: Path) -> None:
        path.mkdir(0o700)
        self._path = path

    def _write(self, name: str, size: int, body: BinaryIO) -> None:
        descriptor = filesystem.create_file(self._path / name)
        try:
            offset = 0
            while offset < size and (data := body.read(min(_CHUNK_BYTES, size - offset))):
                filesystem.write_all(descriptor, data, offset)
                offset += len(data)
            filesystem.sync_file(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        filesystem.sync_directory(self._path)


class _Archive(PackageWriter):
    """A package that is one file."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(filesystem.create_file(path), "w+b")

    def close(self) -> None:
        try:
            self._finish()
            self._file.flush()
            filesystem.sync_file(self._file.fileno())
        finally:
            self._file.close()

    @abstractmethod
    def _finish(self) -> None:
        """Write what ends the archive."""


class _Zip(_Archive):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)

    def _write(self, name: str, size: int, body: BinaryIO) -> None:
        info = zipfile.ZipInfo(name, _NO_TIME)
        info.external_attr = _FILE_MODE << 16
        with self._archive.open(info, "w", force_zip64=size >= zipfile.ZIP64_LIMIT) as member:
            while data := body.read(_CHUNK_BYTES):
                member.write(data)

    def _finish(self) -> None:
        self._archive.close()


class _Tar(_Archive):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._archive = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed with the package

    def _write(self, name: str, size: int, body: BinaryIO) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, _FILE_MODE
        self._archive.addfile(info, body)

    def _finish(self) -> None:
        self._archive.close()
