"""The names in a directory, and whether they are still the same: a listing costs as much as there are names."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NOTHING", "Listing", "list_directory", "listed_again"]

#: A directory whose time is younger than this may have changed once more under the same time.
_SETTLED_NS = 3_000_000_000


class Listing(NamedTuple):
    """What a directory was seen to hold.

    Args:
        names: The names; none where it is missing.
        changed_at: When it had changed last, in nanoseconds; None where that tells nothing yet.
    """

    names: frozenset[str]
    changed_at: int | None


#: What nobody has seen anything of.
NOTHING = Listing(frozenset(), None)


def list_directory(directory: Path) -> Listing:
    """Return the names in a directory."""
    try:
        # Before the names are read: what changes meanwhile changes the time as well.
        changed_at = os.stat(directory).st_mtime_ns
        names = frozenset(os.listdir(directory))
    except OSError:
        return NOTHING
    return Listing(names, changed_at if changed_at < time.time_ns() - _SETTLED_NS else None)


def listed_again(directory: Path, before: Listing) -> Listing:
    """Return the names in a directory; as they were listed before, where its time shows that none has changed."""
    if before.changed_at is not None:
        try:
            if os.stat(directory).st_mtime_ns == before.changed_at:
                return before
        except OSError:
            return NOTHING
    return list_directory(directory)
