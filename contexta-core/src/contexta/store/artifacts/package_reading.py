"""Reading packages member by member; nothing is ever extracted, and no link is followed."""

from __future__ import annotations

import errno
import os
import stat
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Self

from contexta.errors import ContextaError, NotFoundError, StoreAccessError
from contexta.store.artifacts.packages import DESCRIPTION_NAME, MAX_MEMBERS, invalid_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PackageReader", "open_package"]

# The bodies, the description and the manifest.
_MOST_NAMES = MAX_MEMBERS + 2
_MAX_RATIO = 100
# Small archives of repetitive content may well be packed tighter.
_RATIO_FREE_BYTES = 1_048_576
_ENCRYPTED = 0x1
_UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RecursionError,
    LookupError,
    RuntimeError,
)


class PackageReader(ABC):
    """One package that is open for reading."""

    @property
    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """The members by name with their sizes; there is nothing else in the package."""

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a member for reading; the caller closes it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the package."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def open_package(path: Path) -> Iterator[PackageReader]:
    """Open a directory, a zip or an uncompressed tar.

    Raises:
        NotFoundError: There is no package (``artifact_export_package_not_found``).
        ValidationError: It is none, or one that is refused (``artifact_export_package_invalid``).
        StoreAccessError: It cannot be read.
    """
    try:
        with _opened(path) as reader:
            yield reader
    except ContextaError:
        raise
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EINVAL}:
            raise invalid_package(f"a member cannot be opened: {error.strerror}") from error
        raise StoreAccessError(
            f"The export package {path} cannot be read: {error.strerror or error}. Nothing was written.",
            code="artifact_export_package_unreadable",
            details={"path": str(path)},
            cause=error,
        ) from error
    except _UNREADABLE as error:
        raise invalid_package(f"it cannot be read: {error}") from error


def _opened(path: Path) -> PackageReader:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(
            f"There is no export package at {path}; name the directory, zip or tar that export_artifact wrote.",
            code="artifact_export_package_not_found",
            details={"path": str(path)},
        ) from error
    if stat.S_ISDIR(found.st_mode):
        return _Directory(path)
    if not stat.S_ISREG(found.st_mode):
        raise invalid_package("it is neither a directory nor a file")
    with path.open("rb") as file:
        return _Zip(path) if file.read(2) == b"PK" else _Tar(path)


class _Directory(PackageReader):
    def __init__(self, path: Path) -> None:
        self._path = path
        if not os.path.lexists(path / DESCRIPTION_NAME):
            raise NotFoundError(
                f"{path} is no export package: it has no {DESCRIPTION_NAME}.",
                code="artifact_export_package_not_found",
                details={"path": str(path)},
            )

    @property
    def sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                found = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(found.st_mode):
                    raise invalid_package(f"{entry.name[:200]!r} is no regular file")
                sizes[entry.name] = found.st_size
                _check_count(len(sizes))
        return sizes

    def open(self, name: str) -> BinaryIO:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(
            self._path / name, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        )
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise invalid_package(f"{name!r} is no regular file")
        return os.fdopen(descriptor, "rb")

    def close(self) -> None:
        """Nothing is open between two members."""


class _Zip(PackageReader):
    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        try:
            self._infos = self._checked(path.stat().st_size)
        except BaseException:
            self._archive.close()
            raise

    def _checked(self, archive_bytes: int) -> dict[str, zipfile.ZipInfo]:
        infos: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or kind not in {0, stat.S_IFREG} or info.flag_bits & _ENCRYPTED:
                raise invalid_package(f"{info.filename[:200]!r} is no plain file")
            if info.filename in infos:
                raise invalid_package(f"{info.filename[:200]!r} is there twice")
            infos[info.filename] = info
            _check_count(len(infos))
        total = sum(info.file_size for info in infos.values())
        if total > max(_MAX_RATIO * archive_bytes, _RATIO_FREE_BYTES):
            raise invalid_package(
                f"{total} bytes are packed into {archive_bytes}, which is more than {_MAX_RATIO} to 1"
            )
        return infos

    @property
    def sizes(self) -> dict[str, int]:
        return {name: info.file_size for name, info in self._infos.items()}

    def open(self, name: str) -> BinaryIO:
        return self._archive.open(self._infos[name])  # type: ignore[return-value]  # a binary stream, read only

    def close(self) -> None:
        self._archive.close()


class _Tar(PackageReader):
    def __init__(self, path: Path) -> None:
        self._archive = tarfile.open(path, "r:")  # noqa: SIM115 - closed with the package
        try:
            self._members = self._checked()
        except BaseException:
            self._archive.close()
            raise

    def _checked(self) -> dict[str, tarfile.TarInfo]:
        members: dict[str, tarfile.TarInfo] = {}
        for member in self._archive:
            if not member.isreg() or member.issparse():
                raise invalid_package(f"{member.name[:200]!r} is no plain file")
            if member.name in members:
                raise invalid_package(f"{member.name[:200]!r} is there twice")
            members[member.name] = member
            _check_count(len(members))
        return members

    @property
    def sizes(self) -> dict[str, int]:
        return {name: member.size for name, member in self._members.items()}

    def open(self, name: str) -> BinaryIO:
        body = self._archive.extractfile(self._members[name])
        if body is None:
            raise invalid_package(f"{name!r} is no plain file")
        return body  # type: ignore[return-value]  # a binary stream, read only

    def close(self) -> None:
        self._archive.close()


def _check_count(count: int) -> None:
    if count > _MOST_NAMES:
        raise invalid_package(f"it has more than {_MOST_NAMES} members")
