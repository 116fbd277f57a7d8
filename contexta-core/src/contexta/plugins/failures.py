"""What went wrong with a plugin, kept for the listing instead of stopping the program."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PluginFailure"]


class PluginFailure(NamedTuple):
    """One failure of one plugin.

    Args:
        distribution: Name of the distribution, or where it lies when it has no readable name.
        stage: ``"metadata"``, ``"load"``, ``"notify"``, ``"call"`` (another hook) or ``"use"`` (a sink at work).
        reason: What happened, in one sentence.
        error: The exception behind it.
        kind: Kind of the component; empty when the distribution could not be read that far.
        name: Name of the component, or of the hook for ``"notify"``; empty as for ``kind``.
    """

    distribution: str
    stage: str
    reason: str
    error: BaseException
    kind: str = ""
    name: str = ""
