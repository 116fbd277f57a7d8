"""Rows 4c and 4d, and whether a question about two runs knows how many others there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity
from large_store import large_store
from programs import run_program
from seeded_runs import seeded_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["compare_two", "read_history", "two_of_many"]

#: Prints the bytes that reading two runs took, by the kernel's count of this process.
_BYTES = """
import json, sys
from contexta import Contexta

def read():
    with open("/proc/self/io", encoding="ascii") as file:
        return int(file.readline().split()[1])

with Contexta(workspace=sys.argv[1]) as ctx:
    ctx.list_runs(limit=2)
    before = read()
    ctx.compare_runs(sys.argv[2], sys.argv[3])
    first = read()
    ctx.compare_runs(sys.argv[2], sys.argv[3])
    print(json.dumps([first - before, read() - first]))
"""


def read_history(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 4c: one metric of 100,000 points as Python objects, warm."""
    points = benchmark.amount(100_000, 5_000)

    def make() -> Path:
        path = benchmark.directory() / "ws"
        with open_workspace(path, "flush") as ctx, ctx.run("long") as run:
            for begin in range(0, points, 5_000):
                run.emit_metrics(
                    [
                        {"key": "loss", "value": 1 / (1 + step), "step": step}
                        for step in range(begin, begin + 5_000)
                    ]
                )
        return path

    workspace = benchmark.once(f"history of {points}", make)
    lines = [json.dumps([step, 1 / (1 + step)]) for step in range(points)]
    with open_workspace(workspace) as ctx:
        found: list[int] = [0]

        def product(_: int) -> None:
            found[0] = len(ctx.get_step_series("long", "loss").points)

        taken, floor = alternate(
            benchmark.amount(15, 3), product, lambda _: [json.loads(line) for line in lines], warm_up=2
        )
    if found[0] != points:
        raise RuntimeError(f"{points} points were recorded, and {found[0]} are there")
    yield Figure(
        "4c",
        f"history of {points:,} points as objects; floor: json.loads of so many pairs",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(taken) / middle(floor),
        "≤ 100 ms",
        middle(taken) <= 0.100,
    )


def compare_two(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 4d: comparing two of 1,000 runs, warm."""
    runs = benchmark.amount(1_000, 200)
    with open_workspace(seeded_workspace(benchmark, runs)) as ctx:
        (taken,) = alternate(
            benchmark.amount(60, 10), lambda _: ctx.compare_runs("run-1", "run-2"), warm_up=3
        )
    yield Figure(
        "4d",
        f"compare_runs: two of {runs:,}",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        goal="≤ 5 ms",
        met=middle(taken) <= 0.005,
    )


def two_of_many(benchmark: Benchmark) -> Iterator[Figure]:
    """A question about two runs, among ten times as many."""
    few, many = benchmark.amount(200, 50), benchmark.amount(2_000, 100)
    points = benchmark.amount(5_000, 200)
    small, large = large_store(benchmark, few, points), large_store(benchmark, many, points)
    pair = ("run-10", "run-11")
    with open_workspace(small) as first, open_workspace(large) as second:
        for what, ask in (
            ("compare_runs", lambda ctx: ctx.compare_runs(*pair)),
            ("get_step_series", lambda ctx: ctx.get_step_series(pair[0], "loss")),
            ("select_best_run", lambda ctx: ctx.select_best_run(pair, "loss")),
        ):
            among_few, among_many = alternate(
                benchmark.amount(40, 5),
                lambda _, ask=ask: ask(first),
                lambda _, ask=ask: ask(second),
                warm_up=3,
            )
            ratio = middle(among_many) / middle(among_few)
            yield Figure(
                "4e",
                f"{what}: two of {many:,} runs; floor: two of {few}",
                quantity(middle(among_many), "s"),
                quantity(percentile(among_many, 0.99), "s"),
                quantity(middle(among_few), "s"),
                ratio,
                "≤ x1.2",
                ratio <= 1.2,
            )
    yield from _bytes_read(small, large, few, many, pair)


def _bytes_read(small: Path, large: Path, few: int, many: int, pair: tuple[str, str]) -> Iterator[Figure]:
    counted = []
    for workspace in (small, large):
        usage = run_program(_BYTES, str(workspace), *pair)
        counted.append(json.loads(usage.output))
    for place, what in enumerate(("the first time", "again")):
        among_few, among_many = counted[0][place], counted[1][place]
        ratio = among_many / among_few if among_few else None
        yield Figure(
            "4e",
            f"bytes read by compare_runs {what}: two of {many:,} runs; floor: two of {few}",
            quantity(among_many, " B"),
            floor=quantity(among_few, " B"),
            ratio=ratio,
            goal="≤ x1.2",
            met=among_many <= 1.2 * among_few,
        )
