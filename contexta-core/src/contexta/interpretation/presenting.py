"""Rendering reports and showing results with the plugins and the configuration of one workspace."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, MissingPluginError, RenderingError
from contexta.interpretation.report_files import redacted_report, write_report
from contexta.spi.reports import RendererContext, RenderOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.plugins import PluginHost
    from contexta.spi.frames import Frame
    from contexta.spi.notebooks import NotebookView
    from contexta.spi.reports import ReportDocument, ReportRenderer

__all__ = ["WorkspacePresenter", "presenter_of_the_process"]

RENDERER = "report_renderer"
_HTML = "text/html"


class WorkspacePresenter:
    """Renders reports and shows results.

    Args:
        config: The configuration of the workspace.
        host: Where renderers and the notebook surface are found.
    """

    def __init__(self, config: UnifiedConfig, host: PluginHost) -> None:
        self._config = config
        self._host = host
        self._renderers: dict[str, ReportRenderer] = {}
        self._notebook: NotebookView | None = None

    def render(self, document: ReportDocument, renderer: str, options: Mapping[str, Any]) -> str | bytes:
        """Return a report as a renderer writes it.

        Args:
            document: The report.
            renderer: Its name.
            options: Fields of ``RenderOptions`` that differ from the configuration.

        Raises:
            MissingPluginError: There is no renderer of that name.
            RenderingError: The configuration forbids it, an option is unknown, or the renderer failed.
        """
        opened = self.renderer(renderer)
        return _render(opened, renderer, document, self._options(options))

    def save(
        self,
        document: ReportDocument,
        path: str | Path | None,
        renderer: str | None,
        options: Mapping[str, Any],
    ) -> Path:
        """Write a report to a file, and return where; see ``ReportDocument.save``."""
        opened = self.renderer(renderer or self._renderer_for(path))
        made = redacted_report(document, self._config)
        content = _render(opened, opened.name, made, self._options(options))
        return write_report(content, path, made.title, opened.suffix, self._config.workspace)

    def mime_bundle(self, value: object) -> dict[str, Any] | None:
        """Return what a notebook shows of a result, by media type; None where it shows the text alone."""
        if not self._config.surfaces.notebook.enabled:
            return None
        try:
            view = self._notebook_view()
        except MissingPluginError:
            return None
        return view.mime_bundle(value)

    def frame_of(self, value: object) -> Frame:
        """Return a result as rows with typed columns.

        Args:
            value: The result.

        Raises:
            MissingPluginError: No installed plugin provides the surface ``notebook``.
            RenderingError: It is nothing that becomes a frame (``notebook_table_conversion_unsupported``).
        """
        return self._notebook_view().frame_of(value)

    def renderer(self, name: str) -> ReportRenderer:
        """Return a renderer by its name.

        Raises:
            MissingPluginError: There is none of that name.
            RenderingError: It writes HTML, which the configuration forbids, or is no renderer.
        """
        opened = self._renderers.get(name)
        if opened is None:
            opened = self._host.open(
                RENDERER,
                name,
                RendererContext(self._config.surfaces),
                required_by="ReportDocument.render",
            )
            missing = [
                word for word in ("media_type", "name", "render", "suffix") if not hasattr(opened, word)
            ]
            if missing:
                raise RenderingError(
                    f"the renderer {name!r} has no {', '.join(missing)}; its plugin's author has to add that",
                    code="renderer_invalid",
                )
            self._renderers[name] = opened
        if opened.media_type == _HTML and not self._config.surfaces.html.enabled:
            raise RenderingError(
                f"the renderer {name!r} writes HTML, which surfaces.html.enabled = false forbids; "
                "set it to true, or use another format",
                code="html_disabled",
            )
        return opened

    def _notebook_view(self) -> NotebookView:
        if self._notebook is None:
            self._notebook = self._host.open(
                "surface", "notebook", self._config, required_by="surfaces.notebook"
            )
        return self._notebook

    def _options(self, given: Mapping[str, Any]) -> RenderOptions:
        surfaces = self._config.surfaces
        configured: dict[str, Any] = {
            "charts": surfaces.html.inline_charts,
            "csv_delimiter": surfaces.export.csv_delimiter,
        }
        try:
            return RenderOptions(**{**configured, **given})
        except TypeError as error:
            known = ", ".join(RenderOptions.__dataclass_fields__)
            raise RenderingError(
                f"{', '.join(given)} cannot be options of a renderer together; there are {known}",
                code="render_option_unknown",
            ) from error

    def _renderer_for(self, path: str | Path | None) -> str:
        """Return the name of the renderer that writes files of this kind."""
        suffix = "" if path is None else Path(path).suffix.lower()
        if not suffix:
            return "html"
        found = {}
        for name in self._host.names(RENDERER):
            try:
                found[self.renderer(name).suffix] = name
            except ContextaError:
                # One that cannot be used is not meant; what is wrong with it is said when it is asked for.
                continue
        if suffix not in found:
            raise RenderingError(
                f"no renderer writes files that end in {suffix!r}; there are those for {', '.join(sorted(found))}, "
                "or name one: save(path, renderer=...)",
                code="renderer_unknown_suffix",
            )
        return found[suffix]


def _render(
    renderer: ReportRenderer, name: str, document: ReportDocument, options: RenderOptions
) -> str | bytes:
    try:
        rendered: object = renderer.render(document, options=options)
    except ContextaError:
        raise
    except Exception as error:
        raise RenderingError(
            f"the renderer {name!r} failed at the report {document.title!r}: {type(error).__name__}: {error}",
            code="renderer_failed",
            cause=error,
        ) from error
    if not isinstance(rendered, str | bytes):
        raise RenderingError(
            f"the renderer {name!r} returned a {type(rendered).__name__}; a renderer returns text or bytes",
            code="renderer_invalid",
        )
    return rendered


@cache
def presenter_of_the_process() -> WorkspacePresenter:
    """Return the presenter of a program that has opened no workspace: configured by what is found around it."""
    from contexta.config.file_search import find_config_file
    from contexta.config.resolution import resolve
    from contexta.plugins import configured_host

    config = resolve(config_file=find_config_file()).config
    return WorkspacePresenter(config, configured_host(config))
