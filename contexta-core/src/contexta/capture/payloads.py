"""What a captured payload says about itself: the run it belongs to, and its identifier in the workspace."""

from __future__ import annotations

from typing import Any

from contexta.capture.sinks.base import payload_ref

__all__ = ["identifier_of", "run_of"]


def identifier_of(payload: Any) -> str:
    """Return the identifier of a record or an artifact, unique in the workspace; empty for anything else."""
    kind, _, value = (payload_ref(payload) or "").partition(":")
    # A record's reference is its run's, and behind the last dot the identifier.
    return value.rpartition(".")[2] if kind == "record" else value


def run_of(payload: Any) -> str | None:
    """Return the reference of the run that a record or an artifact belongs to, or None."""
    if isinstance(payload, dict):
        payload = payload.get("manifest")
    ref = getattr(getattr(payload, "envelope", payload), "run_ref", None)
    return None if ref is None else str(ref)
