"""The columns of the list of runs: parameters, and metrics with what stands for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.spi.directions import known_direction
from contexta.spi.metric_selection import pooled_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.records import MetricSummary
    from contexta.spi.views import RunRecord

__all__ = ["STATISTICS", "Column", "cells_of", "column_of"]

#: What may stand for a metric of a run, as in the filter language.
STATISTICS = ("latest", "min", "max", "mean", "best")

_STATISTIC = re.compile(rf"({'|'.join(STATISTICS)})\((.+)\)")
_PARAMETER = "params."


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        text: As the address has it: ``KEY``, ``min(KEY)`` or ``params.NAME``.
        key: The metric, or the name of the parameter.
        statistic: What stands for the metric; None for a parameter.
    """

    text: str
    key: str
    statistic: str | None

    @property
    def sort(self) -> str | None:
        """What the list is sorted by for it, or None."""
        return f"metrics.{self.key}" if self.statistic == "latest" else None


def column_of(text: str) -> Column:
    """Return the column that an address names."""
    if text.startswith(_PARAMETER):
        return Column(text, text.removeprefix(_PARAMETER), None)
    found = _STATISTIC.fullmatch(text)
    if found is None:
        return Column(text, text, "latest")
    statistic, key = found.groups()
    return Column(key if statistic == "latest" else text, key, statistic)


def cells_of(
    contexta: Contexta, runs: Sequence[RunRecord], columns: Sequence[Column]
) -> list[tuple[RunRecord, list[Any]]]:
    """Return the runs with their values, a missing one as None.

    Args:
        contexta: The workspace.
        runs: The runs.
        columns: The columns.
    """
    keys = sorted({each.key for each in columns if each.statistic is not None})
    known: dict[tuple[str, str], list[MetricSummary]] = {}
    if runs and keys:
        for summary in contexta.repository.metric_summaries([run.run_id for run in runs], keys):
            known.setdefault((summary.run, summary.key), []).append(summary)
    configured = contexta.config.interpretation.comparison.metric_directions
    return [(run, [_cell(run, each, known, configured) for each in columns]) for run in runs]


def _cell(
    run: RunRecord,
    column: Column,
    known: Mapping[tuple[str, str], Sequence[MetricSummary]],
    configured: Mapping[str, str],
) -> Any:
    if column.statistic is None:
        return run.parameters.get(column.key)
    summaries = known.get((run.run_id, column.key), ())
    if not summaries:
        return None
    if column.statistic == "best":
        is_higher = known_direction(column.key, [run.metadata], configured)
        return None if is_higher is None else _value("max" if is_higher else "min", summaries)
    return _value(column.statistic, summaries)


def _value(statistic: str, summaries: Iterable[MetricSummary]) -> float:
    """Return what stands for a metric over all stages of a run."""
    every = list(summaries)
    if statistic == "min":
        return min(each.least.value for each in every)
    if statistic == "max":
        return max(each.greatest.value for each in every)
    if statistic == "mean":
        return pooled_mean(every)
    return max(every, key=lambda each: instant(each.latest.time)).latest.value
