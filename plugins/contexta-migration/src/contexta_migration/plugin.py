"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_workspace_readers"]


@hookimpl
def contexta_workspace_readers() -> list[Provider]:
    """Offer the reader ``contexta_1``."""
    return [
        Provider(
            name="contexta_1",
            factory="contexta_migration.reader:open_reader",
            summary="Reads workspaces of Contexta 1.0.0, and never writes to them.",
        )
    ]
