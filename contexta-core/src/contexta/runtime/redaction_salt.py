"""The salt of a workspace's redactions.

Redacted values keep a short digest, so that runs can be compared by it.  The salt makes the digest of a password
useless outside of its workspace.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import filesystem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["redaction_salt"]

_FILE_NAME = "redaction.salt"
_SALT_BYTES = 16


def redaction_salt(workspace: Path) -> bytes:
    """Return the salt of a workspace; the first process that needs one makes it.

    Where the workspace cannot be written, the salt is one of this process alone: nothing is shown, only comparing
    across processes is lost.
    """
    path = workspace / _FILE_NAME
    fresh = os.urandom(_SALT_BYTES)
    with suppress(OSError):
        filesystem.create_private_directory(workspace)
        # Linked into place whole: of several processes one wins, and nobody reads a half-written salt.
        draft = path.with_name(f".tmp-{fresh.hex()}")
        filesystem.write_file_atomically(draft, fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    with suppress(OSError):
        return path.read_bytes()
    return fresh
