"""Registers the renderers; light, so that listing plugins costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["contexta_report_renderers"]


@hookimpl
def contexta_report_renderers() -> Iterable[Provider]:
    """Return the descriptors of all stock renderers."""
    return [
        Provider(
            "csv",
            "contexta_renderers.comma_separated:build",
            summary="one row for each section, safe for spreadsheets",
        ),
        Provider(
            "html",
            "contexta_renderers.html.renderer:build",
            summary="one page that needs nothing beside it, with charts",
        ),
        Provider("json", "contexta_renderers.json_text:build", summary="the whole document as data"),
        Provider("markdown", "contexta_renderers.markdown:build", summary="GitHub's Markdown"),
        Provider(
            "text", "contexta_renderers.plain_text:build", summary="aligned text for terminals and mails"
        ),
    ]
