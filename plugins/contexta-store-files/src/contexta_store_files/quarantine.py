"""Taking files out of use without losing them."""

from __future__ import annotations

import time
from secrets import token_hex
from typing import TYPE_CHECKING

from contexta.log import filesystem

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_store_files.layout import Layout

__all__ = ["set_aside"]


def set_aside(layout: Layout, path: Path) -> Path:
    """Move a file or directory of the store into the quarantine.

    Args:
        layout: Where things are.
        path: What to move.

    Returns:
        Where it is now.

    Raises:
        OSError: It cannot be moved, or is not there.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    place = layout.quarantine / f"{stamp}-{token_hex(4)}"
    filesystem.create_private_directory(place)
    target = place / path.name
    filesystem.replace(path, target)
    filesystem.sync_directory(place)
    filesystem.sync_directory(path.parent)
    return target
