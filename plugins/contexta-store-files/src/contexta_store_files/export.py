"""Writing bodies out of the store: checked while they are copied, and there only when they are whole."""

from __future__ import annotations

import os
import shutil
from secrets import token_hex
from typing import TYPE_CHECKING

from contexta.errors import ConflictError, IntegrityError, NotFoundError
from contexta.log import filesystem
from contexta_store_files.copying import copy_and_hash
from contexta_store_files.layout import DIGEST_PREFIX
from contexta_store_files.tree import decode_tree

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_store_files.blobs import Blobs

__all__ = ["check_destination", "export_file", "export_tree"]

_EXECUTABLE_MODE = 0o700


def check_destination(destination: Path) -> None:
    """Refuse a destination that exists, or whose directory does not.

    Raises:
        ConflictError: Something is there (``artifact_destination_exists``).
        NotFoundError: Its directory is missing (``artifact_destination_missing``).
    """
    if os.path.lexists(destination):
        raise ConflictError(
            f"An artifact was to be written to {destination}, but something is there; name a path that does not exist.",
            code="artifact_destination_exists",
            details={"path": str(destination)},
        )
    if not destination.parent.is_dir():
        raise NotFoundError(
            f"An artifact was to be written to {destination}, but there is no directory {destination.parent};"
            " create it first.",
            code="artifact_destination_missing",
            details={"path": str(destination)},
        )


def export_file(blobs: Blobs, digest: str, destination: Path) -> None:
    """Write one body.

    Raises:
        IntegrityError: The body is damaged; nothing was written.
        OSError: It cannot be read or written; nothing is left behind.
    """
    temporary = _temporary_beside(destination)
    try:
        _copy(blobs, digest, temporary)
        _rename_new(temporary, destination)
    finally:
        filesystem.remove_file(temporary)


def export_tree(blobs: Blobs, digest: str, destination: Path) -> None:
    """Write a directory: files and directories first, links last, so that nothing is written through a link.

    Raises:
        IntegrityError: The tree manifest or a file's body is damaged; nothing was written.
        OSError: Something cannot be read or written; nothing is left behind.
    """
    temporary = _temporary_beside(destination)
    try:
        temporary.mkdir(0o700)
        entries = decode_tree(_checked(blobs, digest))
        for entry in entries:
            path = temporary / entry.path
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            if entry.directory:
                path.mkdir(0o700)
            elif entry.digest is not None:
                _copy(blobs, entry.digest, path)
                if entry.executable:
                    path.chmod(_EXECUTABLE_MODE)
        for entry in entries:
            if entry.link is not None:
                (temporary / entry.path).symlink_to(entry.link)
        if os.path.lexists(destination):
            check_destination(destination)
        os.rename(temporary, destination)
    finally:
        # Also after the rename, when it is not there any more.
        shutil.rmtree(temporary, ignore_errors=True)


def _copy(blobs: Blobs, digest: str, target: Path) -> None:
    source = blobs.open(digest)
    try:
        descriptor = filesystem.create_file(target)
        try:
            found, _ = copy_and_hash(source, descriptor)
        finally:
            os.close(descriptor)
    finally:
        os.close(source)
    _compare(digest, DIGEST_PREFIX + found)


def _checked(blobs: Blobs, digest: str) -> bytes:
    _compare(digest, blobs.hash(digest))
    return blobs.read(digest)


def _compare(expected: str, found: str) -> None:
    if found != expected:
        raise IntegrityError(
            f"A body should have the digest {expected} and has {found}: it was changed in the store. Nothing was"
            " written. Registering the original content again, or a backup, brings it back.",
            code="artifact_digest_mismatch",
            details={"expected": expected, "found": found},
        )


def _temporary_beside(destination: Path) -> Path:
    return destination.with_name(f".tmp-{token_hex(8)}")


def _rename_new(temporary: Path, destination: Path) -> None:
    """Give a file its name, and never take one away from another file that came first."""
    try:
        os.link(temporary, destination)
    except FileExistsError:
        check_destination(destination)
    except OSError:
        # A file system without hard links.
        os.rename(temporary, destination)
