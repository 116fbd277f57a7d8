"""Whether the directories that a reader has open are still those of the workspace."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PlaneWatch"]

_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class PlaneWatch:
    """Watches the roots of planes that are open for reading only.

    A restore does not wait for such a reader: it puts other directories into their places.  A watched directory is kept
    open, so that its number is not given to another one meanwhile; a look is a call of the system for each.
    """

    def __init__(self) -> None:
        self._descriptors: dict[Path, int] = {}
        self._missing: set[Path] = set()

    def add(self, root: Path) -> None:
        """Watch a directory; one that is not there yet is watched from when it is."""
        try:
            self._descriptors[root] = os.open(root, _FLAGS)
        except OSError:
            self._missing.add(root)

    def is_replaced(self) -> bool:
        """Tell whether another directory stands where a watched one stood, or none."""
        for root in tuple(self._missing):
            if root.is_dir():
                self._missing.discard(root)
                self.add(root)
        # Of a copy: another thread may open a further plane meanwhile.
        return any(_is_other(root, descriptor) for root, descriptor in tuple(self._descriptors.items()))

    def close(self) -> None:
        """Let go of the directories; closing twice is harmless."""
        self._missing.clear()
        while self._descriptors:
            _, descriptor = self._descriptors.popitem()
            with suppress(OSError):
                os.close(descriptor)


def _is_other(root: Path, descriptor: int) -> bool:
    try:
        return not os.path.samestat(root.stat(), os.fstat(descriptor))
    except OSError:
        return True
