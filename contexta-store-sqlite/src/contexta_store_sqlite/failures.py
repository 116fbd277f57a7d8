"""From an error of SQLite to the error of the tree that says what to do."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from contexta.errors import ReadOnlyStoreError, StorageFullError, StoreAccessError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BUSY", "failure", "primary_code"]

#: Somebody else has the database at this moment; the same call may succeed at the next.
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})

_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_STORAGE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_LOW_WORD = 0xFF


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
    if code == sqlite3.SQLITE_FULL or (code in _STORAGE and _is_full(path)):
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


def _is_full(path: Path) -> bool:
    """Whether the file system has no space, which SQLite tells of some of its files as a failed read or write."""
    try:
        state = os.statvfs(path.parent)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < 65_536
