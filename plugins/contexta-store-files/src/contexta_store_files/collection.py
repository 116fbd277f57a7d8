"""Collecting garbage: bodies that nothing is bound to, and what dead processes left; never what is about to be bound."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.errors import IntegrityError, StoreAccessError
from contexta.log import filesystem
from contexta.log.damage import DamageKind
from contexta.spi.artifacts import CollectedGarbage
from contexta_store_files.failures import cannot_read, cannot_write
from contexta_store_files.mutex import Hold, hold
from contexta_store_files.quarantine import set_aside
from contexta_store_files.reservations import read_reservations
from contexta_store_files.staging import find_leftovers, remove_leftovers

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_store_files.bindings import Bindings
    from contexta_store_files.blobs import Blobs
    from contexta_store_files.layout import Layout
    from contexta_store_files.reservations import ReservationFile
    from contexta_store_files.usage import Usage

__all__ = ["Collection"]

# While the lock is held nobody can reserve a body; so many are removed in one hold.
_BODIES_IN_ONE_HOLD = 64
_PATIENCE_SECONDS = 30.0


class Collection:
    """One garbage collection.

    Args:
        layout: Where things are.
        blobs: The bodies.
        bindings: What is bound to what.
        usage: Which bodies are used.
    """

    def __init__(self, layout: Layout, blobs: Blobs, bindings: Bindings, usage: Usage) -> None:
        self._layout = layout
        self._blobs = blobs
        self._bindings = bindings
        self._usage = usage

    def run(self, *, dry_run: bool, despite_damage: bool) -> CollectedGarbage:
        """Remove what nobody uses, or count it.

        Raises:
            IntegrityError: Bindings are damaged (``artifact_bindings_damaged``); nothing was removed.
            StoreAccessError: Something cannot be removed, or nobody can tell which processes live.
        """
        if not self._layout.root.is_dir():
            return CollectedGarbage(dry_run=dry_run)
        used = self._usage.bound()
        if not despite_damage:
            self._require_whole()
        leftovers = [(path, _size(path)) for path in find_leftovers(self._layout.blobs)]
        bodies, _ = self._blobs.all()
        candidates = [digest for digest in bodies if digest not in used]
        found = CollectedGarbage(
            leftover_count=len(leftovers),
            leftover_bytes=sum(size for _, size in leftovers),
            dry_run=dry_run,
        )
        if dry_run:
            return self._counted(found, candidates, self._reservations())
        remove_leftovers(self._layout.blobs)
        for first in range(0, len(candidates), _BODIES_IN_ONE_HOLD):
            found = self._remove(found, candidates[first : first + _BODIES_IN_ONE_HOLD])
        self._forget_dead()
        return found

    def _require_whole(self) -> None:
        damages, strange = self._bindings.damages()
        places = [
            f"{damage.segment}:{damage.line_number}"
            for damage in damages
            if damage.kind != DamageKind.TORN_TAIL
        ]
        places += strange
        if not places and not self._usage.unreadable:
            return
        what = (
            f"bindings are damaged at {', '.join(places[:3])}"
            if places
            else "the list of a directory's files is damaged"
        )
        raise IntegrityError(
            f"The garbage of {self._layout.root} was not collected: {what}, so bodies may only look unbound. Nothing was"
            " removed. Restore them from a backup, or collect despite the damage.",
            code="artifact_bindings_damaged",
            details={"places": tuple(places), "directories": tuple(sorted(self._usage.unreadable))},
        )

    def _counted(
        self, found: CollectedGarbage, candidates: list[str], reservations: list[ReservationFile]
    ) -> CollectedGarbage:
        reserved, moved = _reserved(reservations)
        for digest in candidates:
            if digest not in reserved:
                found = self._plus(found, digest, is_moved=digest in moved)
        return found

    def _plus(self, found: CollectedGarbage, digest: str, *, is_moved: bool) -> CollectedGarbage:
        size = self._blobs.size(digest) or 0
        if is_moved:
            return replace(
                found,
                set_aside_count=found.set_aside_count + 1,
                set_aside_bytes=found.set_aside_bytes + size,
            )
        return replace(found, body_count=found.body_count + 1, body_bytes=found.body_bytes + size)

    def _remove(self, found: CollectedGarbage, digests: list[str]) -> CollectedGarbage:
        """Remove bodies under the lock, after a second look: somebody may want one of them by now."""
        with self._locked():
            # In this order: who binds a body does that before letting go of its reservation.
            reserved, moved = _reserved(self._reservations())
            used = self._usage.bound()
            for digest in digests:
                if digest in reserved or digest in used or self._blobs.size(digest) is None:
                    continue
                counted = self._plus(found, digest, is_moved=digest in moved)
                self._take(digest, is_moved=digest in moved)
                found = counted
        return found

    def _take(self, digest: str, *, is_moved: bool) -> None:
        path = self._layout.blob(digest)
        try:
            if is_moved:
                set_aside(self._layout, path)
            else:
                filesystem.remove_file(path)
        except OSError as error:
            raise cannot_write(error, path, "remove a body that nothing is bound to") from error

    def _forget_dead(self) -> None:
        """Remove the reservations of dead processes; what they had handed over is bound or set aside by now."""
        with self._locked():
            for each in self._reservations():
                if not each.living:
                    with suppress(OSError):
                        filesystem.remove_file(each.path)

    def _reservations(self) -> list[ReservationFile]:
        try:
            return read_reservations(self._layout)
        except OSError as error:
            raise cannot_read(
                error, self._layout.reservations, "read what other processes are about to bind"
            ) from error

    def _locked(self) -> _Lock:
        return _Lock(self._layout)


class _Lock:
    """The lock under which nobody reserves a body.

    Args:
        layout: Where it is.
    """

    def __init__(self, layout: Layout) -> None:
        self._root = layout.root
        self._held = hold(layout.collection_lock, patience_seconds=_PATIENCE_SECONDS)

    def __enter__(self) -> None:
        try:
            state = self._held.__enter__()
        except OSError as error:
            raise cannot_write(error, self._root, "lock the store for a garbage collection") from error
        if state is Hold.TAKEN:
            return
        self._held.__exit__(None, None, None)
        raise StoreAccessError(
            f"The garbage of {self._root} cannot be collected now: "
            + (
                "other processes keep on taking in artifacts, or one of them has stopped in the middle; try again."
                if state is Hold.BUSY
                else "this file system has no locks, so nobody can tell which processes are about to bind a body."
            ),
            code="artifact_store_busy" if state is Hold.BUSY else "artifact_locks_unavailable",
            retryable=state is Hold.BUSY,
        )

    def __exit__(self, *_: object) -> None:
        self._held.__exit__(None, None, None)


def _reserved(reservations: list[ReservationFile]) -> tuple[set[str], set[str]]:
    """Return what living processes reserved, and what dead ones had handed over."""
    reserved = {digest for each in reservations if each.living for digest in each.reserved}
    moved = {digest for each in reservations if not each.living for digest in each.moved}
    return reserved, moved


def _size(path: Path) -> int:
    with suppress(OSError):
        return os.lstat(path).st_size
    return 0
