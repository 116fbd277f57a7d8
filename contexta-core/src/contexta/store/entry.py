"""Entering a workspace: a restore that was cut off is completed, and the workspace is held."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from contexta.store.pending_restore import INTENT_NAME, complete_pending_restore
from contexta.store.workspace_lock import WorkspaceLock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["enter_workspace"]


def enter_workspace(root: Path, *, read_only: bool) -> WorkspaceLock | None:
    """Hold a workspace beside others.

    Args:
        root: Its root.
        read_only: Whether nothing will be written; then it is not held, and a restore does not wait for it.

    Returns:
        The hold; None where it is not there yet, or nothing is to be held.

    Raises:
        StoreAccessError: It is being restored (``workspace_being_restored``).
        RestoreError: A restore was cut off, and cannot be completed (``restore_pending``).
    """
    lock = WorkspaceLock(root)
    while True:
        complete_pending_restore(root)
        if read_only or not lock.share():
            return None
        # A restore may have begun and died between the two.
        if not os.path.lexists(root / INTENT_NAME):
            return lock
        lock.release()
