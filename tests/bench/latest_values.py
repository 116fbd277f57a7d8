"""Rows 7a, 7b and scale: the latest value of a metric for every run of a large store."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmark import alternate
from figures import Figure, middle, percentile, quantity

from contexta.spi.context import OpenContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["latest_values", "scale"]

_BATCH = 10_000
_SUMMARY = 0.008
_UNINDEXED_OF_A_MILLION = 0.6

#: Asks a store and says how long that took and how much memory the process had at most.
_ASKING = """
import json, sys, time
from pathlib import Path
begin = time.perf_counter()
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
store = open_backend(OpenContext(root=Path(sys.argv[1]), durability="flush"))
taken = []
for _ in range(int(sys.argv[2])):
    found = store.summaries(keys=["loss"])
    taken.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    assert len(found) == int(sys.argv[3]), len(found)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([taken, int(peak.split()[1]) / 1024]))
"""


def _filled(root: Path, runs: int, points: int) -> Path:
    """Write the points of so many runs, as batches of one process each, straight into a store."""
    from contexta_store_jsonl.backend import open_backend

    store: Any = open_backend(OpenContext(root=root, durability="flush"))
    moments = [
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_750_000_000 + step)) for step in range(points)
    ]
    for run in range(runs):
        series = store.open_series({"type": "metric", "run": f"run:bench.r{run:05d}", "key": "loss"})
        for first in range(0, points, _BATCH):
            store.append_points(
                (
                    series,
                    f"{run:05d}{step:08d}x",
                    (step * 7919 + run) % 10_007 / 10_007,
                    moments[step],
                    step,
                )
                for step in range(first, min(points, first + _BATCH))
            )
    store.close()
    return root


def latest_values(benchmark: Benchmark) -> Iterator[Figure]:
    """Rows 7a and 7b: from the index, and from segments that nothing has read yet; the floor is DuckDB."""
    import duckdb

    from contexta_store_jsonl.backend import open_backend

    runs, points = benchmark.amount(1_000, 50), 1_000
    root = _filled(benchmark.directory() / "records", runs, points)
    segments = str(root / "segments" / "*.seg")
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    query = (
        f"SELECT run, arg_max(value, time), count(*) FROM read_json('{segments}', format = 'newline_delimited',"
        " ignore_errors = true, columns = {type: 'VARCHAR', run: 'VARCHAR', key: 'VARCHAR', value: 'DOUBLE',"
        " time: 'VARCHAR'}) WHERE key = 'loss' GROUP BY run"
    )
    begin = time.perf_counter()
    found = connection.execute(query).fetchall()
    raw = time.perf_counter() - begin
    taken = []
    for _ in range(benchmark.amount(3, 1)):
        with open_backend(OpenContext(root=root, durability="flush")) as store:
            begin = time.perf_counter()
            summaries: Any = store.summaries(keys=["loss"])
            taken.append(time.perf_counter() - begin)
        for path in (root / "index").glob("*.duckdb"):
            path.unlink()
    expected = {run: value for run, value, _ in found}
    if {each.run: each.latest.value for each in summaries} != expected:
        raise RuntimeError("the latest values are not those that DuckDB finds")
    goal = _UNINDEXED_OF_A_MILLION * runs * points / 1_000_000
    yield Figure(
        "7b",
        f"latest value of {runs:,} runs, {runs * points:,} unindexed points, indexing them; floor: read_json",
        quantity(middle(taken), "s"),
        "",
        quantity(raw, "s"),
        middle(taken) / raw,
        f"≤ {goal:.2f} s",
        middle(taken) <= goal,
    )
    connection.execute(f"CREATE TABLE summary AS {query}")
    with open_backend(OpenContext(root=root, durability="flush")) as store:
        store.rebuild_indexes()

    def ask(_: int) -> None:
        with open_backend(OpenContext(root=root, durability="flush")) as fresh:
            fresh.summaries(keys=["loss"])

    def raw_summary(_: int) -> None:
        connection.execute("SELECT * FROM summary").fetchall()

    opened, floor = alternate(benchmark.amount(20, 3), ask, raw_summary)
    yield _indexed("first question of a newly opened store", opened, floor, None, runs)
    with open_backend(OpenContext(root=root, durability="flush")) as store:
        warm, floor = alternate(
            benchmark.amount(100, 10), lambda _: store.summaries(keys=["loss"]), raw_summary, warm_up=2
        )
    yield _indexed("warm", warm, floor, _SUMMARY, runs)
    connection.close()


def _indexed(state: str, taken: list[float], floor: list[float], goal: float | None, runs: int) -> Figure:
    return Figure(
        "7a",
        f"latest value of {runs:,} runs from the index, {state}; floor: a table of the answers",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(taken) / middle(floor),
        f"≤ {goal * 1_000:.0f} ms" if goal else "",
        middle(taken) <= goal if goal else None,
    )


def scale(benchmark: Benchmark) -> Iterator[Figure]:
    """Row scale: 2,000 runs of 5,000 points: building the index, and asking it, each with the memory that it takes."""
    runs, points = benchmark.amount(2_000, 20), benchmark.amount(5_000, 1_000)
    root = _filled(benchmark.directory() / "records", runs, points)
    size = sum(path.stat().st_size for path in (root / "segments").iterdir() if path.is_file())
    for what, questions in (("first question, which builds the index", 1), ("later process, index there", 5)):
        done = subprocess.run(
            [sys.executable, "-c", _ASKING, str(root), str(questions), str(runs)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        taken, peak = json.loads(done.stdout)
        yield Figure(
            "scale",
            f"{runs * points:,} points of {runs:,} runs ({size / 1e9:.2f} GB): {what}; peak memory {peak:.0f} MiB",
            quantity(taken[0], "s"),
        )
    yield Figure(
        "scale",
        "the same, warm",
        quantity(middle(taken[1:]), "s"),
        "",
        "",
        None,
        "≤ 25 ms",
        middle(taken[1:]) <= 0.025,
    )
    index = sum(path.stat().st_size for path in (root / "index").glob("*.duckdb"))
    yield Figure("scale", "bytes of the index for each point", f"{index / runs / points:.1f} B")
