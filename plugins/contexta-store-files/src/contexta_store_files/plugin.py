"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_artifact_stores"]


@hookimpl
def contexta_artifact_stores() -> list[Provider]:
    """Offer the artifact store ``files``."""
    return [
        Provider(
            name="files",
            factory="contexta_store_files.backend:open_backend",
            capabilities=frozenset({"adopt", "garbage_collection", "repairs", "staged_ingest", "unbinding"}),
            summary="Content-addressed files; equal content is kept once, directories are artifacts too.",
        )
    ]
