"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_surfaces"]


@hookimpl
def contexta_surfaces() -> list[Provider]:
    """Offer the surface ``notebook``."""
    return [
        Provider(
            name="notebook",
            factory="contexta_notebook.surface:open_surface",
            summary="Shows results in Jupyter, VS Code and marimo.",
        )
    ]
