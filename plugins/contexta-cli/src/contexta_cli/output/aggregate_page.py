"""What ``contexta aggregate`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.output.quantities import number, value_text
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.interpretation import GroupedRuns, MetricAggregate
    from contexta_cli.output.printer import Printer

__all__ = ["show_aggregate", "show_groups"]

_MISSING = "missing_metric_for_aggregate:"


def show_aggregate(printer: Printer, found: MetricAggregate) -> None:
    """Write one metric over runs.

    Args:
        printer: Where to.
        found: The aggregate.
    """
    missing = sum(
        len(note.details.get("run_ids", ("one",)) if note.details else ())
        for note in found.completeness_notes
        if note.summary.startswith(_MISSING)
    )
    if not found.count:
        printer.line(f"No run has the metric {found.metric_key}.")
        return
    printer.line(found.metric_key, "title")
    numbers = (
        ("Mean", found.mean),
        ("Std", found.std),
        ("Min", found.min),
        ("P25", found.p25),
        ("Median", found.p50),
        ("P75", found.p75),
        ("P90", found.p90),
        ("P95", found.p95),
        ("P99", found.p99),
        ("Max", found.max),
        ("MAD", found.median_absolute_deviation),
    )
    fields = [("Runs", Cell(str(found.count))), *((name, Cell(number(value))) for name, value in numbers)]
    if found.unit is not None:
        fields.append(("Unit", Cell(found.unit)))
    printer.fields(fields)
    if missing:
        printer.line(f"{missing} of the runs {'has' if missing == 1 else 'have'} no such value.", "warning")
    for note in found.completeness_notes:
        if note.summary.startswith("mixed_units"):
            printer.line("The values are of several units; the numbers mix them.", "warning")


def show_groups(printer: Printer, found: GroupedRuns) -> None:
    """Write metrics over groups of runs.

    Args:
        printer: Where to.
        found: The groups.
    """
    if not found.groups:
        printer.line("No runs match.")
        return
    columns = [
        *(Column(name.upper(), shrinks=True) for name in found.group_by),
        Column("RUNS", right=True),
        *(Column(title, right=True) for title in ("COUNT", "MEAN", "STD", "MIN", "MAX")),
    ]
    rows = [
        [
            *(Cell(value_text(group.key[name]), style="title") for name in found.group_by),
            Cell(str(len(group.run_ids))),
            Cell(str(metric.count)),
            *(Cell(number(value)) for value in (metric.mean, metric.std, metric.min, metric.max)),
        ]
        for group in found.groups
        for metric in group.metrics
    ]
    printer.table(Table(columns, rows))
    if any(note.summary.startswith("mixed_units") for note in found.completeness_notes):
        printer.line("The values are of several units; the numbers mix them.", "warning")
