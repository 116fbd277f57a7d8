"""From an error of SQLite to the error of the tree that says what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from typing import TYPE_CHECKING

from contexta.errors import ReadOnlyStoreError, StorageFullError, StoreAccessError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BUSY", "failure", "is_about_space", "primary_code"]

#: Somebody else has the database at this moment; the same call may succeed at the next.
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})

_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_STORAGE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_LOW_WORD = 0xFF
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
#: More than SQLite asks for at once for its smaller files.
_PROBE_BYTES = 65_536


def primary_code(error: sqlite3.Error | UnicodeError) -> int:
    """Return the primary result code of an error; 0 where it has none."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & _LOW_WORD


def failure(error: sqlite3.Error | UnicodeError, path: Path, action: str) -> StoreAccessError:
    """Build the error for something that SQLite refused.

    Args:
        error: What SQLite said, or that a text of it is none; becomes the cause.
        path: The database.
        action: What was asked, as the object of "could not": ``"append records"``.

    Returns:
        The error to raise: :class:`StorageFullError`, :class:`ReadOnlyStoreError` or :class:`StoreAccessError`.
    """
    code = primary_code(error)
    details = {"path": str(path), "sqlite": getattr(error, "sqlite_errorname", type(error).__name__)}
    if is_about_space(error, path):
        return StorageFullError(
            f"Could not {action}: no space is left for {path}. Nothing acknowledged is lost; free space and repeat"
            " the call.",
            code="storage_full",
            details=details,
            retryable=True,
            cause=error,
        )
    if code in _READ_ONLY:
        return ReadOnlyStoreError(
            f"Could not {action}: {path} may not be written ({error}). Check the permissions and the mount, or open"
            " the store for reading only.",
            code="store_read_only",
            details=details,
            cause=error,
        )
    if code in BUSY:
        return StoreAccessError(
            f"Could not {action}: another program holds {path} longer than busy_timeout_seconds. End it, or try again.",
            code="sqlite_busy",
            details=details,
            retryable=True,
            cause=error,
        )
    if code in _DAMAGED or _is_no_text(error):
        return StoreAccessError(
            f"Could not {action}: {path} is damaged ({error}). Check the store's integrity, and restore a backup.",
            code="sqlite_damaged",
            details=details,
            cause=error,
        )
    return StoreAccessError(
        f"Could not {action}: SQLite says {error} of {path}. Check the storage.",
        code="sqlite_failed",
        details=details,
        cause=error,
    )


def _is_no_text(error: sqlite3.Error | UnicodeError) -> bool:
    """Whether bytes that should be UTF-8 are not: Python says so without a code of SQLite's."""
    return isinstance(error, UnicodeError) or str(error).startswith("Could not decode to UTF-8")


def is_about_space(error: sqlite3.Error | UnicodeError, path: Path) -> bool:
    """Tell whether an error means that there is no space for a database.

    Of most of its files SQLite says no more than that a call failed, and keeps the reason for itself; then the file
    system is asked.

    Args:
        error: What SQLite said.
        path: The database that was written.
    """
    code = primary_code(error)
    return code == sqlite3.SQLITE_FULL or (code in _STORAGE and _is_full(path.parent))


def _is_full(directory: Path) -> bool:
    """Whether a directory takes no further file: no space, no inode, or no quota is left."""
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.errno in _FULL
    return False
