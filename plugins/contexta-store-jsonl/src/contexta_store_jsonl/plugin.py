"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_record_stores"]


@hookimpl
def contexta_record_stores() -> list[Provider]:
    """Offer the record store ``jsonl_segments``."""
    return [
        Provider(
            name="jsonl_segments",
            factory="contexta_store_jsonl.backend:open_backend",
            capabilities=frozenset(
                {
                    "series",
                    "summaries",
                    "pushdown",
                    "outlines",
                    "compaction",
                    "deletion",
                    "following",
                    "repairs",
                }
            ),
            summary="Checksummed JSON Lines segments; any number of processes write and read at once.",
        )
    ]
