"""The page about two runs that ``contexta compare`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.output.notes import comparison_notes
from contexta_cli.output.quantities import number, short_run_id, signed, value_text
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.interpretation import ArtifactChange, MetricDelta, RunComparison, ValueChange
    from contexta_cli.output.printer import Printer

__all__ = ["show_comparison"]

_INDENT = 2
#: Environment changes that are listed; hundreds of packages may differ between two machines.
_MOST_CHANGES = 40


def show_comparison(printer: Printer, comparison: RunComparison, *, several_projects: bool) -> None:
    """Write the page.

    Args:
        printer: Where to.
        comparison: The comparison.
        several_projects: Whether the workspace has several projects, so that a run is named with its own.
    """
    left, right = (
        short_run_id(run_id, with_project=several_projects)
        for run_id in (comparison.left_run_id, comparison.right_run_id)
    )
    printer.line(f"{left} -> {right}", "title")
    printer.line(comparison.summary)
    for title, table in (
        ("Metrics", _metrics(comparison)),
        ("Stages", _stages(comparison)),
        ("Parameters", _values(comparison.parameter_changes, "PARAMETER")),
        ("Artifacts", _artifacts(comparison.artifact_changes)),
        ("Configuration", _values(comparison.configuration_changes, "SETTING")),
        ("Sources", _values(comparison.source_changes, "WHAT")),
        ("Environment", _values(comparison.environment_changes[:_MOST_CHANGES], "WHAT")),
    ):
        if table.rows:
            printer.heading(title)
            printer.table(table, indent=_INDENT)
    hidden = len(comparison.environment_changes) - _MOST_CHANGES
    if hidden > 0:
        printer.line(f"  and {hidden} more; --format json has them all")
    notes = comparison_notes(note.summary for note in comparison.completeness_notes)
    if notes:
        printer.heading("Notes")
        for note in notes:
            printer.line(f"  {note}", "warning")
    printer.hints("Next:", [f"contexta run show {each}" for each in dict.fromkeys((left, right))])


def _metrics(comparison: RunComparison) -> Table:
    columns = [
        Column("METRIC", shrinks=True),
        Column("STAGE", priority=1, shrinks=True),
        Column("LEFT", right=True),
        Column("RIGHT", right=True),
        Column("CHANGE", right=True),
        Column("RATIO", right=True, priority=2),
        Column("VERDICT", priority=3),
    ]
    deltas = [delta for stage in comparison.stage_comparisons for delta in stage.metric_deltas]
    return Table(columns, [_metric(delta) for delta in deltas])


def _metric(delta: MetricDelta) -> list[Cell]:
    ratio = "" if delta.change_ratio is None else f"{delta.change_ratio:.3g}x"
    return [
        Cell(delta.metric_key, style="title"),
        Cell(delta.stage_name or ""),
        Cell(number(delta.left_value)),
        Cell(number(delta.right_value)),
        Cell(signed(delta.delta), style="active"),
        Cell(ratio, style="faint"),
        _verdict(delta),
    ]


def _verdict(delta: MetricDelta) -> Cell:
    """Return whether the right is better, where that is known; an empty column is left out."""
    if delta.improved is None:
        return Cell("")
    return Cell("better", style="good") if delta.improved else Cell("worse", style="bad")


def _stages(comparison: RunComparison) -> Table:
    """Return the stages that one run lacks, or that ended otherwise."""
    columns = [Column("STAGE", shrinks=True), Column("LEFT"), Column("RIGHT")]
    rows = [
        [Cell(each.stage_name), Cell(each.left_status or "missing"), Cell(each.right_status or "missing")]
        for each in comparison.stage_comparisons
        if each.stage_name is not None and each.left_status != each.right_status
    ]
    return Table(columns, rows)


def _values(changes: Sequence[ValueChange], title: str) -> Table:
    columns = [Column(title, shrinks=True), Column("LEFT", shrinks=True), Column("RIGHT", shrinks=True)]
    rows = [
        [Cell(each.key), Cell(value_text(each.left_value)), Cell(value_text(each.right_value))]
        for each in changes
    ]
    return Table(columns, rows)


def _artifacts(changes: Sequence[ArtifactChange]) -> Table:
    columns = [
        Column("KIND"),
        Column("CHANGE"),
        Column("DETAIL", priority=1, shrinks=True),
        Column("LEFT", priority=2, shrinks=True),
        Column("RIGHT", priority=3, shrinks=True),
    ]
    rows = [
        [
            Cell(each.artifact_kind, style="title"),
            Cell(each.change),
            Cell(each.change_detail or ""),
            Cell(_own_part(each.left_ref)),
            Cell(_own_part(each.right_ref)),
        ]
        for each in changes
    ]
    return Table(columns, rows)


def _own_part(ref: str | None) -> str:
    return "-" if ref is None else ref.rpartition(".")[2]
