"""What ``contexta run delete`` shows before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.output.quantities import size
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.store.curation import PlannedRunDeletion, RunDeletionPlan
    from contexta_cli.output.printer import Printer

__all__ = ["show_deletion_plan"]


def show_deletion_plan(printer: Printer, plan: RunDeletionPlan) -> None:
    """Write the runs with what goes with them, what stays, and what cannot be deleted."""
    columns = [
        Column("RUN", shrinks=True),
        Column("STATUS"),
        Column("RECORDS", right=True),
        Column("ARTIFACTS", right=True),
        Column("BYTES", right=True),
    ]
    printer.table(Table(columns, [_row(run) for run in plan.runs]))
    freed = ", ".join(f"{plane} {size(count)}" for plane, count in plan.freed_bytes.items() if count)
    printer.line(f"Free afterwards: {size(plan.total_bytes)}" + (f" ({freed})" if freed else ""))
    for shared in plan.shared:
        printer.line(f"Stays: the content of {shared.artifact_ref}, used by {', '.join(shared.used_by)}")
    if plan.relation_refs:
        printer.line(f"Goes too: {len(plan.relation_refs)} recorded relations")
    for ref in plan.kept_deployment_refs:
        printer.line(f"Stays: {ref}, without its run")
    for refusal in plan.refusals:
        printer.line(f"Cannot be deleted: {refusal.reason}", "bad")


def _row(run: PlannedRunDeletion) -> list[Cell]:
    return [
        Cell(run.run_ref, style="title"),
        Cell(run.status),
        Cell(str(run.record_count)),
        Cell(str(len(run.artifact_refs))),
        Cell(size(run.record_bytes + run.artifact_bytes)),
    ]
