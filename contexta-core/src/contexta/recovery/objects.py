"""The bodies of backups: immutable files named by their content, shared by all backups of one directory.

So a second backup stores only what changed.  An object appears by rename, with its bytes on stable storage; what no
manifest names is removed by the next backup.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from contexta.errors import RestoreError
from contexta.log import filesystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta.spi.encryption import EncryptionProvider

__all__ = ["OBJECTS", "ObjectStore", "Written", "hash_stream", "open_regular"]

#: Directory of the objects, beside the backups.
OBJECTS = "objects"
_SALT_NAME = "objects.salt"
_BLOCK_BYTES = 1_048_576
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_OBJECT_MODE = 0o400


class Written(NamedTuple):
    """One file as it was put into the store.

    Args:
        size: Bytes of the file.
        sha256: Their hash.
        name: Name of the object.
        stored_size: Bytes of the object.
        stored_sha256: Their hash.
        is_new: Whether it was not there before.
    """

    size: int
    sha256: str
    name: str
    stored_size: int
    stored_sha256: str
    is_new: bool


class ObjectStore:
    """Puts files into a directory of backups.

    Args:
        root: The directory of backups.
        cipher: What encrypts them; None for plain ones.
    """

    def __init__(self, root: Path, cipher: EncryptionProvider | None = None) -> None:
        self._root = root
        self._directory = root / OBJECTS
        self._cipher = cipher
        self._salt: bytes | None = None
        self.created: list[Path] = []

    def path(self, name: str) -> Path:
        """Return where an object lies."""
        return self._directory / name[:2] / name

    def put(self, fill: Callable[[int], None]) -> Written:
        """Put one file into the store, unless an equal one is there.

        Args:
            fill: Writes the file to a descriptor.

        Raises:
            OSError: It cannot be written; nothing is left behind.
        """
        filesystem.create_private_directory(self._directory)
        with self._temporary() as (plain, descriptor):
            fill(descriptor)
            size, sha256 = hash_stream(descriptor)
            known = self.find(size, sha256)
            if known is not None:
                return known
            if self._cipher is None:
                self._publish(plain, descriptor, sha256)
                return Written(size, sha256, sha256, size, sha256, is_new=True)
            name = self._hidden_name(sha256)
            with self._temporary() as (sealed, target):
                os.lseek(descriptor, 0, os.SEEK_SET)
                with os.fdopen(os.dup(descriptor), "rb") as source, os.fdopen(os.dup(target), "wb") as sink:
                    self._cipher.encrypt(source, sink)
                stored = hash_stream(target)
                self._publish(sealed, target, name)
            return Written(size, sha256, name, *stored, is_new=True)

    def find(self, size: int, sha256: str) -> Written | None:
        """Return what holds a file of this content already, or None."""
        name = sha256 if self._cipher is None else self._hidden_name(sha256)
        known = self._look_at(name)
        return None if known is None else Written(size, sha256, name, *known, is_new=False)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, int]]:
        path = self._directory / f".tmp-{os.urandom(8).hex()}"
        descriptor = filesystem.create_file(path)
        try:
            yield path, descriptor
        finally:
            os.close(descriptor)
            with suppress(OSError):
                filesystem.remove_file(path)

    def _publish(self, temporary: Path, descriptor: int, name: str) -> None:
        """Give a finished file its name; a damaged object of that name is replaced."""
        target = self.path(name)
        filesystem.sync_file(descriptor)
        os.chmod(temporary, _OBJECT_MODE)  # noqa: PTH101 - the descriptor's name, beside the other calls of its kind
        filesystem.create_private_directory(target.parent)
        filesystem.replace(temporary, target)
        filesystem.sync_directory(target.parent)
        self.created.append(target)

    def _look_at(self, name: str) -> tuple[int, str] | None:
        """Return size and hash of an object that is there and whole; a damaged plain one counts as absent."""
        try:
            with open_regular(self.path(name)) as stream:
                size, sha256 = hash_stream(stream.fileno())
        except (OSError, RestoreError):
            return None
        return None if self._cipher is None and sha256 != name else (size, sha256)

    def _hidden_name(self, sha256: str) -> str:
        """Return a name that does not tell the content's hash to whoever lacks the salt."""
        if self._salt is None:
            path = self._root / _SALT_NAME
            if not path.exists():
                filesystem.write_file_atomically(path, os.urandom(32))
            self._salt = path.read_bytes()
        return hmac.new(self._salt, bytes.fromhex(sha256), hashlib.sha256).hexdigest()

    def forget_created(self) -> None:
        """Remove the objects that this store has created: their backup came to nothing."""
        for path in self.created:
            with suppress(OSError):
                filesystem.remove_file(path)
        self.created.clear()
        for directory in (*self._directory.glob("??"), self._directory):
            with suppress(OSError):
                directory.rmdir()

    def sweep(self, needed: frozenset[str] | None, *, dry_run: bool = False) -> int:
        """Remove temporary files, and objects that no backup needs.

        Args:
            needed: Names of the objects that backups need; None leaves all objects alone.
            dry_run: Whether to count only.

        Returns:
            Bytes that are free now, or would be.
        """
        freed = 0
        for path in [*self._directory.glob(".tmp-*"), *self._directory.glob("??/*")]:
            if not path.name.startswith(".tmp-") and (needed is None or path.name in needed):
                continue
            with suppress(OSError):
                size = path.lstat().st_size
                if not dry_run:
                    filesystem.remove_file(path)
                freed += size
        return freed


def hash_stream(descriptor: int) -> tuple[int, str]:
    """Return size and SHA-256 of an open file.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    while block := filesystem.read_exactly(descriptor, _BLOCK_BYTES, size):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file that must be one: no link, no pipe, no device.

    Raises:
        RestoreError: It is something else (``recovery_backup_hostile``).
        OSError: It is not there, or cannot be opened.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise RestoreError(
            f"{str(path)!r} belongs to a backup and is no regular file; nothing was changed",
            code="recovery_backup_hostile",
        )
    descriptor = os.open(path, _READ_FLAGS)
    with os.fdopen(descriptor, "rb") as stream:
        yield stream
