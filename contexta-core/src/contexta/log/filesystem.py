"""The one place through which every durable write passes.

Callers go through the module (``filesystem.write_all(…)``), never through names taken out of it, so that a fault
test replaces one function here and reaches the whole product.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "create_file",
    "create_private_directory",
    "read_exactly",
    "remove_file",
    "replace",
    "sync_directory",
    "sync_file",
    "truncate_file",
    "write_all",
    "write_file_atomically",
]

_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600
_CREATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# File systems without directories that can be synced (some FUSE and SMB mounts) answer with these.
_NO_DIRECTORY_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})


if sys.platform != "win32":
    _write_at = os.pwrite
    _read_at = os.pread
else:  # Windows has no positioned write; the callers' locks keep the two calls together.

    def _write_at(descriptor: int, data: bytes, offset: int, /) -> int:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)

    def _read_at(descriptor: int, length: int, offset: int, /) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)


def create_file(path: Path) -> int:
    """Create a file that must not exist, readable by its owner only, closed on ``exec``.

    Args:
        path: The new file.

    Returns:
        Its descriptor, open for reading and writing.

    Raises:
        OSError: The file exists or cannot be created.
    """
    return os.open(path, _CREATE_FLAGS, _FILE_MODE)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at ``offset``, in as many calls as it takes.

    Args:
        descriptor: An open file.
        data: The bytes.
        offset: Where they begin in the file.

    Raises:
        OSError: The operating system refused; a part may have been written.
    """
    written = _write_at(descriptor, data, offset)
    while written < len(data):
        # Short at a full disk: the next call says why.
        more = _write_at(descriptor, data[written:], offset + written)
        if more == 0:
            raise OSError(errno.EIO, "the file system accepts no more bytes")
        written += more


def read_exactly(descriptor: int, length: int, offset: int) -> bytes:
    """Read ``length`` bytes at ``offset``, or what there is before the end of the file.

    Args:
        descriptor: An open file.
        length: Bytes wanted.
        offset: Where they begin in the file.

    Returns:
        The bytes; shorter only at the end of the file.

    Raises:
        OSError: The operating system refused.
    """
    data = _read_at(descriptor, length, offset)
    if len(data) == length or not data:
        return data
    parts = [data]
    have = len(data)
    while have < length and (data := _read_at(descriptor, length - have, offset + have)):
        parts.append(data)
        have += len(data)
    return b"".join(parts)


def truncate_file(descriptor: int, size: int) -> None:
    """Cut an open file to ``size`` bytes.

    Args:
        descriptor: An open file.
        size: Bytes to keep.

    Raises:
        OSError: The operating system refused.
    """
    os.ftruncate(descriptor, size)


if sys.platform == "darwin":

    def sync_file(descriptor: int) -> None:
        """Bring a file's bytes to stable storage.

        Args:
            descriptor: An open file.

        Raises:
            OSError: The storage failed; the file must not be trusted with a second attempt.
        """
        import fcntl

        try:
            # fsync on macOS stops at the drive's cache.
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}:
                raise
            os.fsync(descriptor)

else:
    _sync = getattr(os, "fdatasync", os.fsync)

    def sync_file(descriptor: int) -> None:
        """Bring a file's bytes to stable storage.

        Args:
            descriptor: An open file.

        Raises:
            OSError: The storage failed; the file must not be trusted with a second attempt.
        """
        _sync(descriptor)


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to stable storage: names created, renamed and removed in it.

    Args:
        path: The directory.

    Raises:
        OSError: The storage failed.
    """
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)


def replace(source: Path, target: Path) -> None:
    """Rename a file, over another one if need be, in one step.

    Args:
        source: The file.
        target: Its new name on the same file system.

    Raises:
        OSError: The operating system refused; the file keeps its old name.
    """
    os.replace(source, target)


def remove_file(path: Path) -> None:
    """Remove a file; one that is gone already is no error.

    Args:
        path: The file.

    Raises:
        OSError: The operating system refused.
    """
    with suppress(FileNotFoundError):
        os.unlink(path)


def create_private_directory(path: Path) -> None:
    """Create a directory for its owner only, with its parents; one that exists is left as it is.

    Args:
        path: The directory.

    Raises:
        OSError: It cannot be created, or something else has that name.
    """
    missing: list[Path] = []
    while not path.is_dir():
        missing.append(path)
        if path == path.parent:
            break
        path = path.parent
    for directory in reversed(missing):
        # Several processes may open a fresh workspace at once.
        with suppress(FileExistsError):
            directory.mkdir(_DIRECTORY_MODE)
        if not directory.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory))
        sync_directory(directory.parent)


def write_file_atomically(path: Path, data: bytes) -> None:
    """Write a whole file so that every reader, and every crash, sees the old one or the new one.

    Args:
        path: The file, in a directory that exists; mode 0600.
        data: Its new content.

    Raises:
        OSError: The operating system refused; the old file is untouched and nothing is left behind.
    """
    temporary = path.with_name(f".tmp-{os.urandom(8).hex()}")
    descriptor = create_file(temporary)
    try:
        try:
            write_all(descriptor, data, 0)
            sync_file(descriptor)
        finally:
            os.close(descriptor)
        replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            remove_file(temporary)
        raise
    sync_directory(path.parent)
