"""The page about several runs that ``contexta compare-multi`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.output.quantities import number, short_run_id
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.interpretation import MultiRunComparison
    from contexta_cli.output.printer import Printer

__all__ = ["show_table"]


def show_table(printer: Printer, comparison: MultiRunComparison, *, several_projects: bool) -> None:
    """Write the page.

    Args:
        printer: Where to.
        comparison: The comparison.
        several_projects: Whether the workspace has several projects, so that a run is named with its own.
    """
    names = [short_run_id(run_id, with_project=several_projects) for run_id in comparison.run_ids]
    printer.line(comparison.summary, "title")
    if comparison.metric_table:
        printer.heading("Metrics")
        printer.table(_metrics(comparison, names), indent=2)
    if comparison.artifact_kind_counts:
        printer.heading("Artifacts")
        columns = [Column("KIND", shrinks=True), *(Column(name, right=True) for name in names)]
        rows = [
            [Cell(row.artifact_kind, style="title"), *(Cell(str(count)) for count in row.counts)]
            for row in comparison.artifact_kind_counts
        ]
        printer.table(Table(columns, rows), indent=2)
    printer.hints("Next:", [f"contexta compare {names[0]} {names[1]}"])


def _metrics(comparison: MultiRunComparison, names: list[str]) -> Table:
    columns = [
        Column("METRIC", shrinks=True),
        Column("STAGE", priority=1, shrinks=True),
        *(Column(name, right=True) for name in names),
        Column("BEST", shrinks=True),
    ]
    shown = dict(zip(comparison.run_ids, names, strict=True))
    rows = []
    for row in comparison.metric_table:
        values = [
            Cell(number(value), style="good" if run_id == row.best_run_id else "")
            for run_id, value in zip(comparison.run_ids, row.values, strict=True)
        ]
        best = shown.get(row.best_run_id or "", "-")
        rows.append(
            [
                Cell(row.metric_key, style="title"),
                Cell(row.stage_name or ""),
                *values,
                Cell(best, style="accent"),
            ]
        )
    return Table(columns, rows)
