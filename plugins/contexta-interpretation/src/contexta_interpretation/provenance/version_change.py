"""How large the step between two versions is."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

__all__ = ["version_change"]


def version_change(left: str, right: str) -> str:
    """Return ``major``, ``minor`` or ``patch``: the first part of two versions that differs.

    A change of epoch, and of a version that follows no rule, is ``major``; before 1.0 the second number is the major
    one, as projects there use it.

    Args:
        left: One version.
        right: Another.
    """
    try:
        before, after = Version(left), Version(right)
    except InvalidVersion:
        return "major"
    if (before.epoch, before.major) != (after.epoch, after.major):
        return "major"
    if before.minor != after.minor:
        return "major" if before.major == 0 else "minor"
    return "patch"
