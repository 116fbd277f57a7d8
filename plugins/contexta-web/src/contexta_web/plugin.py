"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_cli_commands", "contexta_dashboard_extensions", "contexta_surfaces"]


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


@hookimpl
def contexta_dashboard_extensions() -> list[Provider]:
    """Offer the dashboard's own screens, tabs and panels."""
    return [
        Provider(
            name="screens",
            factory="contexta_web.screens.table:open_screens",
            summary="The screens of the dashboard.",
        ),
        Provider(
            name="run_tabs",
            factory="contexta_web.screens.table:open_run_tabs",
            summary="The tabs of the screen of one run.",
        ),
        Provider(
            name="home_panels",
            factory="contexta_web.screens.table:open_home_panels",
            summary="The panels of the first screen.",
        ),
    ]


@hookimpl
def contexta_surfaces() -> list[Provider]:
    """Offer the surface ``http``."""
    return [
        Provider(
            name="http",
            factory="contexta_web.surface:open_surface",
            summary="The dashboard, opened in this process.",
        )
    ]
