"""Exporting into files and streams."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from contexta.contract.text import slug
from contexta.export.formats import FileFormat, file_format_for, writer_of
from contexta.export.sources import (
    NOTES,
    anomalies_table,
    comparison_table,
    metrics_table,
    runs_table,
    trend_table,
)
from contexta.export.table import without_column, without_secrets
from contexta.interpretation.report_files import redacted_report
from contexta.log.failures import write_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta import Contexta
    from contexta.export.table import ExportTable
    from contexta.spi.querying import RunListQuery
    from contexta.spi.reports import ReportDocument

    Destination = str | Path | IO[bytes] | None

__all__ = [
    "export_anomalies",
    "export_comparison",
    "export_html",
    "export_metrics",
    "export_runs",
    "export_trend",
    "write_table",
]


def export_runs(
    contexta: Contexta,
    destination: Destination = None,
    *,
    file_format: str | None = None,
    project_name: str | None = None,
    query: RunListQuery | None = None,
) -> Path | None:
    """Write runs with their tags, parameters and metadata, one row each.

    Args:
        contexta: The workspace.
        destination: A file, whose directories are made, or an open binary stream; None for a file in the workspace's
            directory of exports.
        file_format: ``csv``, ``json``, ``jsonl``, ``parquet`` or ``arrow``; that of the file's suffix when None, else
            CSV.
        project_name: Only runs of this project.
        query: Which runs, in which order; ``project_name`` is then ignored.

    Returns:
        The file; None for a stream.

    Raises:
        ValidationError: There is no such format.
        DependencyError: What the format needs is not installed.
        StoreAccessError: The file cannot be written (``export_failed``).
    """
    return write_table(contexta, runs_table(contexta, project_name, query), destination, file_format)


def export_metrics(
    contexta: Contexta,
    destination: Destination = None,
    *,
    file_format: str | None = None,
    run_ids: Sequence[str] | None = None,
    metric_keys: Sequence[str] = (),
    project_name: str | None = None,
    query: RunListQuery | None = None,
) -> Path | None:
    """Write observations of metrics, one row each, in the order in which each writer appended them.

    Args:
        contexta: The workspace.
        destination: As of :func:`export_runs`, like ``file_format``, the result and the errors.
        file_format: See there.
        run_ids: Only of these runs.
        metric_keys: Only of these metrics; of all when empty.
        project_name: Only of runs of this project.
        query: Only of the runs that match.

    Raises:
        RunNotFoundError: There is no such run.
    """
    table = metrics_table(contexta, run_ids, metric_keys, project_name, query)
    return write_table(contexta, table, destination, file_format)


def export_comparison(
    contexta: Contexta,
    left_run_id: str,
    right_run_id: str,
    destination: Destination = None,
    *,
    file_format: str | None = None,
) -> Path | None:
    """Write the metrics of a comparison, one row for each stage and key.

    Args:
        contexta: The workspace.
        left_run_id: The run on the left.
        right_run_id: The run on the right.
        destination: As of :func:`export_runs`, like ``file_format``, the result and the errors.
        file_format: See there.

    Raises:
        RunNotFoundError: There is no such run.
    """
    table = comparison_table(contexta.compare_runs(left_run_id, right_run_id))
    return write_table(contexta, table, destination, file_format)


def export_trend(
    contexta: Contexta,
    metric_key: str,
    destination: Destination = None,
    *,
    file_format: str | None = None,
    project_name: str | None = None,
    stage_name: str | None = None,
    query: RunListQuery | None = None,
) -> Path | None:
    """Write a metric over runs, one row for each run, the oldest first.

    Args:
        contexta: The workspace.
        metric_key: The metric.
        destination: As of :func:`export_runs`, like ``file_format``, the result and the errors.
        file_format: See there.
        project_name: Only runs of this project.
        stage_name: Only values of this stage.
        query: Which runs to look at.
    """
    table = trend_table(contexta, metric_key, project_name, stage_name, query)
    return write_table(contexta, table, destination, file_format)


def export_anomalies(
    contexta: Contexta,
    run_id: str,
    destination: Destination = None,
    *,
    file_format: str | None = None,
    baseline_query: RunListQuery | None = None,
    metric_keys: Sequence[str] | None = None,
    stage_name: str | None = None,
) -> Path | None:
    """Write the metrics of a run that are off, one row each, the gravest first.

    Args:
        contexta: The workspace.
        run_id: The run.
        destination: As of :func:`export_runs`, like ``file_format``, the result and the errors.
        file_format: See there.
        baseline_query: The runs that say what is usual; the earlier ones of the run's project when None.
        metric_keys: Only these metrics; those that are monitored when None.
        stage_name: Only values of this stage.

    Raises:
        RunNotFoundError: There is no such run.
    """
    table = anomalies_table(contexta, run_id, baseline_query, metric_keys, stage_name)
    return write_table(contexta, table, destination, file_format)


def export_html(contexta: Contexta, document: ReportDocument, destination: Destination = None) -> Path | None:
    """Write a report as one page of HTML.

    ``surfaces.export`` says whether it holds charts and completeness notes.

    Args:
        contexta: The workspace.
        document: The report.
        destination: As of :func:`export_runs`, like the result.

    Raises:
        RenderingError: The configuration forbids HTML, or the renderer failed.
        StoreAccessError: The file cannot be written (``export_failed``).
    """
    config = contexta.config
    export = config.surfaces.export
    options = {
        # A document that may hold no chart at all holds none as an export either.
        "charts": export.html_inline_charts and config.surfaces.html.inline_charts,
        "completeness_notes": export.include_completeness_notes,
    }
    page = contexta.presenter.render(redacted_report(document, config), "html", options)
    content = page.encode("utf-8", "backslashreplace") if isinstance(page, str) else page
    with _writing(contexta, destination, f"{slug(document.title)}.html") as (stream, path):
        stream.write(content)
    return path


def write_table(
    contexta: Contexta, table: ExportTable, destination: Destination, file_format: str | None
) -> Path | None:
    """Write a table as the configuration of a workspace says; arguments, result and errors as of :func:`export_runs`."""
    config = contexta.config
    export = config.surfaces.export
    chosen = FileFormat(file_format_for(file_format, destination), export.csv_delimiter)
    write = writer_of(chosen)
    if NOTES in table.columns and not export.include_completeness_notes:
        table = without_column(table, NOTES)
    with _writing(contexta, destination, f"{table.name}{chosen.suffix}") as (stream, path):
        write(stream, without_secrets(table, config), chosen)
    return path


@contextmanager
def _writing(
    contexta: Contexta, destination: Destination, name: str
) -> Iterator[tuple[IO[bytes], Path | None]]:
    """Give a binary stream, and the file behind it; the file takes its place once all is written."""
    if destination is not None and not isinstance(destination, str | Path):
        yield destination, None
        return
    folder = contexta.config.workspace.exports_path
    assert folder is not None  # noqa: S101 - the configuration derives it
    path = folder / name if destination is None else Path(destination)
    partial = path.with_name(f".{path.name}.{os.urandom(4).hex()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as stream:
            yield stream, path
        partial.replace(path)
    except OSError as error:
        raise write_failure(error, path, "write the export", code="export_failed") from error
    finally:
        with suppress(OSError):
            partial.unlink()
