"""The content of a backup: one moment of every section, taken while programs write.

Every plane is a segment log, or files that appear by rename, so a prefix of each file is a state that a crash at that
moment could have left, and every store reads such states.  The moments are taken one right after the other, in the order
in which things name each other: first the runs, then what is bound to which artifact, then the records.  So a run that is
completed in the backup has there whatever it recorded.  Within one plane the sizes of all open segments are looked at
until two looks agree, so that no line is taken whose cause is not.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.holding import hold_segments
from contexta.log.names import parse_file_name
from contexta.recovery.manifest import is_inside
from contexta.recovery.objects import hash_stream
from contexta.recovery.scanning import Found, log_directories, scan_section, skipped_links
from contexta.recovery.sections import PLANES
from contexta.recovery.segment_prefix import copy_prefix, open_segment, sealed_name
from contexta.recovery.targets import read_only_config
from contexta.spi.backup import SupportsBackup
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.config.models import UnifiedConfig
    from contexta.recovery.objects import ObjectStore, Written
    from contexta.recovery.sections import WorkspaceLayout

    #: The segments of some logs by directory and name, with the sizes of those that were open.
    _Moment = dict[tuple[Path, str], int | None]

__all__ = ["Copied", "copy_sections"]

_MOST_LOOKS = 1_000
_MOST_ATTEMPTS = 3
_BLOCK_BYTES = 1_048_576
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(slots=True)
class Copied:
    """What was taken in.

    Args:
        files: Section and path of each file, to the object that holds it.
        notes: What was left out.
        warnings: What could not be taken in.
    """

    files: dict[str, Written] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def copy_sections(
    config: UnifiedConfig, layout: WorkspaceLayout, sections: Sequence[str], objects: ObjectStore
) -> Copied:
    """Put all files of some sections into a store of objects.

    Raises:
        OSError: A file cannot be read or written.
        StoreAccessError: A store cannot be read.
    """
    copied = Copied()
    with WorkspaceStores(read_only_config(config)) as stores, ExitStack() as holding:
        backends = {
            section: backend
            for section in PLANES
            if section in sections
            and layout.sections[section].is_dir()
            and isinstance(backend := getattr(stores, section), SupportsBackup)
        }
        moments = {
            section: _settled(layout, section, holding)
            for section in (*PLANES, *sections)
            if section in sections and section not in backends
        }
        for section in sections:
            if section in backends:
                _copy_from_backend(backends[section], section, objects, copied)
            else:
                _copy_section(layout, section, moments[section], objects, copied)
            copied.notes += [f"link_skipped:{section}/{name}" for name in skipped_links(layout, section)]
    return copied


def _copy_from_backend(backend: SupportsBackup, section: str, objects: ObjectStore, copied: Copied) -> None:
    """Take in a store that writes a copy of itself."""
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=objects.path("0").parent.parent.parent) as place:
        backend.write_backup(Path(place))
        for path in sorted(Path(place).rglob("*")):
            if path.is_file() and not path.is_symlink():
                found = Found(path, path.relative_to(place).as_posix(), path.stat().st_size, grows=False)
                _put(found, section, objects, copied)


def _copy_section(
    layout: WorkspaceLayout, section: str, moment: _Moment, objects: ObjectStore, copied: Copied
) -> None:
    """Take in a directory; again where a body vanished that an earlier look had promised."""
    for attempt in range(_MOST_ATTEMPTS):
        gone: list[str] = []
        with ExitStack() as holding:
            for found in _files(layout, section, moment):
                if not is_inside(f"{section}/{found.name}"):
                    copied.warnings.append(
                        f"{section}: a name that not every system can hold: {found.name!r}"
                    )
                elif not _put(found, section, objects, copied):
                    gone.append(found.name)
            if not gone or attempt == _MOST_ATTEMPTS - 1:
                break
            for name in [name for name in copied.files if name.startswith(f"{section}/")]:
                del copied.files[name]
            moment = _settled(layout, section, holding)


def _settled(layout: WorkspaceLayout, section: str, holding: ExitStack) -> _Moment:
    """Hold the logs of a section, and take sizes of their open segments that all were so at one moment."""
    directories = log_directories(scan_section(layout, section))
    for directory in directories:
        holding.enter_context(hold_segments(directory))
    moment = _look(directories)
    for _ in range(_MOST_LOOKS):
        again = _look(directories)
        if again == moment:
            break
        moment = again
    return moment


def _files(layout: WorkspaceLayout, section: str, moment: _Moment) -> list[Found]:
    """List a section's files; of its logs what was there at the moment, before everything that their lines name."""
    logs: list[Found] = []
    others: list[Found] = []
    for found in scan_section(layout, section):
        parts = parse_file_name(found.path.name)
        if parts is None:
            others.append(found)
            continue
        key = (found.path.parent, parts.name)
        # A segment that is not known to the moment was begun after it; one that was open then counts as far as it went.
        if key in moment:
            size = moment[key]
            logs.append(found if size is None else found._replace(size=size, grows=True))
    return [*logs, *others]


def _look(directories: Sequence[Path]) -> _Moment:
    """Return the segments of some logs, with the sizes of those that are open."""
    sizes: _Moment = {}
    for directory in directories:
        with os.scandir(directory) as entries:
            for entry in entries:
                parts = parse_file_name(entry.name)
                if parts is not None:
                    try:
                        sizes[directory, parts.name] = None if parts.sealed else entry.stat().st_size
                    except FileNotFoundError:
                        # Sealed since it was listed: the next look sees it so.
                        sizes[directory, parts.name] = -1
    return sizes


def _put(found: Found, section: str, objects: ObjectStore, copied: Copied) -> bool:
    """Take one file in; return whether it was still there."""
    if found.grows:
        descriptor = open_segment(found.path)
    else:
        try:
            descriptor = os.open(found.path, _FLAGS)
        except FileNotFoundError:
            descriptor = None
    if descriptor is None:
        return False
    name = found.name
    empty = False

    def fill(target: int) -> None:
        nonlocal empty
        if found.grows:
            empty = copy_prefix(descriptor, found.size, target) == 0
        else:
            _copy(descriptor, target)

    try:
        # Most of what a workspace holds never changes: it is read once, and written only where no backup has it.
        known = None if found.grows else objects.find(*hash_stream(descriptor))
        written = objects.put(fill) if known is None else known
    finally:
        os.close(descriptor)
    if found.grows:
        name = sealed_name(name)
    if not empty:
        copied.files[f"{section}/{name}"] = written
    return True


def _copy(source: int, target: int) -> None:
    offset = 0
    while block := filesystem.read_exactly(source, _BLOCK_BYTES, offset):
        filesystem.write_all(target, block, offset)
        offset += len(block)
