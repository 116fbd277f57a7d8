"""The bodies: immutable files named after their digest."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.errors import IntegrityError
from contexta.log import filesystem
from contexta_store_files.copying import hash_descriptor
from contexta_store_files.failures import cannot_read

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_store_files.layout import Layout

__all__ = ["Blobs"]

_READ_FLAGS = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
)
#: Bodies are never written again; their owner may still remove them.
BODY_MODE = 0o400


class Blobs:
    """Reads and publishes bodies.

    Args:
        layout: Where they are.
        durable: Whether a published body is on stable storage before it is acknowledged.
    """

    def __init__(self, layout: Layout, *, durable: bool) -> None:
        self._layout = layout
        self._durable = durable

    def holds(self, digest: str, size: int) -> bool:
        """Return whether a body is there with its size, and if so make it as durable as a new one would be.

        Raises:
            OSError: It cannot be brought to stable storage.
        """
        path = self._layout.blob(digest)
        if self.size(digest) != size:
            return False
        if self._durable and os.name != "nt":
            # Another process may have written it a moment ago, in a mode that waits for nothing.
            try:
                descriptor = os.open(path, _READ_FLAGS)
            except OSError:
                return False
            try:
                filesystem.sync_file(descriptor)
            finally:
                os.close(descriptor)
            filesystem.sync_directory(path.parent)
        return True

    def size(self, digest: str) -> int | None:
        """Return the size of a body's file, or None when there is none."""
        try:
            found = self._layout.blob(digest).lstat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def settle(self, descriptor: int, path: Path) -> None:
        """Finish a temporary file: its bytes are complete and will not change.

        Raises:
            OSError: It cannot be brought to stable storage.
        """
        if self._durable:
            filesystem.sync_file(descriptor)
        if os.name != "nt":
            os.chmod(path, BODY_MODE)

    def publish(self, temporary: Path, digest: str) -> None:
        """Move a settled temporary file to its name; from here on it is a body.

        Raises:
            OSError: It cannot be moved; it keeps its temporary name.
        """
        path = self._layout.blob(digest)
        filesystem.create_private_directory(path.parent)
        filesystem.replace(temporary, path)
        if self._durable:
            filesystem.sync_directory(path.parent)

    def open(self, digest: str) -> int:
        """Open a body.

        Returns:
            Its descriptor, which the caller closes.

        Raises:
            OSError: There is none, or it cannot be opened.
        """
        return os.open(self._layout.blob(digest), _READ_FLAGS)

    def read(self, digest: str) -> bytes:
        """Read a small body whole.

        Raises:
            OSError: There is none, or it cannot be read.
        """
        descriptor = self.open(digest)
        try:
            return filesystem.read_exactly(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)

    def read_checked(self, digest: str) -> bytes:
        """Read a small body whole, and compare it with its digest.

        Raises:
            OSError: There is none, or it cannot be read.
            IntegrityError: It is damaged (``artifact_digest_mismatch``).
        """
        data = self.read(digest)
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if found != digest:
            raise IntegrityError(
                f"A body should have the digest {digest} and has {found}: it was changed in the store.",
                code="artifact_digest_mismatch",
                details={"expected": digest, "found": found},
            )
        return data

    def hash(self, digest: str) -> str:
        """Read a body and return what its digest is now.

        Raises:
            OSError: There is none, or it cannot be read.
        """
        descriptor = self.open(digest)
        try:
            return "sha256:" + hash_descriptor(descriptor)
        finally:
            os.close(descriptor)

    def is_whole(self, digest: str) -> bool:
        """Read a body and return whether it has its digest."""
        try:
            return self.hash(digest) == digest
        except OSError:
            return False

    @staticmethod
    def is_whole_file(path: Path, digest: str) -> bool:
        """Read a file and return whether it has a digest; a tree manifest may be whole and still not make sense."""
        try:
            descriptor = os.open(path, _READ_FLAGS)
        except OSError:
            return False
        try:
            return "sha256:" + hash_descriptor(descriptor) == digest
        except OSError:
            return False
        finally:
            os.close(descriptor)

    def all(self) -> tuple[dict[str, Path], list[Path]]:
        """List the bodies by digest, and the files that are none; temporary files are in neither.

        Raises:
            StoreAccessError: A directory cannot be listed.
        """
        bodies: dict[str, Path] = {}
        strange: list[Path] = []
        for directory in self._entries(self._layout.blobs):
            if not directory.is_dir() or directory.is_symlink():
                strange.append(directory)
                continue
            for path in self._entries(directory):
                digest = f"sha256:{path.name}"
                if path.is_file() and not path.is_symlink() and self._is_home(path, digest):
                    bodies[digest] = path
                else:
                    strange.append(path)
        return bodies, strange

    def _is_home(self, path: Path, digest: str) -> bool:
        from contexta_store_files.layout import is_digest

        return is_digest(digest) and self._layout.blob(digest) == path

    @staticmethod
    def _entries(directory: Path) -> list[Path]:
        from contexta_store_files.staging import TEMPORARY_PREFIX

        names: list[str] = []
        try:
            with suppress(FileNotFoundError):
                names = os.listdir(directory)
        except OSError as error:
            raise cannot_read(error, directory, "list the bodies") from error
        return [directory / name for name in sorted(names) if not name.startswith(TEMPORARY_PREFIX)]
