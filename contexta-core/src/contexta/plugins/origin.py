"""Where the distribution of a plugin lies, and what it requires."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Origin", "editable_source", "origin_of"]


class Origin(NamedTuple):
    """Where a distribution comes from.

    Args:
        location: The directory in which it is installed.
        editable: The source tree that it was installed from as editable; empty for any other.
        requires: What it requires: the version of Python, and other distributions.
    """

    location: str
    editable: str
    requires: tuple[str, ...]


def origin_of(name: str) -> Origin:
    """Tell where an installed distribution comes from.

    Args:
        name: Its name, as an entry point of the index has it.
    """
    import importlib_metadata

    distribution = importlib_metadata.distribution(name)
    python = distribution.metadata.get("Requires-Python", "")
    # What is only wanted by an extra is not required.
    declared = tuple(text for text in distribution.requires or () if "extra ==" not in text)
    return Origin(
        str(distribution.locate_file("")),
        str(editable_source(distribution) or ""),
        (*((f"Python {python}",) if python else ()), *declared),
    )


def editable_source(distribution: Any) -> Path | None:
    """Return where an editable install points, or None for any other."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        said = json.loads(distribution.read_text("direct_url.json") or "{}")
        if not said.get("dir_info", {}).get("editable"):
            return None
        return Path(url2pathname(urlsplit(said["url"]).path))
    except (ValueError, KeyError, AttributeError):
        return None
