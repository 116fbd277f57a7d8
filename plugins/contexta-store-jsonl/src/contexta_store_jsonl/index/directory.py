"""The directory of the index: which parts there are, who may build, and how a part is published."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from contexta.log import filesystem
from contexta.log.file_lock import FileLock
from contexta_store_jsonl.index.layout import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["IndexDirectory", "PartFile"]

# The format is in the name: parts of another version are neither read nor removed.
_NAME = re.compile(rf"part-v{FORMAT}-(\d{{8}})-([0-9a-f]{{8}})\.duckdb", re.ASCII)
_TEMPORARY = ".tmp-"
_LOCK = ".lock"


class PartFile(NamedTuple):
    """A part by its name.

    Attributes:
        number: Counts up with every publication.
        token: Tells files of one number apart, after the directory was emptied.
        path: The file.
    """

    number: int
    token: str
    path: Path

    @property
    def alias(self) -> str:
        """Name of its database in a query."""
        return f"part_{self.number}_{self.token}"

    def size(self) -> int:
        """Return its size in bytes; 0 when it is gone."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


class IndexDirectory:
    """The parts of one store.

    Args:
        path: Where they are; created with the first publication.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def parts(self) -> list[PartFile]:
        """List the parts, newest first; none when there is no readable directory."""
        try:
            names = os.listdir(self.path)
        except OSError:
            return []
        found = [(parts, name) for name in names if (parts := _NAME.fullmatch(name)) is not None]
        return sorted(
            (PartFile(int(parts[1]), parts[2], self.path / name) for parts, name in found), reverse=True
        )

    @contextmanager
    def building(self, patience_seconds: float = 0.0) -> Iterator[bool]:
        """Take the right to build if nobody has it; the operating system takes it back however the process ends.

        Args:
            patience_seconds: How long to wait for who has it.

        Yields:
            Whether it was taken; never where the file system has no locks.

        Raises:
            OSError: The directory cannot be written.
        """
        filesystem.create_private_directory(self.path)
        lock = FileLock(self.path / _LOCK, os.O_RDWR | os.O_CREAT, exclusive=True)
        try:
            taken = lock.acquire(patience_seconds)
            if taken:
                # Whatever is half built belongs to a process that died: the lock is ours.
                self._clean()
            yield taken
        finally:
            lock.release()

    def clear(self) -> None:
        """Remove all parts; only while :meth:`building`.

        Raises:
            OSError: One of them cannot be removed.
        """
        for part in self.parts():
            filesystem.remove_file(part.path)

    def scratch(self) -> Path:
        """Return a name for what is not whole yet."""
        return self.path / f"{_TEMPORARY}{os.urandom(8).hex()}"

    def publish(self, build: Callable[[Path], None], replaced: Iterable[Path]) -> None:
        """Publish a part, and remove the ones that it replaces afterwards; only while :meth:`building`.

        Args:
            build: Writes the part to a new file.
            replaced: Files that nobody needs once the part is there.

        Raises:
            OSError: The directory cannot be written.
        """
        temporary = self.scratch()
        known = self.parts()
        try:
            build(temporary)
            temporary.chmod(0o600)
            number = known[0].number + 1 if known else 1
            filesystem.replace(
                temporary, self.path / f"part-v{FORMAT}-{number:08d}-{os.urandom(4).hex()}.duckdb"
            )
        except BaseException:
            self._clean()
            raise
        filesystem.sync_directory(self.path)
        for path in replaced:
            # One that cannot be removed takes space and does no other harm.
            with suppress(OSError):
                filesystem.remove_file(path)

    def _clean(self) -> None:
        with suppress(OSError):
            for name in os.listdir(self.path):
                if not name.startswith(_TEMPORARY):
                    continue
                path = self.path / name
                with suppress(OSError):
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        filesystem.remove_file(path)
