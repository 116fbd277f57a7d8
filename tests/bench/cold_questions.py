"""Row 4b: the question of row 4a, from a process that has just started."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmark import alternate
from figures import Figure, middle, percentile, quantity
from programs import environment
from seeded_runs import seeded_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["find_runs_cold"]

_PROGRAM = """
import json, sys
from contexta import Contexta
from contexta.interpretation import MetricCondition
with Contexta(workspace=sys.argv[1]) as ctx:
    condition = MetricCondition("loss", "lt", 0.1)
    found = ctx.list_runs(metric_conditions=[condition], sort_by="metrics.loss", sort_desc=False)
print(json.dumps([run.run_id for run in found]))
"""
_GOAL = 0.35


def find_runs_cold(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 4b: start Python, open the workspace, find and sort runs by a metric, and end; the indexes are up to date."""
    runs = benchmark.amount(1_000, 200)
    workspace = seeded_workspace(benchmark, runs)
    place = benchmark.directory()
    answers: set[str] = set()

    def asked(_: int) -> None:
        answers.add(_run(_PROGRAM, workspace, place))

    def nothing(_: int) -> None:
        _run("import duckdb", workspace, place)

    # The first question brings the indexes up to date.
    taken, floor = alternate(benchmark.amount(15, 5), asked, nothing, warm_up=2)
    if len(answers) != 1 or not json.loads(answers.pop()):
        raise RuntimeError("the answers differ, or are empty")
    yield Figure(
        "4b",
        f"{runs:,} runs, found and sorted by a metric in a fresh process; floor: import duckdb",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(taken) / middle(floor),
        f"≤ {_GOAL * 1_000:.0f} ms",
        middle(taken) <= _GOAL,
    )


def _run(program: str, workspace: Path, place: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(workspace)],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
