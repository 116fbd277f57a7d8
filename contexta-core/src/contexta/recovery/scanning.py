"""What a section holds at one moment, while it may be written."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from contexta.log.names import OPEN_SUFFIX, parse_file_name
from contexta.spi.backup import DERIVED_DIRECTORY
from contexta.store.pending_restore import INTENT_NAME
from contexta.store.workspace_lock import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta.recovery.sections import WorkspaceLayout

__all__ = ["Found", "log_directories", "scan_section", "skipped_links"]

_NEVER = frozenset({LOCK_NAME, INTENT_NAME})
#: Sections in which a name that begins with a dot is a user's file, not a lock or a temporary file of ours.
_OF_USERS = frozenset({"reports", "exports"})


class Found(NamedTuple):
    """One file of a section.

    Args:
        path: Where it lies.
        name: Its path below the section, with forward slashes.
        size: Bytes that it had; of a file that grows, what counts.
        grows: Whether it is an open segment.
        mtime_ns: When it was last changed.
    """

    path: Path
    name: str
    size: int
    grows: bool
    mtime_ns: int = 0


def scan_section(layout: WorkspaceLayout, section: str, *, derived: bool = False) -> list[Found]:
    """List the files of a section; links are not followed, and temporary files and locks are nobody's data.

    Args:
        layout: Where the sections lie.
        section: The section.
        derived: Whether what can be built again is listed too.
    """
    root = layout.sections[section]
    return sorted(
        _files(root, section, layout.foreign_to(section), derived=derived), key=lambda each: each.name
    )


def _files(root: Path, section: str, foreign: frozenset[Path], *, derived: bool) -> Iterator[Found]:
    is_plane = section in {"records", "artifacts", "metadata"}
    for directory, names, files in os.walk(root):
        here = root.__class__(directory)
        at_top = here == root
        names[:] = [
            name
            for name in names
            if here / name not in foreign
            and not (here / name).is_symlink()
            and _is_data(name, section)
            and not (at_top and is_plane and not derived and name == DERIVED_DIRECTORY)
        ]
        for name in files:
            path = here / name
            if not _is_data(name, section) or (at_top and name in _NEVER):
                continue
            try:
                found = path.lstat()
            except OSError:
                # Renamed or removed since it was listed.
                continue
            if stat.S_ISREG(found.st_mode):
                parts = parse_file_name(name)
                grows = parts is not None and name.endswith(OPEN_SUFFIX)
                relative = path.relative_to(root).as_posix()
                yield Found(path, relative, found.st_size, grows, found.st_mtime_ns)


def _is_data(name: str, section: str) -> bool:
    return not name.startswith(".") or (section in _OF_USERS and not name.startswith(".tmp-"))


def skipped_links(layout: WorkspaceLayout, section: str) -> list[str]:
    """List the links of a section, which no backup holds: where they lead is no part of the workspace."""
    root, foreign = layout.sections[section], layout.foreign_to(section)
    found: list[str] = []
    for directory, names, files in os.walk(root):
        here = root.__class__(directory)
        found += [
            (here / name).relative_to(root).as_posix()
            for name in (*names, *files)
            if (here / name).is_symlink()
        ]
        names[:] = [name for name in names if here / name not in foreign]
    return sorted(found)


def log_directories(files: list[Found]) -> list[Path]:
    """Return the directories among a section's files that are segment logs."""
    return sorted({each.path.parent for each in files if parse_file_name(each.path.name) is not None})
