"""Rows as CSV (RFC 4180), safe for spreadsheets; and the functions that return such text."""

from __future__ import annotations

import csv
from io import BytesIO, TextIOWrapper
from typing import IO, TYPE_CHECKING, Any

from contexta.contract.spreadsheets import field_text
from contexta.export.columns import changed_text, is_plain, of_types
from contexta.export.formats import FileFormat
from contexta.export.sources import NOTES, anomalies_table, comparison_table, runs_table, trend_table
from contexta.export.table import ExportTable, without_column, without_secrets
from contexta.spi.workspace_tables import json_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.export.columns import Column
    from contexta.spi.querying import RunListQuery

__all__ = [
    "export_anomaly_csv",
    "export_comparison_csv",
    "export_run_list_csv",
    "export_trend_csv",
    "write_csv",
]

#: What a field of printable ASCII begins with that has to be looked at.
_SUSPICIOUS = frozenset(" =+-@")

#: The columns of a list of runs that have always been there.
_RUN_LIST = ("run_id", "name", "project_name", "status", "started_at", "ended_at")


def write_csv(stream: IO[bytes], table: ExportTable, file_format: FileFormat) -> None:
    """Write a header and the rows in UTF-8, with the line ends of RFC 4180; None is an empty field.

    Args:
        stream: Where to write.
        table: What to write.
        file_format: The delimiter.
    """
    text = TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=False)
    try:
        writer = csv.writer(text, delimiter=file_format.csv_delimiter, lineterminator="\r\n")
        writer.writerow(table.columns)
        for columns in table.batches():
            writer.writerows(zip(*map(_fields, columns), strict=True))
        text.flush()
    finally:
        # The stream is the caller's, and stays open.
        text.detach()


def _fields(column: Column) -> Column:
    """Return the fields of a column; numbers and None as they are, which the writer spells as :func:`_field` does."""
    if of_types(column, float, int):
        return column
    if not of_types(column, str):
        return [_field(cell) for cell in column]
    distinct = set(column) - {None}
    # A cell that begins with one of these may be a formula; the others are written as they are.
    if is_plain(distinct) and _SUSPICIOUS.isdisjoint(text[:1] for text in distinct):
        return column
    return changed_text(column, field_text)


def _field(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return field_text(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(cell)
    return field_text(json_column(cell) or "")


def _text(contexta: Contexta, table: ExportTable) -> str:
    config = contexta.config
    stream = BytesIO()
    export = config.surfaces.export
    if NOTES in table.columns and not export.include_completeness_notes:
        table = without_column(table, NOTES)
    write_csv(stream, without_secrets(table, config), FileFormat("csv", export.csv_delimiter))
    return stream.getvalue().decode("utf-8")


def export_run_list_csv(
    contexta: Contexta, *, project_name: str | None = None, query: RunListQuery | None = None
) -> str:
    """Return a list of runs as CSV: identifier, name, project, status, start and end.

    Args:
        contexta: The workspace.
        project_name: Only runs of this project.
        query: Which runs, in which order; ``project_name`` is then ignored.
    """
    table = runs_table(contexta, project_name, query)
    for column in [name for name in table.columns if name not in _RUN_LIST]:
        table = without_column(table, column)
    return _text(contexta, table)


def export_comparison_csv(contexta: Contexta, left_run_id: str, right_run_id: str) -> str:
    """Return the metrics of a comparison as CSV.

    Args:
        contexta: The workspace.
        left_run_id: The run on the left.
        right_run_id: The run on the right.

    Raises:
        RunNotFoundError: There is no such run.
    """
    return _text(contexta, comparison_table(contexta.compare_runs(left_run_id, right_run_id)))


def export_trend_csv(
    contexta: Contexta,
    metric_key: str,
    *,
    project_name: str | None = None,
    stage_name: str | None = None,
    query: RunListQuery | None = None,
) -> str:
    """Return a metric over runs as CSV, the oldest first.

    Args:
        contexta: The workspace.
        metric_key: The metric.
        project_name: Only runs of this project.
        stage_name: Only values of this stage.
        query: Which runs to look at.
    """
    return _text(contexta, trend_table(contexta, metric_key, project_name, stage_name, query))


def export_anomaly_csv(
    contexta: Contexta,
    run_id: str,
    *,
    baseline_query: RunListQuery | None = None,
    metric_keys: Sequence[str] | None = None,
    stage_name: str | None = None,
) -> str:
    """Return the metrics of a run that are off as CSV, the gravest first.

    Args:
        contexta: The workspace.
        run_id: The run.
        baseline_query: The runs that say what is usual; the earlier ones of the run's project when None.
        metric_keys: Only these metrics; those that are monitored when None.
        stage_name: Only values of this stage.

    Raises:
        RunNotFoundError: There is no such run.
    """
    return _text(contexta, anomalies_table(contexta, run_id, baseline_query, metric_keys, stage_name))
