"""Which runs are deleted: one small file for each, beside the segments, in ``deleted/``.

A file is written whole or not at all, and from then on every reader leaves the run out, whatever the segments hold of
it.  It stays for good: a writer on another machine may still bring records of the run, and a backup may bring segments.
``purged_before`` in it says that no sealed segment created before that moment (microseconds since 1970) holds a line of
the run, so that compactions do not search for it again and again.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec

from contexta.contract.timestamps import utc_now_text
from contexta.log import filesystem
from contexta.log.failures import read_failure, write_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["DeletedRuns", "Deletions"]

_SUFFIX = ".json"
#: A directory whose time is younger than this may have changed once more under the same time.
_SETTLED_NS = 3_000_000_000


class DeletedRuns:
    """The deleted runs at one moment; asked with ``in``.

    Args:
        runs: Their references.
        unreadable: Names of files that are damaged; they still tell of a run whether it is theirs.
    """

    __slots__ = ("runs", "unreadable")

    def __init__(self, runs: frozenset[str] = frozenset(), unreadable: frozenset[str] = frozenset()) -> None:
        self.runs = runs
        self.unreadable = unreadable

    def __contains__(self, run: object) -> bool:
        if run in self.runs:
            return True
        return bool(self.unreadable) and isinstance(run, str) and _file_name(run) in self.unreadable

    def __bool__(self) -> bool:
        return bool(self.runs or self.unreadable)


_NONE = DeletedRuns()


class _Tombstone(msgspec.Struct, frozen=True):
    """What one file says.

    Attributes:
        run: Reference of the run.
        deleted_at: When it was deleted (ISO 8601, UTC).
        purged_before: No sealed segment created before this moment holds a line of it; microseconds since 1970.
    """

    run: str
    deleted_at: str
    purged_before: int = 0


class Deletions:
    """The deleted runs of one store, over all processes.

    Args:
        directory: Where the files are; created with the first deletion.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._text = os.fspath(directory)
        # One attribute, replaced as a whole, so that threads need no lock: time of the directory, and what it held.
        self._known: tuple[int | None, DeletedRuns] = (None, _NONE)

    def current(self) -> DeletedRuns:
        """Return the deleted runs, as of now; mostly one look at a directory's time.

        Raises:
            StoreAccessError: The directory cannot be read.
        """
        try:
            changed_at = os.stat(self._text).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return _NONE
        known_at, known = self._known
        if changed_at == known_at:
            return known
        tombstones, unreadable = self._read()
        found = DeletedRuns(frozenset(tombstone.run for tombstone in tombstones), frozenset(unreadable))
        settled = changed_at < time.time_ns() - _SETTLED_NS
        self._known = (changed_at if settled else None, found)
        return found

    def add(self, runs: Iterable[str]) -> None:
        """Delete runs; on stable storage when this returns.

        Raises:
            StorageFullError: There is no space; what was not written is not deleted.
            StoreAccessError: The directory cannot be written.
        """
        known = self.current()
        for run in dict.fromkeys(runs):
            # A damaged file is written anew.
            if run not in known.runs:
                self._write(_Tombstone(run, utc_now_text()))

    def unpurged(self) -> list[tuple[str, int]]:
        """Return the deleted runs, each with the moment before which no segment holds a line of it."""
        return [(tombstone.run, tombstone.purged_before) for tombstone in self._read()[0]]

    def note_purged(self, runs: Sequence[str], before: int) -> None:
        """Note that no sealed segment created before a moment holds a line of runs.

        Args:
            runs: The runs.
            before: The moment, in microseconds since 1970.

        Raises:
            StoreAccessError: The directory cannot be written.
        """
        noted = frozenset(runs)
        for tombstone in self._read()[0]:
            if tombstone.run in noted and tombstone.purged_before < before:
                self._write(msgspec.structs.replace(tombstone, purged_before=before))

    def _write(self, tombstone: _Tombstone) -> None:
        path = self._directory / _file_name(tombstone.run)
        try:
            filesystem.create_private_directory(self._directory)
            filesystem.write_file_atomically(path, msgspec.json.encode(tombstone) + b"\n")
        except OSError as error:
            raise write_failure(error, path, f"delete the records of {tombstone.run}") from error

    def _read(self) -> tuple[list[_Tombstone], list[str]]:
        """Read every file; return what they say, and the names of those that are damaged."""
        found: list[_Tombstone] = []
        unreadable: list[str] = []
        try:
            names = [name for name in os.listdir(self._text) if name.endswith(_SUFFIX)]
        except (FileNotFoundError, NotADirectoryError):
            return found, unreadable
        except OSError as error:
            raise read_failure(error, self._directory, "list the deleted runs") from error
        for name in sorted(names):
            path = self._directory / name
            try:
                tombstone = msgspec.json.decode(path.read_bytes(), type=_Tombstone)
            except OSError as error:
                raise read_failure(error, path, "read which run is deleted") from error
            except (msgspec.MsgspecError, ValueError, RecursionError):
                tombstone = None
            if tombstone is None or _file_name(tombstone.run) != name:
                unreadable.append(name)
            else:
                found.append(tombstone)
        return found, unreadable


def _file_name(run: str) -> str:
    """Return the name of the file that says that a run is deleted; the run itself may be too long for one."""
    # Loads OpenSSL, which no program needs that only captures.
    from hashlib import sha256

    return f"{sha256(run.encode()).hexdigest()[:32]}{_SUFFIX}"
