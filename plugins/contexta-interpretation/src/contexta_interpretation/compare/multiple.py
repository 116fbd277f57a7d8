"""The metrics of several runs side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta.spi.comparison import MultiRunMetricRow
from contexta.spi.directions import higher_is_better as direction_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.views import RunRecord
    from contexta_interpretation.compare.metric_values import MetricTable

__all__ = ["best_index", "metric_rows"]


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
        best = best_index(values, higher_is_better=higher)
        best_run_id = None if best is None else runs[best].run_id
        rows.append(MultiRunMetricRow(key, stage_name, values, best_run_id, higher))
    return tuple(rows)


def best_index(values: Sequence[float | None], *, higher_is_better: bool) -> int | None:
    """Return the place of the best value, of equal ones the first; None where there is no number."""
    known = [
        (index, value) for index, value in enumerate(values) if value is not None and not math.isnan(value)
    ]
    if not known:
        return None
    best = max(known, key=lambda pair: (pair[1] if higher_is_better else -pair[1], -pair[0]))
    return best[0]
