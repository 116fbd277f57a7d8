"""Being alone in a workspace, or saying who is not out of it yet."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.errors import RestoreError, SchemaVersionError
from contexta.log import filesystem
from contexta.log.liveness import Liveness, LockState, judge, probe, read_header
from contexta.log.names import OPEN_SUFFIX, parse_file_name
from contexta.recovery.sections import PLANES
from contexta.store.pending_restore import exchange, read_intent
from contexta.store.workspace_lock import LOCK_NAME, WorkspaceLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.recovery.sections import WorkspaceLayout

__all__ = ["alone_in"]

#: So many words of a command line tell what it is, such as `python contexta serve`; options are left out.
_TOLD_WORDS = 4


@contextmanager
def alone_in(layout: WorkspaceLayout) -> Iterator[None]:
    """Hold a workspace alone; a restore that was cut off before is completed first.

    A workspace that did not exist is made, and is gone again where nothing came of it.

    Raises:
        RestoreError: Somebody has it open (``restore_workspace_in_use``); the text says who.
        OSError: It cannot be made or locked.
    """
    is_new = not layout.root.exists()
    filesystem.create_private_directory(layout.root)
    lock = WorkspaceLock(layout.root)
    try:
        if lock.take_alone() is False:
            raise _in_use(
                layout.root,
                _names(lock.holders()) or _writers(layout) or ["a process unknown to this system"],
            )
        # Second look: who opened the workspace before it existed holds nothing, but has its segments locked.
        writers = _writers(layout)
        if writers:
            raise _in_use(layout.root, writers)
        pending = read_intent(layout.root)
        if pending is not None:
            exchange(layout.root, pending)
        yield
    finally:
        lock.release()
        if is_new:
            _remove_if_empty(layout.root)


def _names(pids: tuple[int, ...]) -> list[str]:
    return [_name(pid) for pid in pids]


def _name(pid: int) -> str:
    if pid == os.getpid():
        return f"this very process, {pid} (close its Contexta objects first)"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"process {pid}"
    # No options, which may tell a secret, and no program that was given as text.
    program = [
        Path(word.decode(errors="replace")).name
        for word in words[:_TOLD_WORDS]
        if re.fullmatch(rb"[^-\s]\S{0,200}", word)
    ]
    return f"process {pid} ({' '.join(program)})"


def _writers(layout: WorkspaceLayout) -> list[str]:
    """Return who is not known to be dead and has a segment open."""
    found = set()
    for section in PLANES:
        for path in layout.sections[section].rglob(f"*{OPEN_SUFFIX}"):
            if parse_file_name(path.name) is None:
                continue
            try:
                header = read_header(path)
            except SchemaVersionError:
                header = None
            state = probe(path)
            if state is not LockState.GONE and judge(state, header) is not Liveness.DEAD:
                who = f"whoever writes {path.name}"
                found.add(who if header is None else f"process {header.pid} on {header.place.host}")
    return sorted(found)


def _in_use(root: Path, who: list[str]) -> RestoreError:
    return RestoreError(
        f"the workspace {str(root)!r} cannot be restored while it is open: {', '.join(who)}. End that first; nothing was"
        " changed. What only reads, such as a dashboard, holds no workspace when it is opened with metadata.read_only,"
        " records.read_only and artifacts.read_only = true",
        code="restore_workspace_in_use",
        details={"workspace": str(root), "holders": who},
        retryable=True,
    )


def _remove_if_empty(root: Path) -> None:
    """Take a workspace away again that was made for a restore and got nothing."""
    entries = {path.name for path in root.iterdir()} if root.is_dir() else set()
    if entries <= {LOCK_NAME, "recovery"} and not any(
        path.is_file() for path in (root / "recovery").rglob("*")
    ):
        for directory in sorted((root / "recovery").rglob("*"), reverse=True):
            directory.rmdir()
        if "recovery" in entries:
            (root / "recovery").rmdir()
        filesystem.remove_file(root / LOCK_NAME)
        root.rmdir()
