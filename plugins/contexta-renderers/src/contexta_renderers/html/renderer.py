"""Reports as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_renderers.html.environment import environment
from contexta_renderers.html.view import report_view

if TYPE_CHECKING:
    from contexta.spi.reports import RendererContext, RenderOptions, ReportDocument

__all__ = ["HtmlRenderer", "build"]


class HtmlRenderer:
    """Writes a page with charts, for light and dark screens and for paper; no script, and nothing is loaded."""

    name = "html"
    media_type = "text/html"
    suffix = ".html"

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str:
        """Return the report as a page, or as a part of one; content never becomes markup."""
        template = environment().get_template("fragment.html" if options.fragment else "page.html")
        return template.render(
            title=document.title, summary=document.summary, sections=report_view(document, options)
        )


def build(context: RendererContext, options: None) -> HtmlRenderer:  # noqa: ARG001 - the factory's signature
    """Build the renderer."""
    return HtmlRenderer()
