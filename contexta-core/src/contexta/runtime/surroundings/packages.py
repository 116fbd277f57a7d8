"""The installed distributions."""

from __future__ import annotations

import os
import re
import sys

__all__ = ["installed_packages"]

#: ``name-version.dist-info``; names and versions hold no hyphen there (PEP 427, PEP 491).
_DIST_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)\.(?:dist-info|egg-info)\Z")


def installed_packages() -> dict[str, str]:
    """Return the installed distributions by normalised name, with their versions.

    Read from the names of the metadata folders alone: opening every ``METADATA`` costs a hundred times as much, and
    a run must not wait for it.  The first folder on ``sys.path`` wins, as it does for imports.
    """
    packages: dict[str, str] = {}
    for place in dict.fromkeys(sys.path):
        try:
            names = [each.name for each in os.scandir(place or ".")]
        except OSError:
            continue
        for entry in names:
            match = _DIST_INFO.match(entry)
            if match:
                name = re.sub(r"[-_.]+", "-", match["name"]).lower()
                packages.setdefault(name, match["version"])
    return dict(sorted(packages.items()))
