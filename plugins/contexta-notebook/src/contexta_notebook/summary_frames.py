"""The rows that results have had since 1.0.0 in ``to_pandas(value)`` and ``to_polars(value)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.comparison import MultiRunComparison, RunComparison
from contexta.spi.frames import Frame, frame_of_rows
from contexta.spi.querying import RunSnapshot
from contexta_notebook.frames import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["summary_frame_of"]


def summary_frame_of(value: Any) -> Frame:
    """Return a snapshot as one row with counts, a comparison by stage, several runs by number, all else as ever.

    Args:
        value: As of :func:`contexta_notebook.frames.frame_of`.

    Raises:
        RenderingError: It is something else (``notebook_table_conversion_unsupported``).
    """
    for kind, make in _KINDS.items():
        if isinstance(value, kind):
            return make(value)
    return frame_of(value)


def _snapshot(value: RunSnapshot) -> Frame:
    types = dict.fromkeys(("run_id", "run_name", "project_name", "status"), "text")
    types |= dict.fromkeys(("stage_count", "artifact_count", "record_count"), "integer")
    run = value.run
    counts = [len(value.stages), len(value.artifacts), len(value.records)]
    return frame_of_rows(types, [[run.run_id, run.name, run.project_name, run.status, *counts]])


def _comparison(value: RunComparison) -> Frame:
    types = dict.fromkeys(("stage_name", "left_status", "right_status"), "text")
    types["metric_delta_count"] = "integer"
    return frame_of_rows(
        types,
        (
            (row.stage_name, row.left_status, row.right_status, len(row.metric_deltas))
            for row in value.stage_comparisons
        ),
    )


def _multiple(value: MultiRunComparison) -> Frame:
    types = dict.fromkeys(("metric_key", "stage_name", "best_run_id"), "text")
    types |= {f"value_{place}": "number" for place in range(len(value.run_ids))}
    return frame_of_rows(
        types,
        ((row.metric_key, row.stage_name, row.best_run_id, *row.values) for row in value.metric_table),
    )


_KINDS: dict[type, Callable[[Any], Frame]] = {
    RunSnapshot: _snapshot,
    RunComparison: _comparison,
    MultiRunComparison: _multiple,
}
