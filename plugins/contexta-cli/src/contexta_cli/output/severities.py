"""How the severity of a finding looks."""

from __future__ import annotations

from contexta_cli.output.table import Cell

__all__ = ["severity_cell"]

_STYLES = {"error": "bad", "warning": "warning", "info": "faint", "high": "bad", "medium": "warning"}


def severity_cell(severity: str) -> Cell:
    """Return the cell for a severity, or for an importance."""
    return Cell(severity, style=_STYLES.get(severity, ""))
