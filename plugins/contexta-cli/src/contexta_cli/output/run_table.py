"""The table of runs that ``contexta runs`` and ``contexta demo`` show."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta_cli.output.quantities import local_time, number, run_duration, short_run_id
from contexta_cli.output.status import status_cell
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta import Contexta
    from contexta.interpretation import RunRecord

__all__ = ["latest_metrics", "run_table"]

_MOST_METRICS = 3
#: Above so many runs the metrics of all of them would make a listing wait.
_MOST_RUNS_WITH_METRICS = 500
#: What tells most about a run, in this order; of each, one metric is shown before anything else.
_TELLING = ("val", "test", "loss", "acc", "f1", "auc")


def latest_metrics(ctx: Contexta, run_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the newest value of every metric of some runs, by run and key."""
    if not run_ids or len(run_ids) > _MOST_RUNS_WITH_METRICS:
        return {}
    newest: dict[tuple[str, str], int] = {}
    found: dict[str, dict[str, float]] = {}
    for summary in ctx.repository.metric_summaries(run_ids):
        at = instant(summary.latest.time)
        if at >= newest.get((summary.run, summary.key), at):
            newest[summary.run, summary.key] = at
            found.setdefault(summary.run, {})[summary.key] = summary.latest.value
    return found


def run_table(
    runs: Sequence[RunRecord],
    metrics: Mapping[str, Mapping[str, float]],
    *,
    several_projects: bool,
    best: str | None = None,
) -> Table:
    """Make the table.

    Args:
        runs: The runs.
        metrics: Newest values by run and key.
        several_projects: Whether the workspace has several projects, so that a run is named with its own.
        best: The run to mark.
    """
    keys = _key_metrics(metrics)
    columns = [
        Column("RUN", shrinks=True),
        # Which run it is counts most: metrics go first, the last of them before the others, and the name goes last.
        Column("NAME", priority=1, shrinks=True),
        Column("STATUS"),
        Column("STARTED", priority=2),
        Column("DURATION", right=True, priority=3),
        *(Column(key.upper(), right=True, priority=number) for number, key in enumerate(keys, start=4)),
    ]
    rows = [
        [
            Cell(
                short_run_id(run.run_id, with_project=several_projects),
                style="accent" if run.run_id == best else "title",
            ),
            Cell(_telling_name(run)),
            status_cell(run.status),
            Cell(local_time(run.started_at), style="faint"),
            Cell(run_duration(run)),
            *(Cell(number(metrics.get(run.run_id, {}).get(key))) for key in keys),
        ]
        for run in runs
    ]
    return Table(columns, rows)


def _telling_name(run: RunRecord) -> str:
    """Return the name where the identifier does not say it already; an empty column is left out."""
    own = short_run_id(run.run_id, with_project=False)
    return "" if run.name == own else run.name


def _key_metrics(metrics: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Choose the metrics to show: one for each telling word, then what most runs have."""
    counts = Counter(key for values in metrics.values() for key in values)
    keys = sorted(counts, key=lambda key: (-counts[key], key))
    chosen: list[str] = []
    for word in _TELLING:
        chosen += [key for key in keys if word in key.lower() and key not in chosen][:1]
    return list(dict.fromkeys([*chosen, *keys]))[:_MOST_METRICS]
