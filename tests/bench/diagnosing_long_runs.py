"""Row diagnose: what is wrong with a run of a million points, beside DuckDB over the same columns."""

from __future__ import annotations

import math
import os
import random
import time
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

    from contexta import Contexta

__all__ = ["diagnose_long_runs"]

_BATCH = 5_000
_MOST_SECONDS = 3.0
_MOST = 3.0
_KEYS = ("train_loss", "val_loss", "loss", "error", "perplexity")
_COLUMNS = "{type: 'VARCHAR', key: 'VARCHAR', value: 'DOUBLE', step: 'BIGINT', time: 'TIMESTAMP_NS'}"
#: The same by hand: each course in thirty parts, its noise, and the pauses between its points.
_QUERY = """
    WITH placed AS (
        SELECT key, value, ntile(30) OVER course AS part, value - lag(value) OVER course AS difference,
            time - lag(time) OVER course AS pause
        FROM points WINDOW course AS (PARTITION BY key ORDER BY step, time)
    ), noise AS (SELECT key, median(abs(difference)) AS noise, median(pause), max(pause) FROM placed GROUP BY key)
    SELECT key, part, median(value), any_value(noise) FROM placed JOIN noise USING (key) GROUP BY key, part
"""


def diagnose_long_runs(benchmark: Benchmark) -> Iterator[Figure]:
    """Row diagnose: a run whose points are those of one metric, and one of several."""
    points = benchmark.amount(1_000_000, 10_000)
    for keys in (_KEYS[:1], _KEYS):
        root = benchmark.directory() / "workspace"
        _write(root, keys, points // len(keys))
        with open_workspace(root) as ctx:
            yield _diagnosis(benchmark, ctx, _raw(root), keys, points)


def _write(root: Path, keys: tuple[str, ...], steps: int) -> None:
    chance = random.Random(7)
    with open_workspace(root, "flush") as ctx, ctx.run("long") as run, run.stage("train") as stage:
        for key in keys:
            for start in range(0, steps, _BATCH):
                stage.emit_metrics(
                    [
                        {
                            "key": key,
                            "value": math.exp(-5 * step / steps) + chance.random() / 10,
                            "step": step,
                        }
                        for step in range(start, min(start + _BATCH, steps))
                    ]
                )


def _raw(root: Path) -> Any:
    import duckdb

    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        "CREATE TABLE points AS SELECT key, value, step, time FROM read_json(?, format = 'newline_delimited', "
        f"ignore_errors = true, columns = {_COLUMNS}) WHERE type = 'metric'",
        [str(root / "records" / "segments" / "*")],
    )
    return connection


def _diagnosis(
    benchmark: Benchmark, ctx: Contexta, connection: Any, keys: tuple[str, ...], points: int
) -> Figure:
    taken: list[float] = []
    floor: list[float] = []
    found: list[Any] = []

    def product(_: int) -> None:
        begin = time.process_time()
        found[:] = ctx.diagnose_run("long").issues
        taken.append(time.process_time() - begin)

    def raw(_: int) -> None:
        begin = time.process_time()
        connection.execute(_QUERY).fetchall()
        floor.append(time.process_time() - begin)

    # Of a processor, of which DuckDB keeps several busy.
    alternate(benchmark.amount(5, 2), product, raw, warm_up=1)
    if any(issue.code in {"metric_diverged", "overfitting"} for issue in found):
        raise RuntimeError("a course that only improves was taken for one that does not")
    # Without the first ones, of which the product's builds the index.
    seconds, by_hand = middle(taken[1:]), middle(floor[1:])
    return Figure(
        "diagnose",
        f"{points:,} points, metrics: {len(keys)}; time of a processor",
        quantity(seconds, "s"),
        quantity(percentile(taken[1:], 0.99), "s"),
        quantity(by_hand, "s"),
        seconds / by_hand,
        f"≤ {_MOST_SECONDS:.0f} s, ≤ x{_MOST:.0f} DuckDB",
        seconds <= _MOST_SECONDS and seconds <= _MOST * by_hand,
    )
