"""Where things are below the plane's root, and nothing else becomes a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DIGEST_PREFIX", "Layout", "is_digest"]

DIGEST_PREFIX = "sha256:"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def is_digest(text: str) -> bool:
    """Return whether a text is a digest as this store writes them: the one form that may become a path."""
    return _DIGEST.match(text) is not None


@dataclass(frozen=True, slots=True)
class Layout:
    """The directories of one store.

    Args:
        root: Directory of the plane.
    """

    root: Path

    @property
    def blobs(self) -> Path:
        """The bodies, by digest."""
        return self.root / "blobs"

    @property
    def bindings(self) -> Path:
        """The journal of bindings."""
        return self.root / "bindings"

    @property
    def reservations(self) -> Path:
        """What living processes are about to bind, one file for each."""
        return self.root / "reservations"

    @property
    def quarantine(self) -> Path:
        """What was taken out of use, to be looked at."""
        return self.root / "quarantine"

    @property
    def collection_lock(self) -> Path:
        """The lock between reserving a body and removing one."""
        return self.root / ".collection.lock"

    def blob(self, digest: str) -> Path:
        """Return where the body with a digest is kept.

        Args:
            digest: A text for which :func:`is_digest` holds.
        """
        name = digest.removeprefix(DIGEST_PREFIX)
        return self.blobs / name[:2] / name

    def relative(self, path: Path) -> str:
        """Return a path as findings name it: relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()
