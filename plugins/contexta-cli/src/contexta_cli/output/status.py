"""How the status of a run or stage looks."""

from __future__ import annotations

from contexta_cli.output.table import Cell

__all__ = ["RUN_STATUSES", "status_cell"]

#: Every status that a run can have, as a filter takes it.
RUN_STATUSES = ("open", "completed", "failed", "cancelled", "interrupted")

_STYLES = {
    "open": "active",
    "completed": "good",
    "failed": "bad",
    "cancelled": "warning",
    "interrupted": "warning",
}


def status_cell(status: str | None) -> Cell:
    """Return the cell for a status."""
    return Cell(status or "-", style=_STYLES.get(status or "", ""))
