"""How a store reports damage."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IntegrityFinding"]


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One place where stored data is not what it should be.

    Args:
        code: Stable identifier, such as ``"torn_tail"`` or ``"checksum"``.
        severity: ``"error"`` when data is lost or wrong, ``"warning"`` when it is whole but untidy.
        message: What was expected, what was found.
        location: Where: a path relative to the plane's root, with line or offset.
        ref: The entity, record or artifact concerned, when known.
    """

    code: str
    severity: str
    message: str
    location: str = ""
    ref: str | None = None
