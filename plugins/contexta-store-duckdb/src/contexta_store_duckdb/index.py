"""The directory of generations: which is the newest, and how the next one is published.

A generation is built aside under a temporary name and renamed into place, so a reader sees whole ones only; none is
ever changed.  Its name holds its number, the cost of reading what it covers, and a digest of its content: enough
to choose one without opening any, and to refuse a damaged one before DuckDB sees it.  The directory may be deleted at
any time; that costs nothing but time.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta_store_duckdb import generation
from contexta_store_duckdb.generation import Generation, UnreadableGenerationError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["GenerationIndex", "PublishedGeneration"]

_NAME = re.compile(r"generation-(\d{8})-(\d{16})-([0-9a-f]{32})\.duckdb", re.ASCII)
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}(\.wal|\.ndjson)?", re.ASCII)
_LOCK = ".lock"
#: The newest, and the one before it for readers that are just opening it.
_KEPT = 2


class PublishedGeneration(NamedTuple):
    """A generation by its name.

    Args:
        number: Counts up with every publication.
        journal_cost: Cost of reading the part of the journal that it covers, in bytes.
        digest: First half of the SHA-256 of the file, hexadecimal.
        path: The file.
    """

    number: int
    journal_cost: int
    digest: str
    path: Path


class GenerationIndex:
    """The generations of one workspace.

    Args:
        directory: Where they are; created with the first publication.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # Generations that did not read, or belong to another journal; the next publication replaces them.
        self._unusable: set[Path] = set()

    def published(self) -> list[PublishedGeneration]:
        """Return the generations, newest first; none when there is no readable directory."""
        try:
            names = os.listdir(self._directory)
        except OSError:
            return []
        found = []
        for name in names:
            parts = _NAME.fullmatch(name)
            if parts is not None:
                number, journal_cost, digest = parts.groups()
                found.append(
                    PublishedGeneration(int(number), int(journal_cost), digest, self._directory / name)
                )
        return sorted(found, reverse=True)

    def load(self, accept: Callable[[Generation], bool]) -> Generation | None:
        """Read the newest generation that is whole and accepted.

        Args:
            accept: Tells whether a generation belongs to the journal as it is.

        Returns:
            The generation, or None: then the journal is read from its beginning.
        """
        for published in self.published()[:_KEPT]:
            with suppress(UnreadableGenerationError, OSError):
                if _digest(published.path) == published.digest:
                    loaded = generation.read(published.path)
                    if accept(loaded):
                        return loaded
            self._unusable.add(published.path)
        return None

    def damaged(self) -> list[Path]:
        """Return the generations whose content is not what their names say."""
        found = []
        for published in self.published():
            try:
                is_whole = _digest(published.path) == published.digest
            except FileNotFoundError:
                continue
            except OSError:
                # Not even a file, or one that the storage does not give out.
                is_whole = False
            if not is_whole:
                found.append(published.path)
        return found

    def publish(self, journal_cost: int, build: Callable[[Path], None], *, unless_covered: int) -> bool:
        """Publish the next generation, unless another process is at it or has just done so.

        Args:
            journal_cost: Cost of reading the part of the journal that the generation covers, in bytes.
            build: Writes the generation to a new file.
            unless_covered: Do nothing when a generation covers at least so much.

        Returns:
            Whether a generation was published.

        Raises:
            OSError: The directory cannot be written.
        """
        filesystem.create_private_directory(self._directory)
        with self._locked() as locked:
            if not locked:
                return False
            known = self.published()
            usable = [each for each in known[:_KEPT] if each.path not in self._unusable]
            if any(each.journal_cost >= unless_covered for each in usable):
                return False
            # Whatever is half built belongs to a process that died: the lock is ours.
            for name in os.listdir(self._directory):
                if _TEMPORARY.fullmatch(name):
                    filesystem.remove_file(self._directory / name)
            self._add(known, journal_cost, build)
        return True

    def _add(
        self, known: list[PublishedGeneration], journal_cost: int, build: Callable[[Path], None]
    ) -> None:
        number = known[0].number + 1 if known else 1
        temporary = self._directory / f".tmp-{os.urandom(8).hex()}"
        try:
            build(temporary)
            temporary.chmod(0o600)
            name = f"generation-{number:08d}-{journal_cost:016d}-{_digest(temporary)}.duckdb"
            filesystem.replace(temporary, self._directory / name)
        except BaseException:
            with suppress(OSError):
                filesystem.remove_file(temporary)
                filesystem.remove_file(temporary.with_name(f"{temporary.name}.wal"))
            raise
        filesystem.sync_directory(self._directory)
        for old in known[_KEPT - 1 :]:
            # One that cannot be removed takes space and does no other harm.
            with suppress(OSError):
                filesystem.remove_file(old.path)

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Take the directory's lock if it is free; the operating system releases it however the process ends."""
        if fcntl is None:
            yield True
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._directory / _LOCK, flags, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)


def _digest(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
