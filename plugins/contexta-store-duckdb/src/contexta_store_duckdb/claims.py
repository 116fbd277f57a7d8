"""Claims of run references: one empty file per run, created by exactly one process.

The rule that makes a claim safe: **every run of the journal has its file**.  A run's first mutation creates the file
where a claim did not (:meth:`RunClaims.note`), and where the directory is missing although the journal is not (a
workspace restored without it), it is built aside with a file for each run of the journal and appears by one rename.
So a free name in the directory is a free reference, and a claim need not read the journal.

A name in a directory cannot be lost while the machine runs, so it is not synced, which would cost more than all else of
a run.  What a loss of power may take is made up for: the first process of each boot gives every run of the journal its
file and leaves a mark, ``.boot-<id>``; a claim that no run came of may be free again.  Where the system tells no boot,
each claim is synced.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.log.identity import this_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["BOOT_PREFIX", "RunClaims", "claim_name"]

#: How the names of marks begin; no claim begins with a dot.
BOOT_PREFIX = ".boot-"

_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,249}", re.ASCII)


def claim_name(run_ref: str) -> str:
    """Return the file name for a run reference: its value, or a hash of what is no well-formed reference."""
    value = run_ref.partition(":")[2]
    if _PLAIN.fullmatch(value):
        return value
    import hashlib

    # Never met with references that the kernel made; a file name must be safe whatever comes in.
    return f"_{hashlib.sha256(run_ref.encode('utf-8', 'surrogatepass')).hexdigest()}"


class RunClaims:
    """The directory of claims.

    Args:
        directory: Where the files are; created when it is first needed.
        synced: Whether a claim must outlive a loss of power once its run is in the journal.
        journal_exists: Tells whether the workspace has a journal.
        known_runs: Lists the references of all runs in the journal.
    """

    def __init__(
        self,
        directory: Path,
        *,
        synced: bool,
        journal_exists: Callable[[], bool],
        known_runs: Callable[[], Iterable[str]],
    ) -> None:
        self._directory = directory
        self._synced = synced
        self._journal_exists = journal_exists
        self._known_runs = known_runs
        self._boot = this_place().boot if synced else ""
        self._ready = False
        # References whose files this process has seen, so that a run's later mutations cost nothing.
        self._seen: set[str] = set()

    def claim(self, run_ref: str) -> bool:
        """Create the reference's file; of all concurrent calls one succeeds.

        Returns:
            True when the file is new.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The directory cannot be written.
        """
        created = self._create(run_ref)
        self._seen.add(run_ref)
        return created

    def note(self, run_ref: str) -> None:
        """Make sure that a run which is about to be journaled has its file, claimed or not.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The directory cannot be written.
        """
        if run_ref not in self._seen:
            self._create(run_ref)
            self._seen.add(run_ref)

    def _create(self, run_ref: str) -> bool:
        path = self._directory / claim_name(run_ref)
        try:
            self._prepare()
            try:
                os.close(filesystem.create_file(path))
            except FileExistsError:
                return False
            except FileNotFoundError:
                # Somebody removed the directory under a running process: as after a restore.
                self._ready = False
                self._prepare()
                os.close(filesystem.create_file(path))
            if self._synced and not self._boot:
                filesystem.sync_directory(self._directory)
        except OSError as error:
            raise write_failure(error, path, f"claim {run_ref}", code="metadata_claim_failed") from error
        return True

    def _prepare(self) -> None:
        if self._ready:
            return
        if not self._directory.is_dir():
            if self._journal_exists():
                self._rebuild()
            else:
                filesystem.create_private_directory(self._directory)
        if self._boot:
            self._complete(self._directory / f"{BOOT_PREFIX}{self._boot}")
        self._ready = True

    def _complete(self, mark: Path) -> None:
        """Give every run of the journal its file, once in a boot."""
        if mark.exists():
            return
        if self._journal_exists():
            for run_ref in self._known_runs():
                with suppress(FileExistsError):
                    os.close(filesystem.create_file(self._directory / claim_name(run_ref)))
        with suppress(FileExistsError):
            os.close(filesystem.create_file(mark))

    def _rebuild(self) -> None:
        """Build the directory from the journal; of several processes that do so at once one has its way."""
        import shutil

        temporary = self._directory.with_name(f".tmp-{os.urandom(8).hex()}")
        filesystem.create_private_directory(temporary)
        try:
            for run_ref in self._known_runs():
                os.close(filesystem.create_file(temporary / claim_name(run_ref)))
            filesystem.sync_directory(temporary)
            try:
                filesystem.replace(temporary, self._directory)
            except OSError:
                if not self._directory.is_dir():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        filesystem.sync_directory(self._directory.parent)
