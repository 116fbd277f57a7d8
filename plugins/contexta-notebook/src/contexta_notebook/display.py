"""The functions of ``contexta.notebook``, and the magic ``%contexta``."""

from __future__ import annotations

import importlib
import shlex
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, RenderingError
from contexta.spi.comparison import MultiRunComparison, RunComparison
from contexta.spi.presentation import current_presenter
from contexta.spi.querying import RunSnapshot
from contexta.spi.trends import MetricTrend
from contexta_notebook.documents import document_of
from contexta_notebook.fragment import NotebookFragment
from contexta_notebook.frames import frame_of, to_pandas, to_polars

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.querying import RunListQuery

__all__ = [
    "NotebookSurface",
    "display_metric_trend",
    "display_run_comparison",
    "display_run_snapshot",
    "load_extension",
    "render_html_fragment",
]

_MAGIC_HELP = "%contexta runs | show ID | compare LEFT RIGHT | trend KEY | report ID"


def render_html_fragment(value: Any) -> str:
    """Return what a notebook shows of a result.

    Args:
        value: A run, a snapshot, a comparison, a trend, a series or a report.

    Raises:
        RenderingError: It is something else (``notebook_render_target_unsupported``).
    """
    return _fragment(value).html


def display_run_snapshot(value: Any, run_id: str | None = None, *, display: bool = False) -> NotebookFragment:
    """Return what a notebook shows of a run.

    Args:
        value: A snapshot, or the workspace that has the run.
        run_id: The run, where a workspace is given.
        display: Whether to show it at once.

    Raises:
        RenderingError: Neither of both, or no run was named.
    """
    if not isinstance(value, RunSnapshot):
        asked = _asking(value, "get_run_snapshot", "notebook_snapshot_input_unsupported")
        value = asked(_needed(run_id, "run_id", "notebook_snapshot_run_id_required"))
    return _shown(value, display=display)


def display_run_comparison(
    value: Any, left: str | None = None, right: str | None = None, *, display: bool = False
) -> NotebookFragment:
    """Return what a notebook shows of the difference between two runs.

    Args:
        value: A comparison of two or several runs, or the workspace that has the runs.
        left: The run on the left, where a workspace is given.
        right: The run on the right.
        display: Whether to show it at once.

    Raises:
        RenderingError: Neither of both, or a run was not named.
    """
    if not isinstance(value, RunComparison | MultiRunComparison):
        asked = _asking(value, "compare_runs", "notebook_comparison_input_unsupported")
        code = "notebook_comparison_run_ids_required"
        value = asked(_needed(left, "left", code), _needed(right, "right", code))
    return _shown(value, display=display)


def display_metric_trend(
    value: Any,
    metric_key: str | None = None,
    *,
    project_name: str | None = None,
    stage_name: str | None = None,
    query: RunListQuery | None = None,
    display: bool = False,
) -> NotebookFragment:
    """Return what a notebook shows of a metric over runs.

    Args:
        value: A trend, or the workspace that has the runs.
        metric_key: The metric, where a workspace is given.
        project_name: Only runs of this project.
        stage_name: Only values of this stage.
        query: Which runs to look at.
        display: Whether to show it at once.

    Raises:
        RenderingError: Neither of both, or no metric was named.
    """
    if not isinstance(value, MetricTrend):
        asked = _asking(value, "get_metric_trend", "notebook_trend_input_unsupported")
        key = _needed(metric_key, "metric_key", "notebook_trend_metric_key_required")
        value = asked(key, project_name=project_name, stage_name=stage_name, query=query)
    return _shown(value, display=display)


class NotebookSurface:
    """Shows the answers of one workspace.

    Args:
        contexta: The workspace.
    """

    def __init__(self, contexta: Any) -> None:
        self._contexta = contexta

    def show_run(self, run_id: str, *, display: bool = True) -> NotebookFragment:
        """Show a run."""
        return display_run_snapshot(self._contexta, run_id, display=display)

    def compare_runs(self, left: str, right: str, *, display: bool = True) -> NotebookFragment:
        """Show the difference between two runs."""
        return display_run_comparison(self._contexta, left, right, display=display)

    def show_metric_trend(self, metric_key: str, *, display: bool = True, **options: Any) -> NotebookFragment:
        """Show a metric over runs; options as of :func:`display_metric_trend`."""
        return display_metric_trend(self._contexta, metric_key, display=display, **options)

    def render(self, value: Any) -> str:
        """Return what a notebook shows of a result."""
        return render_html_fragment(value)

    def to_pandas(self, value: Any) -> Any:
        """Return a result as a pandas frame."""
        return to_pandas(value)

    def to_polars(self, value: Any) -> Any:
        """Return a result as a polars frame."""
        return to_polars(value)


def _fragment(value: Any) -> NotebookFragment:
    document = document_of(value)
    if document is None:
        raise RenderingError(
            f"a {type(value).__name__} cannot be shown; pass a run, a snapshot, a comparison, a trend or a report",
            code="notebook_render_target_unsupported",
        )
    presenter = getattr(value, "_presenter", None) or current_presenter()
    html, text = (presenter.render(document, *how) for how in (("html", {"fragment": True}), ("text", {})))
    return NotebookFragment(str(html), str(text))


def _shown(value: Any, *, display: bool) -> NotebookFragment:
    fragment = _fragment(value)
    if display:
        try:
            shell: Any = importlib.import_module("IPython.display")
        except ImportError:
            # Outside of a notebook there is nothing to show it in.
            return fragment
        shell.display(shell.HTML(fragment.html))
    return fragment


def _asking(value: Any, method: str, code: str) -> Any:
    asked = getattr(value, method, None)
    if not callable(asked):
        raise RenderingError(
            f"a {type(value).__name__} is neither a workspace nor a result of {method}", code=code
        )
    return asked


def _needed(given: str | None, name: str, code: str) -> str:
    if not given:
        raise RenderingError(f"a workspace alone says nothing of a run; give {name} too", code=code)
    return given


def load_extension(shell: Any) -> None:
    """Give an IPython shell the magic ``%contexta``; called by ``%load_ext contexta``."""
    shell.register_magic_function(_magic, magic_kind="line", magic_name="contexta")


def _magic(line: str) -> Any:
    """Ask the nearest workspace: runs | show ID | compare LEFT RIGHT | trend KEY | report ID."""
    from contexta import Contexta

    usage_error: Any = importlib.import_module("IPython.core.error").UsageError

    word, *words = shlex.split(line) or [""]
    questions: dict[str, tuple[int, Callable[[Any], Any]]] = {
        "runs": (0, lambda ctx: frame_of(ctx.list_runs()).to_pandas()),
        "show": (1, lambda ctx: ctx.get_run_snapshot(*words)),
        "compare": (2, lambda ctx: ctx.compare_runs(*words)),
        "trend": (1, lambda ctx: ctx.get_metric_trend(*words)),
        "report": (1, lambda ctx: ctx.build_snapshot_report(*words)),
    }
    if word not in questions or len(words) != questions[word][0]:
        raise usage_error(_MAGIC_HELP)
    try:
        return questions[word][1](Contexta())
    except ContextaError as error:
        raise usage_error(f"{error.message} [{error.code}]") from error
