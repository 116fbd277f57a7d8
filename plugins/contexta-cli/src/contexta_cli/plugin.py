"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_surfaces"]


@hookimpl
def contexta_surfaces() -> list[Provider]:
    """Offer the surface ``cli``."""
    return [
        Provider(
            name="cli",
            factory="contexta_cli.main:open_surface",
            summary="The contexta command.",
        )
    ]
