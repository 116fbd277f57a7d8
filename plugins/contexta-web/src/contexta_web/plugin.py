"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_cli_commands"]


@hookimpl
def contexta_cli_commands() -> list[Provider]:
    """Offer the command ``contexta serve``."""
    return [
        Provider(
            name="serve",
            factory="contexta_web.command:serve",
            summary="Serves a workspace over HTTP.",
        )
    ]
