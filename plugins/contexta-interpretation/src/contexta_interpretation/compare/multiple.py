"""The metrics of several runs side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta.spi.comparison import MultiRunMetricRow
from contexta.spi.directions import higher_is_better as direction_of
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta.spi.views import CompletenessNote, RunRecord
    from contexta_interpretation.compare.metric_values import MetricTable

__all__ = ["best_index", "degraded_cell_notes", "metric_rows"]


def metric_rows(
    runs: Sequence[RunRecord], tables: Sequence[MetricTable], directions: Mapping[str, str]
) -> tuple[MultiRunMetricRow, ...]:
    """Return one row for each metric: those of the runs themselves first, then by stage and key.

    Args:
        runs: The runs.
        tables: Their metrics.
        directions: The configured directions of metrics.
    """
    cells = {cell for table in tables for cell in table.cells}
    ordered = sorted(cells, key=lambda cell: (cell[0] is not None, cell[0] or "", cell[1]))
    rows = []
    for stage_name, key in ordered:
        values = tuple(table.cell(stage_name, key) for table in tables)
        higher = direction_of(key, [run.metadata for run in runs], directions)
        degraded = [table.is_degraded(stage_name, key) for table in tables]
        best = best_index(values, higher_is_better=higher, degraded=degraded)
        best_run_id = None if best is None else runs[best].run_id
        rows.append(MultiRunMetricRow(key, stage_name, values, best_run_id, higher))
    return tuple(rows)


def degraded_cell_notes(
    runs: Sequence[RunRecord], tables: Sequence[MetricTable]
) -> Iterator[CompletenessNote]:
    """Yield a note for each metric of which values in some runs are degraded.

    Args:
        runs: The runs.
        tables: Their metrics.
    """
    cells = {cell for table in tables for cell in table.cells}
    for stage_name, key in sorted(cells, key=lambda cell: (cell[0] or "", cell[1])):
        marked = [
            run.run_id for run, table in zip(runs, tables, strict=True) if table.is_degraded(stage_name, key)
        ]
        yield from degraded_value_notes(key, marked, stage_name)


def best_index(
    values: Sequence[float | None], *, higher_is_better: bool, degraded: Sequence[bool] = ()
) -> int | None:
    """Return the place of the best value, of equal ones the first; None where there is no number.

    Args:
        values: The values.
        higher_is_better: Whether the greatest is the best.
        degraded: For each whether it is degraded; such a one is the best only where no sound one is there.
    """
    known = [
        (index, value) for index, value in enumerate(values) if value is not None and not math.isnan(value)
    ]
    if any(degraded):
        known = [pair for pair in known if not degraded[pair[0]]] or known
    if not known:
        return None
    best = max(known, key=lambda pair: (pair[1] if higher_is_better else -pair[1], -pair[0]))
    return best[0]
