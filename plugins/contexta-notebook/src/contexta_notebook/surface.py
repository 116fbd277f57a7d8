"""The surface ``notebook``: what results show, and the frames that they become."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from contexta.errors import RenderingError
from contexta.spi.notebooks import NotebookFragment
from contexta.spi.presentation import current_presenter
from contexta_notebook.documents import document_of
from contexta_notebook.frames import frame_of
from contexta_notebook.magic import load_extension
from contexta_notebook.summary_frames import summary_frame_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.frames import Frame
    from contexta.spi.reports import ReportDocument

__all__ = ["Notebook", "open_surface"]

_HELP = """\
The surface 'notebook' is used in Jupyter, VS Code and marimo:

    from contexta import Contexta
    ctx = Contexta()
    ctx.get_run_snapshot("my-run")      # shows itself
    %load_ext contexta                  # adds %contexta
"""


class Notebook:
    """What a notebook shows of results; see ``contexta.spi.notebooks.NotebookView``."""

    def mime_bundle(self, value: object) -> dict[str, Any] | None:
        """Return what a notebook shows of a result, by media type; None for one that it shows as text."""
        document = document_of(value)
        if document is None:
            return None
        fragment = _rendered(value, document)
        return {"text/html": fragment.html, "text/plain": fragment.text}

    def fragment_of(self, value: object) -> NotebookFragment:
        """Return what is shown of a result, as HTML and in words.

        Raises:
            RenderingError: It cannot be shown (``notebook_render_target_unsupported``).
        """
        document = document_of(value)
        if document is None:
            raise RenderingError(
                f"a {type(value).__name__} cannot be shown; pass a run, a list of runs, a snapshot, a comparison, "
                "a trend, a series or a report",
                code="notebook_render_target_unsupported",
            )
        return _rendered(value, document)

    def frame_of(self, value: object) -> Frame:
        """Return a result as rows with typed columns; raises as :func:`contexta_notebook.frames.frame_of`."""
        return frame_of(value)

    def summary_frame_of(self, value: object) -> Frame:
        """Return a result as the rows that it has had since 1.0.0; raises as :meth:`frame_of`."""
        return summary_frame_of(value)

    def load_extension(self, shell: object) -> None:
        """Give an IPython shell the magic ``%contexta``."""
        load_extension(shell)

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


def _rendered(value: object, document: ReportDocument) -> NotebookFragment:
    presenter = getattr(value, "_presenter", None) or current_presenter()
    html = presenter.render(document, "html", {"fragment": True})
    text = presenter.render(document, "text", {"charts": False})
    return NotebookFragment(_decoded(html), _decoded(text))


def _decoded(rendered: str | bytes) -> str:
    return rendered if isinstance(rendered, str) else rendered.decode("utf-8")


def open_surface(context: object = None, options: object = None) -> Notebook:
    """Return the surface; the factory that the plugin names.

    Args:
        context: Not used; results are shown as the workspace that was opened last is configured.
        options: Not used; there are none.
    """
    del context, options
    return Notebook()
