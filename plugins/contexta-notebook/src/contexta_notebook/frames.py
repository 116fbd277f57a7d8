"""Results as frames: of pandas, polars and Arrow, and of whatever takes an Arrow stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import DependencyError, RenderingError
from contexta.spi.comparison import MultiRunComparison, RunComparison
from contexta.spi.querying import RunSnapshot
from contexta.spi.reports import ReportDocument
from contexta.spi.trends import MetricTrend, StepSeries
from contexta.spi.views import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Frame", "frame_of", "to_pandas", "to_polars"]

_RUN_COLUMNS = ("run_id", "name", "project_name", "status", "started_at", "ended_at")


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows with named columns; an Arrow stream as well (``__arrow_c_stream__``), which polars and others take as it is.

    Args:
        columns: Names of the columns.
        rows: The rows, as mappings from column to value.
    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]

    def to_pandas(self) -> Any:
        """Return a pandas frame.

        Raises:
            DependencyError: pandas is not installed (``notebook_pandas_not_ready``).
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise _missing("pandas", "notebook_pandas_not_ready", error) from error
        return pd.DataFrame.from_records(list(self.rows), columns=list(self.columns))

    def to_polars(self) -> Any:
        """Return a polars frame.

        Raises:
            DependencyError: polars is not installed (``notebook_polars_not_ready``).
        """
        try:
            import polars as pl
        except ImportError as error:
            raise _missing("polars", "notebook_polars_not_ready", error) from error
        return pl.DataFrame(list(self.rows), schema=list(self.columns), orient="row")

    def to_arrow(self) -> Any:
        """Return a table of pyarrow.

        Raises:
            DependencyError: pyarrow is not installed (``notebook_arrow_not_ready``).
        """
        try:
            import pyarrow as pa
        except ImportError as error:
            raise _missing("pyarrow", "notebook_arrow_not_ready", error) from error
        return pa.table({name: [row[name] for row in self.rows] for name in self.columns})

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the rows as an Arrow stream, as the PyCapsule interface of Arrow has it."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self.rows)


def frame_of(value: Any) -> Frame:
    """Return a result as a frame.

    Args:
        value: A snapshot, a comparison, a trend, a series, a report, a run, or a sequence of runs.

    Raises:
        RenderingError: It is something else (``notebook_table_conversion_unsupported``).
    """
    if isinstance(value, list | tuple) and all(isinstance(each, RunRecord) for each in value):
        return _frame(_RUN_COLUMNS, [[getattr(run, name) for name in _RUN_COLUMNS] for run in value])
    for kind, make in _KINDS.items():
        if isinstance(value, kind):
            return make(value)
    raise RenderingError(
        f"a {type(value).__name__} cannot become a frame; pass a snapshot, a comparison, a trend, a series, a report, "
        "or runs",
        code="notebook_table_conversion_unsupported",
    )


def to_pandas(value: Any) -> Any:
    """Return a result as a pandas frame; raises as :func:`frame_of` and :meth:`Frame.to_pandas`."""
    return frame_of(value).to_pandas()


def to_polars(value: Any) -> Any:
    """Return a result as a polars frame; raises as :func:`frame_of` and :meth:`Frame.to_polars`."""
    return frame_of(value).to_polars()


def _frame(columns: tuple[str, ...], rows: list[list[Any]]) -> Frame:
    return Frame(columns, tuple(dict(zip(columns, row, strict=True)) for row in rows))


def _snapshot(value: RunSnapshot) -> Frame:
    columns = (
        "run_id",
        "run_name",
        "project_name",
        "status",
        "stage_count",
        "artifact_count",
        "record_count",
    )
    run = value.run
    counts = [len(value.stages), len(value.artifacts), len(value.records)]
    return _frame(columns, [[run.run_id, run.name, run.project_name, run.status, *counts]])


def _comparison(value: RunComparison) -> Frame:
    columns = ("stage_name", "left_status", "right_status", "metric_delta_count")
    return _frame(
        columns,
        [
            [row.stage_name, row.left_status, row.right_status, len(row.metric_deltas)]
            for row in value.stage_comparisons
        ],
    )


def _multiple(value: MultiRunComparison) -> Frame:
    values = tuple(f"value_{place}" for place in range(len(value.run_ids)))
    return _frame(
        ("metric_key", "stage_name", "best_run_id", *values),
        [[row.metric_key, row.stage_name, row.best_run_id, *row.values] for row in value.metric_table],  # noqa: PD011 - a field of ours
    )


def _trend(value: MetricTrend) -> Frame:
    columns = ("run_id", "run_name", "stage_name", "value", "captured_at")
    return _frame(columns, [[getattr(point, name) for name in columns] for point in value.points])


def _series(value: StepSeries) -> Frame:
    columns = ("step", "value", "observed_at")
    return _frame(columns, [[getattr(point, name) for name in columns] for point in value.points])


def _report(value: ReportDocument) -> Frame:
    rows = [[section.title, section.body, len(section.evidence_links)] for section in value.sections]
    return _frame(("section_title", "body", "evidence_link_count"), rows)


_KINDS: dict[type, Callable[[Any], Frame]] = {
    RunRecord: lambda run: frame_of((run,)),
    RunSnapshot: _snapshot,
    RunComparison: _comparison,
    MultiRunComparison: _multiple,
    MetricTrend: _trend,
    StepSeries: _series,
    ReportDocument: _report,
}


def _missing(name: str, code: str, error: ImportError) -> DependencyError:
    return DependencyError(
        f"{name} is needed for this, and is not installed; run: pip install {name}",
        code=code,
        details={"package": name},
        cause=error,
    )
