"""Results in notebooks: the names of the surface ``notebook``, whichever plugin provides it.

What a workspace answers shows itself in Jupyter, VS Code and marimo; these functions are for those who want to say
what is shown.
"""

from __future__ import annotations

from functools import cache
from typing import Any

#: The documented names, in the order of 1.0.0.
_NAMES = (
    "NotebookFragment",
    "NotebookSurface",
    "display_metric_trend",
    "display_run_comparison",
    "display_run_snapshot",
    "render_html_fragment",
    "to_pandas",
    "to_polars",
)
__all__ = list(_NAMES)

#: Names of the surface that are not from 1.0.0.
_MORE = ("Frame", "frame_of")


@cache
def _surface() -> Any:
    from contexta.plugins import default_host

    return default_host().open("surface", "notebook", None, required_by="contexta.notebook")


def __getattr__(name: str) -> Any:
    if name not in __all__ and name not in _MORE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(_surface(), name)


def __dir__() -> list[str]:
    return [*__all__, *_MORE]


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%contexta`` to an IPython shell; called by ``%load_ext contexta``.

    Args:
        shell: The shell.

    Raises:
        MissingPluginError: No installed plugin provides the surface ``notebook``.
    """
    _surface().load_extension(shell)
