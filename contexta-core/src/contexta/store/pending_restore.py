"""The last step of a restore: directories change places, and a crash in its middle is finished by whoever comes next.

Everything is staged and verified before.  Then the *intent* is written: which directory goes where, and where the old one
goes.  From then on the exchange only ever goes forward: each step is a rename that may already have been made.  The intent
is removed last.  Without an intent nothing was exchanged, so there is nothing to roll back but the staging directory,
which nobody reads.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import RestoreError
from contexta.log import filesystem
from contexta.store.workspace_lock import WorkspaceLock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["INTENT_NAME", "Exchange", "complete_pending_restore", "exchange", "read_intent", "write_intent"]

#: Name of the intent's file, in the root of the workspace.
INTENT_NAME = "restore.intent"
_FORMAT = "contexta-restore/1"
_LONGEST_INTENT = 1_048_576


class Exchange(NamedTuple):
    """One thing that changes places; paths within the workspace are relative to it.

    Args:
        staged: Where the new file or directory was prepared.
        target: Where it goes.
        replaced: Where what stands there goes; on the same file system.
    """

    staged: str
    target: str
    replaced: str


def write_intent(root: Path, exchanges: Sequence[Exchange]) -> None:
    """Write down what is about to change places; from here on the restore is completed, whatever happens.

    Raises:
        OSError: It cannot be written; nothing has changed.
    """
    content = {"format": _FORMAT, "exchanges": [each._asdict() for each in exchanges]}
    filesystem.write_file_atomically(root / INTENT_NAME, json.dumps(content, indent=1).encode())


def read_intent(root: Path) -> tuple[Exchange, ...] | None:
    """Return what is about to change places, or None where nothing is.

    Raises:
        RestoreError: There is an intent that nobody can read (``restore_intent_unreadable``).
    """
    try:
        data = (root / INTENT_NAME).read_bytes()
    except OSError:
        return None
    try:
        return _parse_intent(data[:_LONGEST_INTENT])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RestoreError(
            f"{str(root / INTENT_NAME)!r} tells of a restore that was cut off, but cannot be read: {error}. The"
            " prepared directories are in recovery/staging; move them into place by hand, then remove the file",
            code="restore_intent_unreadable",
        ) from error


def _parse_intent(data: bytes) -> tuple[Exchange, ...]:
    content = json.loads(data)
    if content["format"] != _FORMAT:
        message = f"its format is {content['format']!r}"
        raise ValueError(message)
    return tuple(
        Exchange(str(each["staged"]), str(each["target"]), str(each["replaced"]))
        for each in content["exchanges"]
    )


def exchange(root: Path, exchanges: Sequence[Exchange]) -> None:
    """Let everything change places, as far as that was not done yet, and remove the intent.

    Raises:
        OSError: A rename was refused; the next call goes on from there.
    """
    for each in exchanges:
        staged, target, replaced = (root / name for name in each)
        if os.path.lexists(staged):
            filesystem.create_private_directory(replaced.parent)
            # When the old one is away already, what stands here is nobody's: the restore holds the workspace alone.
            if os.path.lexists(target) and not os.path.lexists(replaced):
                filesystem.replace(target, replaced)
                filesystem.sync_directory(target.parent)
                filesystem.sync_directory(replaced.parent)
            filesystem.create_private_directory(target.parent)
            filesystem.replace(staged, target)
            filesystem.sync_directory(target.parent)
            filesystem.sync_directory(staged.parent)
    filesystem.remove_file(root / INTENT_NAME)
    filesystem.sync_directory(root)


def complete_pending_restore(root: Path) -> bool:
    """Complete a restore whose process died while directories changed places.

    Args:
        root: Root of the workspace.

    Returns:
        Whether there was one.

    Raises:
        RestoreError: It cannot be completed, or another process is at it (``restore_pending``).
    """
    if not os.path.lexists(root / INTENT_NAME):
        return False
    lock = WorkspaceLock(root)
    try:
        if lock.take_alone() is False:
            raise _pending(root, "another process is at it, or has the workspace open")
        exchanges = read_intent(root)
        if exchanges is not None:
            exchange(root, exchanges)
    except OSError as error:
        raise _pending(root, str(error)) from error
    finally:
        with suppress(OSError):
            lock.release()
    return exchanges is not None


def _pending(root: Path, reason: str) -> RestoreError:
    return RestoreError(
        f"a restore of {str(root)!r} was cut off and has to be completed first: {reason}",
        code="restore_pending",
        retryable=True,
    )
