"""The parts of the index that are attached for reading, and the care that files of unknown origin need."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from contexta_store_jsonl.index.warning import warn

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from contexta_store_jsonl.index.directory import IndexDirectory, PartFile
    from contexta_store_jsonl.index.part import Part

__all__ = ["Attachments"]

#: How often the directory is listed again because a file was replaced between listing and attaching.
_ATTEMPTS = 5


class Attachments:
    """Parts attached to one connection.

    Args:
        directory: Where they are.
    """

    def __init__(self, directory: IndexDirectory) -> None:
        self._directory = directory
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._parts: dict[PartFile, Part] = {}
        #: Files that could not be read; they are not looked at again, and removed by the next publication.
        self.unusable: set[Path] = set()

    @property
    def paths(self) -> set[Path]:
        """The files that are attached."""
        return {file.path for file in self._parts}

    def differ(self) -> bool:
        """Whether other files are there than the attached ones."""
        return {file.path for file in self._directory.parts()} - self.unusable != self.paths

    def refresh(self) -> list[Part]:
        """Attach what is new and detach what is no longer there.

        Returns:
            The parts, the newest first.
        """
        for _ in range(_ATTEMPTS):
            files = [file for file in self._directory.parts() if file.path not in self.unusable]
            if self._attach(files):
                break
        return [self._parts[file] for file in files if file in self._parts]

    def _attach(self, files: list[PartFile]) -> bool:
        """Attach files; return False when one was replaced meanwhile."""
        for file in [file for file in self._parts if file not in files]:
            del self._parts[file]
            if self._connection is not None:
                with suppress(Exception):
                    self._connection.execute(f"DETACH {file.alias}")
        missing = [file for file in files if file not in self._parts]
        if not missing:
            return True
        import duckdb

        from contexta_store_jsonl.index.layout import quoted
        from contexta_store_jsonl.index.part import UNREADABLE, Part

        try:
            connection = self._open()
        except duckdb.Error as error:
            warn("The index in %s cannot be read: %s", self._directory.path, error)
            return True
        for file in missing:
            try:
                connection.execute(f"ATTACH {quoted(str(file.path))} AS {file.alias} (READ_ONLY)")
                self._parts[file] = Part(connection, file)
            except (duckdb.Error, *UNREADABLE) as error:
                if not file.path.exists():
                    return False
                self.give_up(file, error)
                if self._connection is None:
                    return False
        return True

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            from contexta_store_jsonl.index.layout import confine, connect

            connection = connect(":memory:", threads=1)
            # A workspace may come from anybody: nothing in it may make the reader's other files be read.
            confine(connection, [self._directory.path])
            self._connection = connection
        return self._connection

    def give_up(self, file: PartFile, error: BaseException) -> None:
        """Take a file that could not be read out of use.

        Args:
            file: The file.
            error: What happened.
        """
        import duckdb

        if file.path.exists():
            warn("The index file %s is damaged and will be built again: %s", file.path, error)
        self.unusable.add(file.path)
        self._parts.pop(file, None)
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            # Such a connection answers nothing any more.
            self.release()

    def release(self) -> None:
        """Let go of all files."""
        connection, self._connection = self._connection, None
        self._parts = {}
        if connection is not None:
            connection.close()

    def abandon(self) -> bool:
        """Forget all files without touching them: in a forked child they are the parent's.

        Returns:
            Whether any were open.
        """
        if self._connection is None:
            return False
        _abandoned.append(self._connection)
        self._connection = None
        self._parts = {}
        return True


#: Connections of a parent process: its child neither uses nor closes them.
_abandoned: list[object] = []
