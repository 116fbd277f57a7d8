"""Finding the configuration file of a project from a directory within it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from contexta.config.files import PYPROJECT_NAME

__all__ = ["find_config_file"]

_FILE_NAME = "contexta.toml"
_TABLE_HEADER = re.compile(rb"^\s*\[+\s*tool\s*\.\s*contexta\b", re.MULTILINE)


def find_config_file(start: str | os.PathLike[str] | None = None) -> Path | None:
    """Find the nearest configuration file, walking up from a directory.

    In each directory ``contexta.toml`` comes before a ``pyproject.toml`` with a table ``[tool.contexta]``.

    Args:
        start: Where to begin; the current directory when None.

    Returns:
        The file's absolute path, or None where there is none up to the root.
    """
    try:
        folder = Path.cwd() if start is None else Path(start).expanduser().resolve()
    except (OSError, RuntimeError):
        # The current directory was removed: nothing lies above it.
        return None
    for directory in (folder, *folder.parents):
        own = directory / _FILE_NAME
        if _is_file(own):
            return own
        shared = directory / PYPROJECT_NAME
        if _is_file(shared) and _speaks_of_contexta(shared):
            return shared
    return None


def _is_file(path: Path) -> bool:
    # Unlike Path.is_file, this takes a directory that may not be looked into for one without the file.
    return os.path.isfile(path)  # noqa: PTH113


def _speaks_of_contexta(file: Path) -> bool:
    """Tell whether a ``pyproject.toml`` has our table; a stranger's broken file does not concern us."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    if b"contexta" not in content:
        return False
    if _TABLE_HEADER.search(content):
        return True
    import tomllib

    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool")
    except (ValueError, RecursionError):
        return False
    return isinstance(tool, dict) and "contexta" in tool
