"""Row 4a: the runs whose newest loss is small, the best first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity
from seeded_runs import points_of, seeded_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

__all__ = ["find_runs"]

_THRESHOLD = 0.1
_QUERY = """
SELECT run, arg_max(value, step) AS newest FROM points WHERE key = 'loss'
GROUP BY run HAVING newest < 0.1 ORDER BY newest
"""


def find_runs(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 4a: filter and sort by a metric, warm, beside DuckDB on a table of the same points."""
    small, large = benchmark.amount(1_000, 200), benchmark.amount(10_000, 1_000)
    yield _one_size(benchmark, small, goal=0.010, most=2.2)
    yield _one_size(benchmark, small, processes=True)
    yield _one_size(benchmark, large, goal=0.060)


def _table(benchmark: Benchmark, runs: int) -> Any:
    """Return a connection to a table of the points of so many runs."""
    import duckdb

    lines = benchmark.directory() / "points.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for number in range(runs):
            for key, value, step in points_of(number):
                file.write(
                    json.dumps({"run": f"run-{number}", "key": key, "value": value, "step": step}) + "\n"
                )
    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("CREATE TABLE points AS SELECT * FROM read_json(?)", [str(lines)])
    return connection


def _one_size(
    benchmark: Benchmark,
    runs: int,
    *,
    processes: bool = False,
    goal: float | None = None,
    most: float | None = None,
) -> Figure:
    from contexta.interpretation import MetricCondition

    condition = MetricCondition("loss", "lt", _THRESHOLD)
    connection = _table(benchmark, runs)
    found: list[Any] = []
    expected: list[Any] = []
    with open_workspace(seeded_workspace(benchmark, runs, processes=processes)) as ctx:

        def product(_: int) -> None:
            found[:] = ctx.list_runs(metric_conditions=[condition], sort_by="metrics.loss", sort_desc=False)

        def raw(_: int) -> None:
            expected[:] = connection.execute(_QUERY).fetchall()

        taken, floor = alternate(benchmark.amount(40, 10), product, raw, warm_up=3)
    connection.close()
    if [run.run_id.rpartition(".")[2] for run in found] != [run for run, _ in expected]:
        raise RuntimeError(f"{len(found)} runs were found instead of {len(expected)}, or in another order")
    ratio = middle(taken) / middle(floor)
    goals = [f"≤ {goal * 1_000:.0f} ms"] if goal else []
    goals += [f"≤ x{most} DuckDB"] if most else []
    origin = "each of its own process" if processes else "of one process"
    return Figure(
        "4a",
        f"{runs:,} runs, {origin}: {len(found)} found and sorted by a metric, warm",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        ratio,
        ", ".join(goals),
        (middle(taken) <= goal and (most is None or ratio <= most)) if goal else None,
    )
