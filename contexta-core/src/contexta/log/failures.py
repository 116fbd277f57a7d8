"""From an operating system error to the error of the tree that says what to do."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from contexta.errors import ReadOnlyStoreError, StorageFullError, StoreAccessError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_failure", "write_failure"]

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def write_failure(
    error: OSError, path: Path, action: str, *, code: str = "log_write_failed"
) -> StoreAccessError:
    """Build the error for a write that the operating system refused.

    Args:
        error: What the operating system said; becomes the cause.
        path: File or directory that was to be written.
        action: What was asked, as the object of "could not": ``"append to the log"``.
        code: Code of the error when it is neither a full nor a read-only storage.

    Returns:
        The error to raise: :class:`StorageFullError` (retryable), :class:`ReadOnlyStoreError` or
        :class:`StoreAccessError`.
    """
    details = {"path": str(path), "errno": error.errno, "reason": error.strerror or str(error)}
    if error.errno in _FULL:
        return StorageFullError(
            f"Could not {action}: no space is left for {path}. Nothing acknowledged is lost;"
            " free space and repeat the call.",
            code="storage_full",
            details=details,
            retryable=True,
            cause=error,
        )
    if error.errno in _READ_ONLY:
        return ReadOnlyStoreError(
            f"Could not {action}: {path} may not be written ({error.strerror})."
            " Check the permissions and the mount, or open the store for reading only.",
            code="store_read_only",
            details=details,
            cause=error,
        )
    return StoreAccessError(
        f"Could not {action}: {path} failed with '{error.strerror or error}'. Nothing acknowledged before is lost;"
        " check the storage.",
        code=code,
        details=details,
        cause=error,
    )


def read_failure(error: OSError, path: Path, action: str) -> StoreAccessError:
    """Build the error for a read that the operating system refused.

    Args:
        error: What the operating system said; becomes the cause.
        path: File or directory that was to be read.
        action: What was asked, as the object of "could not".

    Returns:
        The error to raise, with the code ``log_read_failed``.
    """
    return StoreAccessError(
        f"Could not {action}: {path} failed with '{error.strerror or error}'. Check the permissions and the storage.",
        code="log_read_failed",
        details={"path": str(path), "errno": error.errno, "reason": error.strerror or str(error)},
        cause=error,
    )
