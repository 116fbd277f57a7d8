"""The surface ``notebook``: what shows results, and what ``contexta.notebook`` offers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from contexta.spi.presentation import current_presenter
from contexta_notebook.display import (
    NotebookSurface,
    display_metric_trend,
    display_run_comparison,
    display_run_snapshot,
    load_extension,
    render_html_fragment,
)
from contexta_notebook.documents import document_of
from contexta_notebook.fragment import NotebookFragment
from contexta_notebook.frames import Frame, frame_of, to_pandas, to_polars

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Notebook", "open_surface"]

_HELP = """\
The surface 'notebook' is used in Jupyter, VS Code and marimo:

    from contexta import Contexta
    ctx = Contexta()
    ctx.get_run_snapshot("my-run")      # shows itself
    %load_ext contexta                  # adds %contexta
"""


class Notebook:
    """Everything that a notebook needs; the names are those of ``contexta.notebook``."""

    NotebookFragment = NotebookFragment
    NotebookSurface = NotebookSurface
    Frame = Frame
    display_metric_trend = staticmethod(display_metric_trend)
    display_run_comparison = staticmethod(display_run_comparison)
    display_run_snapshot = staticmethod(display_run_snapshot)
    render_html_fragment = staticmethod(render_html_fragment)
    frame_of = staticmethod(frame_of)
    to_pandas = staticmethod(to_pandas)
    to_polars = staticmethod(to_polars)
    load_extension = staticmethod(load_extension)

    def mime_bundle(self, value: object) -> dict[str, Any] | None:
        """Return what a notebook shows of a result, by media type; None for one that it shows as text."""
        document = document_of(value)
        if document is None:
            return None
        presenter = getattr(value, "_presenter", None) or current_presenter()
        html = presenter.render(document, "html", {"fragment": True})
        return {
            "text/html": html if isinstance(html, str) else html.decode("utf-8"),
            "text/plain": presenter.render(document, "text", {"charts": False}),
        }

    def __call__(self, arguments: Sequence[str]) -> int:
        """Say how it is used: a notebook is no program.

        Args:
            arguments: What was typed after the program's name.

        Returns:
            0 for ``--help``, 2 for anything else.
        """
        asked = list(arguments) in (["--help"], ["-h"])
        (sys.stdout if asked else sys.stderr).write(_HELP)
        return 0 if asked else 2


def open_surface(context: object = None, options: object = None) -> Notebook:
    """Return the surface; the factory that the plugin names.

    Args:
        context: Not used; results are shown as the workspace that was opened last is configured.
        options: Not used; there are none.
    """
    del context, options
    return Notebook()
