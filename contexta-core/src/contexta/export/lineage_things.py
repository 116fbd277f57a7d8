"""What a lineage is about, for the formats that write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta.spi.lineage import LineageTraversal

__all__ = ["things_of"]


def things_of(traversal: LineageTraversal) -> tuple[str, ...]:
    """Return the references of a lineage, the nearest first, each once.

    Args:
        traversal: The lineage.
    """
    ends = [ref for edge in traversal.edges for ref in (edge.source_ref, edge.target_ref)]
    return tuple(dict.fromkeys([traversal.root_ref, *traversal.visited_refs, *ends]))
