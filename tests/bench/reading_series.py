"""Row 4c: a history of 100,000 points, as Python objects and as arrays."""

from __future__ import annotations

import json
import time
from array import array
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

__all__ = ["long_history"]

_GOALS = {"objects": 0.100, "arrays": 0.035}


def long_history(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 4c: the floor is DuckDB on a sorted table of the same points, fetched as tuples and as lists."""
    import duckdb

    count = benchmark.amount(100_000, 10_000)
    place = benchmark.directory()
    with open_workspace(place / "ws", "flush") as ctx, ctx.run("long") as run:
        for first in range(0, count, 1_000):
            run.emit_metrics(
                [
                    {"key": "loss", "value": 1 / (step + 1), "step": step}
                    for step in range(first, first + 1_000)
                ]
            )
    lines = place / "points.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ")
        for step in range(count):
            point = {"id": f"p{step:010d}", "value": 1 / (step + 1), "step": step, "time": moment}
            file.write(json.dumps(point) + "\n")
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        "CREATE TABLE points AS SELECT *, 1750000000000000000 + step AS observed FROM read_json(?, columns ="
        " {id: 'VARCHAR', value: 'DOUBLE', step: 'BIGINT', time: 'VARCHAR'}) ORDER BY step",
        [str(lines)],
    )
    with open_workspace(place / "ws") as ctx:
        ctx.record_store.rebuild_indexes()
        repository: Any = ctx.repository

        def tuples(_: int) -> int:
            return len(connection.execute("SELECT value, time, step, id FROM points").fetchall())

        def lists(_: int) -> int:
            found: Any = connection.execute(
                "SELECT list(value), list(observed), list(step) FROM points"
            ).fetchone()
            return len([array("d", found[0]), array("q", found[1]), array("q", found[2])])

        actions = {
            "objects": (lambda _: repository.metric_points(run.ref, "loss"), tuples),
            "arrays": (lambda _: repository.metric_arrays(run.ref, "loss"), lists),
        }
        for form, (product, floor) in actions.items():
            if len(product(0)) != count:
                raise RuntimeError(f"{count} points were captured, and others are read")
            taken, raw = alternate(benchmark.amount(15, 3), product, floor)
            yield Figure(
                "4c",
                f"history of {count:,} points as {form}, warm; floor: DuckDB on a sorted table",
                quantity(middle(taken), "s"),
                quantity(percentile(taken, 0.99), "s"),
                quantity(middle(raw), "s"),
                middle(taken) / middle(raw),
                f"≤ {_GOALS[form] * 1_000:.0f} ms",
                middle(taken) <= _GOALS[form],
            )
    connection.close()
