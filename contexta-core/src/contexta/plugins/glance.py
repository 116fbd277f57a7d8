"""A glance at the names in one entry-point group, for a program that must start at once.

It reads the ``entry_points.txt`` of what is installed and loads nothing, not even what reads distributions properly; so
it knows names and no more.  What counts when a name is used is :class:`contexta.plugins.PluginIndex`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["names_at_a_glance"]

_ENCODING = "utf-8"


def names_at_a_glance(group: str) -> dict[str, str]:
    """Return the names in a group of entry points, each with the distribution that comes first on the path with it.

    Distributions in archives are not looked into, and what cannot be read is passed over.

    Args:
        group: The whole name of the group.
    """
    found: dict[str, str] = {}
    for folder in _metadata_folders():
        try:
            with open(os.path.join(folder, "entry_points.txt"), encoding=_ENCODING) as file:  # noqa: PTH118, PTH123 - see above
                text = file.read()
        except (OSError, ValueError):
            continue
        if f"[{group}]" in text:
            distribution = os.path.basename(folder).partition("-")[0].replace("_", "-")  # noqa: PTH119
            for name in _names(text, group):
                found.setdefault(name, distribution)
    return dict(sorted(found.items()))


def _metadata_folders() -> Iterator[str]:
    """Yield the folders with the metadata of distributions, in the order of the path."""
    for place in dict.fromkeys(sys.path):
        try:
            with os.scandir(place or ".") as entries:
                names = sorted(entry.name for entry in entries)
        except OSError:
            continue
        yield from (
            os.path.join(place or ".", name)  # noqa: PTH118
            for name in names
            if name.endswith((".dist-info", ".egg-info"))
        )


def _names(text: str, group: str) -> Iterator[str]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif section == f"[{group}]" and "=" in line and not line.startswith(("#", ";")):
            yield line.partition("=")[0].strip()
