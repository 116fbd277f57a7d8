"""What a listing says about one plugin."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["PluginDescription", "PluginStatus"]

#: ``available`` can be asked for; ``active`` was; ``shadowing`` serves only where it is pinned; ``missing`` is known and
#: not installed; the others do not serve, and the reason says why.
PluginStatus = Literal[
    "available",
    "active",
    "blocked",
    "incompatible",
    "conflict",
    "shadowing",
    "failed",
    "suspended",
    "unknown-kind",
    "missing",
]


class PluginDescription(NamedTuple):
    """One component as ``contexta plugins list`` shows it.

    Args:
        kind: Kind of the component; empty for a distribution whose metadata cannot be read.
        name: The word a configuration uses; empty as for ``kind``.
        distribution: The distribution that brings it; empty for a plugin registered by the program itself, and for
            one that is missing.
        version: Version of that distribution.
        value: The entry point's value: the plugin's module.
        status: Whether it can be used.
        reason: Why not, where the status is neither ``available`` nor ``active``, or what to install; there, what went
            wrong when it was last used in the workspace, if anything did.
        summary: The provider's own words; None as long as the plugin has not been imported.
    """

    kind: str
    name: str
    distribution: str
    version: str
    value: str
    status: PluginStatus
    reason: str | None = None
    summary: str | None = None
