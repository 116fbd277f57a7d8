"""A store of long runs, and DuckDB over the same lines: what the rows about questions ask."""

from __future__ import annotations

import math
import os
import random
from typing import TYPE_CHECKING, Any

from benchmark import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from benchmark import Benchmark

    from contexta import Contexta

__all__ = ["KEYS", "RATES", "large_store", "raw_database"]

#: Metrics of the run itself, then of its stage `train`.
KEYS = ("loss", "accuracy", "train.loss", "train.norm", "train.rate")
RATES = (0.1, 0.03, 0.01)
_RUN_LEVEL = 2

_COLUMNS = "{type: 'VARCHAR', run: 'VARCHAR', stage: 'VARCHAR', key: 'VARCHAR', value: 'DOUBLE', step: 'BIGINT', time: 'TIMESTAMP'}"


def large_store(benchmark: Benchmark, runs: int, points: int) -> Path:
    """Return a workspace with so many runs of so many points each, indexed; made once.

    Args:
        benchmark: This run of the benchmarks.
        runs: How many runs.
        points: How many points each has, shared out among five metrics.
    """

    def make() -> Path:
        path = benchmark.directory() / "ws"
        with open_workspace(path, "flush") as ctx:
            for number in range(runs):
                _capture(ctx, number, points // len(KEYS))
        with open_workspace(path) as ctx:
            # Readers build the indexes; a store that is asked every day has them.
            ctx.aggregate_metric("loss")
        return path

    return benchmark.once(f"{runs} runs of {points} points", make)


def _capture(ctx: Contexta, number: int, steps: int) -> None:
    chance = random.Random(number)
    level = chance.random()
    tags = {"model": ("mlp", "tree", "net")[number % 3], "host": f"h{number % 7}"}
    with ctx.run(f"run {number}", tags=tags) as run:
        run.params({"rate": RATES[number % len(RATES)], "seed": number, "net": {"depth": 2 + number % 2}})
        values = [level + math.exp(-step / steps) for step in range(steps)]
        for key in KEYS[:_RUN_LEVEL]:
            run.emit_metrics(
                [{"key": key, "value": value, "step": step} for step, value in enumerate(values)]
            )
        with run.stage("train") as stage:
            for key in KEYS[_RUN_LEVEL:]:
                stage.emit_metrics(
                    [{"key": key, "value": value, "step": step} for step, value in enumerate(values)]
                )


def raw_database(benchmark: Benchmark, workspace: Path) -> Any:
    """Return a connection to a DuckDB database of the points and runs of a workspace, made once.

    The points are read from the very lines of the records, and kept in the order of run, key and step, which is the
    best that somebody who knows the questions could do by hand.
    """

    def make() -> Any:
        import duckdb

        connection = duckdb.connect(
            str(benchmark.directory() / "raw.duckdb"), config={"threads": os.cpu_count() or 1}
        )
        connection.execute("SET enable_progress_bar = false")
        lines = str(workspace / "records" / "segments" / "*")
        connection.execute(
            "CREATE TABLE points AS SELECT run, stage, key, value, step, time FROM "
            f"read_json(?, format = 'newline_delimited', ignore_errors = true, columns = {_COLUMNS}) "
            "WHERE type = 'metric' ORDER BY run, key, step",
            [lines],
        )
        with open_workspace(workspace) as ctx:
            rows = [
                (run.run_id, run.name, run.status, run.started_at, run.parameters["rate"], run.tags["model"])
                for run in ctx.list_runs()
            ]
        connection.execute(
            "CREATE TABLE runs (run VARCHAR, name VARCHAR, status VARCHAR, started TIMESTAMP, rate DOUBLE, model VARCHAR)"
        )
        connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", rows)
        return connection

    return benchmark.once(f"raw {workspace}", make)
