"""What a restore has replaced: removed where a backup holds it, kept aside where none does."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.recovery.sections import PLANES
from contexta.recovery.segment_prefix import sealed_name
from contexta.recovery.staging import PREFIX
from contexta.spi.backup import DERIVED_DIRECTORY

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.recovery.sections import WorkspaceLayout

__all__ = ["dispose", "tidy_staging"]


def dispose(layout: WorkspaceLayout, replaced: Path, backed_up: frozenset[str] | None) -> Path | None:
    """Remove what was replaced and is in the safety backup; move the rest aside.

    Args:
        layout: The workspace.
        replaced: Where it lies now, by section.
        backed_up: Section and path of all files in the safety backup; None where none was made.

    Returns:
        Where the rest lies; None where there is none.

    Raises:
        OSError: Something cannot be moved or removed; it stays where it is.
    """
    if backed_up is not None:
        for directory, names, files in os.walk(replaced, topdown=False):
            here = replaced.__class__(directory)
            for name in files:
                if not (here / name).is_symlink() and _is_expendable(here / name, replaced, backed_up):
                    filesystem.remove_file(here / name)
            for name in names:
                with suppress(OSError):
                    (here / name).rmdir()
        with suppress(OSError):
            replaced.rmdir()
    if not replaced.exists():
        return None
    aside = layout.root / "recovery" / "replaced" / replaced.parent.name
    filesystem.create_private_directory(aside.parent)
    filesystem.replace(replaced, aside)
    filesystem.sync_directory(aside.parent)
    return aside


def _is_expendable(path: Path, replaced: Path, backed_up: frozenset[str]) -> bool:
    """Whether a file is in the safety backup, or can be built again, or is a lock or a temporary file of ours."""
    name = path.relative_to(replaced).as_posix()
    section, _, rest = name.partition("/")
    if name in backed_up or sealed_name(name) in backed_up:
        return True
    return section in PLANES and (path.name.startswith(".") or rest.startswith(f"{DERIVED_DIRECTORY}/"))


def tidy_staging(layout: WorkspaceLayout) -> None:
    """Clean up after restores that were cut off: what they prepared is removed, what they replaced is kept aside.

    Only for who holds the workspace alone.

    Raises:
        OSError: Something cannot be moved or removed.
    """
    import shutil

    for directory in sorted(layout.staging.glob(f"{PREFIX}*")):
        with suppress(FileNotFoundError):
            shutil.rmtree(directory / "new")
        if (directory / "old").exists():
            dispose(layout, directory / "old", None)
        with suppress(OSError):
            directory.rmdir()
