"""One relation as the traversal sees it: what came from what."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Arc", "derived_arc"]


class Arc(NamedTuple):
    """A relation between two things.

    Args:
        ref: Its identifier.
        kind: What it says.
        source: Where it starts, as recorded.
        target: Where it ends, as recorded.
        later: The end that came from the other one.
        earlier: The end that the other one came from.
        recorded_at: When it was recorded; empty for a derived one.
    """

    ref: str
    kind: str
    source: str
    target: str
    later: str
    earlier: str
    recorded_at: str = ""


def derived_arc(kind: str, later: str, earlier: str) -> Arc:
    """Return an arc that follows from what belongs to what."""
    return Arc(f"derived:{kind}:{later}:{earlier}", kind, later, earlier, later, earlier)
