"""What a store can say about backing it up.

A store whose files are segment logs and files that appear by rename needs nothing of this: such a directory is copied as
it is.  A store that changes files in place, such as a database, writes a copy of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DERIVED_DIRECTORY", "SupportsBackup"]

#: Name of the directory below a plane's root that holds only what can be built again: no backup holds it.
DERIVED_DIRECTORY = "index"


@runtime_checkable
class SupportsBackup(Protocol):
    """A store whose files cannot be copied while they are written."""

    def write_backup(self, directory: Path) -> None:
        """Write a consistent copy of the store, as it is at some moment during the call, beside readers and writers.

        Args:
            directory: An empty directory.  What is written there, put into the place of the plane's root, is the store.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The store cannot be read.
        """
