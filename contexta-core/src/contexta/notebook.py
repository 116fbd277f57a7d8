"""Results in notebooks, by the surface ``notebook``, whichever plugin provides it.

What a workspace answers shows itself in Jupyter, VS Code and marimo; these functions are for those who want to say
what is shown.  All of them raise ``MissingPluginError`` where no installed plugin provides the surface.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any

from contexta.errors import RenderingError
from contexta.spi.frames import Frame, missing_package
from contexta.spi.notebooks import NotebookFragment

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from contexta import Contexta
    from contexta.spi.comparison import MultiRunComparison, RunComparison
    from contexta.spi.notebooks import NotebookView
    from contexta.spi.querying import RunListQuery, RunSnapshot
    from contexta.spi.trends import MetricTrend

#: The documented names, in the order of 1.0.0.
__all__ = [
    "NotebookFragment",
    "NotebookSurface",
    "display_metric_trend",
    "display_run_comparison",
    "display_run_snapshot",
    "render_html_fragment",
    "to_pandas",
    "to_polars",
]


@cache
def _surface() -> NotebookView:
    from contexta.plugins import default_host

    view: NotebookView = default_host().open("surface", "notebook", None, required_by="contexta.notebook")
    return view


def render_html_fragment(value: object) -> str:
    """Return the HTML that a notebook shows of a result.

    Args:
        value: A run, a list of runs, a snapshot, a comparison, a trend, a series or a report.

    Raises:
        RenderingError: It is something else (``notebook_render_target_unsupported``).
    """
    return _surface().fragment_of(value).html


def display_run_snapshot(
    value: Contexta | RunSnapshot, run_id: str | None = None, *, display: bool = False
) -> NotebookFragment:
    """Return what a notebook shows of a run.

    Args:
        value: A snapshot, or the workspace that has the run.
        run_id: The run, where a workspace is given.
        display: Whether to show it at once.

    Raises:
        RenderingError: Neither of both (``notebook_snapshot_input_unsupported``), or no run was named
            (``notebook_snapshot_run_id_required``).
    """
    from contexta.spi.querying import RunSnapshot

    shown: object = value
    if not isinstance(value, RunSnapshot):
        asked = _asking(value, "get_run_snapshot", "notebook_snapshot_input_unsupported")
        shown = asked(_needed(run_id, "run_id", "notebook_snapshot_run_id_required"))
    return _shown(shown, display=display)


def display_run_comparison(
    value: Contexta | RunComparison | MultiRunComparison,
    left: str | None = None,
    right: str | None = None,
    *,
    display: bool = False,
) -> NotebookFragment:
    """Return what a notebook shows of the difference between runs.

    Args:
        value: A comparison of two or several runs, or the workspace that has the runs.
        left: The run on the left, where a workspace is given.
        right: The run on the right.
        display: Whether to show it at once.

    Raises:
        RenderingError: Neither of both (``notebook_comparison_input_unsupported``), or a run was not named
            (``notebook_comparison_run_ids_required``).
    """
    from contexta.spi.comparison import MultiRunComparison, RunComparison

    shown: object = value
    if not isinstance(value, RunComparison | MultiRunComparison):
        asked = _asking(value, "compare_runs", "notebook_comparison_input_unsupported")
        code = "notebook_comparison_run_ids_required"
        shown = asked(_needed(left, "left", code), _needed(right, "right", code))
    return _shown(shown, display=display)


def display_metric_trend(
    value: Contexta | MetricTrend,
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
        RenderingError: Neither of both (``notebook_trend_input_unsupported``), or no metric was named
            (``notebook_trend_metric_key_required``).
    """
    from contexta.spi.trends import MetricTrend

    shown: object = value
    if not isinstance(value, MetricTrend):
        asked = _asking(value, "get_metric_trend", "notebook_trend_input_unsupported")
        key = _needed(metric_key, "metric_key", "notebook_trend_metric_key_required")
        shown = asked(key, project_name=project_name, stage_name=stage_name, query=query)
    return _shown(shown, display=display)


def frame_of(value: object) -> Frame:
    """Return a result as rows with typed columns; what its own ``to_pandas()`` and its like convert.

    Args:
        value: A run, a list of runs, a snapshot, a comparison, a trend, a series or a report.

    Raises:
        RenderingError: It is something else (``notebook_table_conversion_unsupported``).
    """
    return _surface().frame_of(value)


def to_pandas(value: object) -> pd.DataFrame:
    """Return a result as a frame of pandas, with the columns of 1.0.0.

    A snapshot is one row with counts, and a comparison of two runs one row for each stage; ``value.to_pandas()`` has
    their metrics.

    Args:
        value: As of :func:`frame_of`.

    Raises:
        DependencyError: pandas is not installed (``notebook_pandas_not_ready``).
        RenderingError: The value is something else (``notebook_table_conversion_unsupported``).
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing_package("pandas", "notebook_pandas_not_ready", error) from error
    frame = _surface().summary_frame_of(value)
    return pd.DataFrame.from_records([dict(row) for row in frame.rows], columns=list(frame.columns))


def to_polars(value: object) -> pl.DataFrame:
    """Return a result as a frame of polars, with the columns of 1.0.0; see :func:`to_pandas`.

    Args:
        value: As of :func:`frame_of`.

    Raises:
        DependencyError: polars is not installed (``notebook_polars_not_ready``).
        RenderingError: The value is something else (``notebook_table_conversion_unsupported``).
    """
    try:
        import polars as pl
    except ImportError as error:
        raise missing_package("polars", "notebook_polars_not_ready", error) from error
    frame = _surface().summary_frame_of(value)
    return pl.DataFrame([dict(row) for row in frame.rows], schema=list(frame.columns), orient="row")


class NotebookSurface:
    """Shows the answers of one workspace.

    Args:
        contexta: The workspace.
    """

    def __init__(self, contexta: Contexta) -> None:
        self._contexta = contexta

    def show_run(self, run_id: str, *, display: bool = True) -> NotebookFragment:
        """Show a run; see :func:`display_run_snapshot`."""
        return display_run_snapshot(self._contexta, run_id, display=display)

    def compare_runs(self, left: str, right: str, *, display: bool = True) -> NotebookFragment:
        """Show the difference between two runs; see :func:`display_run_comparison`."""
        return display_run_comparison(self._contexta, left, right, display=display)

    def show_metric_trend(
        self,
        metric_key: str,
        *,
        project_name: str | None = None,
        stage_name: str | None = None,
        query: RunListQuery | None = None,
        display: bool = True,
    ) -> NotebookFragment:
        """Show a metric over runs; see :func:`display_metric_trend`."""
        return display_metric_trend(
            self._contexta,
            metric_key,
            project_name=project_name,
            stage_name=stage_name,
            query=query,
            display=display,
        )

    def render(self, value: object) -> str:
        """Return the HTML of a result; see :func:`render_html_fragment`."""
        return render_html_fragment(value)

    def to_pandas(self, value: object) -> pd.DataFrame:
        """Return a result as a frame of pandas; see :func:`to_pandas`."""
        return to_pandas(value)

    def to_polars(self, value: object) -> pl.DataFrame:
        """Return a result as a frame of polars; see :func:`to_polars`."""
        return to_polars(value)


def load_ipython_extension(shell: object) -> None:
    """Add the magic ``%contexta`` to an IPython shell; called by ``%load_ext contexta``.

    Args:
        shell: The shell.
    """
    _surface().load_extension(shell)


def _shown(value: object, *, display: bool) -> NotebookFragment:
    fragment = _surface().fragment_of(value)
    if display:
        try:
            shell: Any = importlib.import_module("IPython.display")
        except ImportError:
            # Outside of a notebook there is nothing to show it in.
            return fragment
        shell.display(shell.HTML(fragment.html))
    return fragment


def _asking(value: object, method: str, code: str) -> Any:
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
