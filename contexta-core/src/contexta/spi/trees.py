"""Paths and links inside of a directory that is an artifact: they stay inside, whatever wrote them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.artifacts import TreeMember

__all__ = ["is_portable", "stays_inside", "tree_problem"]

_MAX_PATH = 4_096


def stays_inside(path: str, target: str) -> bool:
    """Return whether a link at ``path`` to ``target`` stays inside the tree, whatever other links are in it.

    Going up is allowed at the start only: there the directories are real.  Behind a name that may be a link itself,
    ``..`` could lead anywhere.

    Args:
        path: Where the link is, relative to the tree, with forward slashes.
        target: What it points to.
    """
    if not target or target.startswith("/") or not is_portable(target):
        return False
    parts = [part for part in target.split("/") if part not in {"", "."}]
    ups = 0
    while ups < len(parts) and parts[ups] == "..":
        ups += 1
    return ".." not in parts[ups:] and ups <= path.count("/")


def is_portable(path: str) -> bool:
    """Return whether a path means the same here as where it was written."""
    return "\0" not in path and (os.name != "nt" or not any(sign in path for sign in "\\:"))


def tree_problem(members: Iterable[TreeMember]) -> str | None:
    """Say why members cannot be one directory, in words; None where they can.

    Args:
        members: What is inside.
    """
    leaves: set[str] = set()
    for member in members:
        problem = _problem(member)
        if problem is None and member.path in leaves:
            problem = "is there twice"
        if problem is not None:
            return f"the entry {member.path[:200]!r} {problem}"
        leaves.add(member.path)
    for path in leaves:
        parts = path.split("/")
        if any("/".join(parts[:length]) in leaves for length in range(1, len(parts))):
            return f"the entry {path[:200]!r} lies below something that is no directory with content"
    return None


def _problem(member: TreeMember) -> str | None:
    if len(member.path) > _MAX_PATH or not _is_text(member.path) or not _is_text(member.link or ""):
        return "is no text that can be a path"
    parts = member.path.split("/")
    if any(part in {"", ".", ".."} for part in parts) or not is_portable(member.path):
        return "is no relative path"
    if member.link is not None and not stays_inside(member.path, member.link):
        return "is a link that leads out"
    return None


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
