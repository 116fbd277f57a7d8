"""Copying a file while its digest is taken, in one pass over the source.

The digest is taken from the copy, not from the source: what is kept is what was hashed, whatever happens to the
source meanwhile.  A thread hashes what the kernel has copied so far, so the two costs overlap.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from typing import TYPE_CHECKING

from contexta.log import filesystem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["copy_and_hash", "hash_descriptor"]

_COPY_BYTES = 8_388_608
_HASH_BYTES = 1_048_576
# The kernel cannot copy between these two files; reading and writing can.
_NO_KERNEL_COPY = frozenset(
    {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM, errno.EBADF}
)


def copy_and_hash(source: int, target: int) -> tuple[str, int]:
    """Copy an open file to the end into an empty one.

    Args:
        source: Descriptor to read, from offset 0.
        target: Descriptor to write, open for reading too.

    Returns:
        SHA-256 of the bytes written, as 64 hexadecimal digits, and their number.

    Raises:
        OSError: The operating system refused; a part may have been written.
    """
    follower = _Follower(target)
    if not follower.start():
        copied = sum(_copy(source, target))
        return hash_descriptor(target), copied
    copied = 0
    try:
        for size in _copy(source, target):
            copied += size
            follower.advance(copied)
    finally:
        follower.finish()
    return follower.result(), copied


def hash_descriptor(descriptor: int) -> str:
    """Return the SHA-256 of an open file's bytes, as 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    offset = 0
    while data := filesystem.read_exactly(descriptor, _HASH_BYTES, offset):
        digest.update(data)
        offset += len(data)
    return digest.hexdigest()


class _Follower:
    """A thread that hashes a file up to where it is written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self._written = 0
        self._finished = False
        self._failure: BaseException | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="contexta-artifact-hash", daemon=True)

    def start(self) -> bool:
        """Start the thread; False where none can be had or positioned reads are missing."""
        if not hasattr(os, "preadv"):
            return False
        try:
            self._thread.start()
        except RuntimeError:
            return False
        return True

    def advance(self, written: int) -> None:
        with self._news:
            self._written = written
            self._news.notify()

    def finish(self) -> None:
        with self._news:
            self._finished = True
            self._news.notify()
        self._thread.join()

    def result(self) -> str:
        if self._failure is not None:
            raise self._failure
        return self._digest.hexdigest()

    def _run(self) -> None:
        try:
            self._follow(memoryview(bytearray(_HASH_BYTES)))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that asks for the digest
            self._failure = error

    def _follow(self, buffer: memoryview) -> None:
        position = 0
        while True:
            with self._news:
                while self._written == position and not self._finished:
                    self._news.wait()
                written = self._written
            if written == position:
                return
            while position < written:
                size = os.preadv(self._descriptor, [buffer[: min(_HASH_BYTES, written - position)]], position)
                if size == 0:
                    raise OSError(errno.EIO, "the copy is shorter than what was written")
                self._digest.update(buffer[:size])
                position += size


def _copy(source: int, target: int) -> Iterator[int]:
    """Copy everything, yielding the size of each part when it is written."""
    offset = 0
    # Where the file system lets files share their blocks, this is how: the kernel then copies nothing.
    if hasattr(os, "copy_file_range"):
        try:
            while size := os.copy_file_range(source, target, _COPY_BYTES, offset, offset):
                offset += size
                yield size
        except OSError as error:
            if error.errno not in _NO_KERNEL_COPY:
                raise
    # Also after the kernel's copy: some file systems report an early end of files whose size they do not know.
    while data := filesystem.read_exactly(source, _HASH_BYTES, offset):
        filesystem.write_all(target, data, offset)
        offset += len(data)
        yield len(data)
