"""Workspaces full of runs, written through the facade."""

from __future__ import annotations

import multiprocessing
import random
from typing import TYPE_CHECKING

from benchmark import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

    from contexta import Contexta

__all__ = ["METRICS", "STEPS", "points_of", "seeded_workspace"]

METRICS = ("loss", "accuracy")
STEPS = 10

#: Children at once while every run gets a process of its own.
_CHILDREN = 2


def points_of(number: int) -> Iterator[tuple[str, float, int]]:
    """Yield key, value and step of the points of one run; the last loss of about one run in ten is below 0.1."""
    chance = random.Random(number)
    for key in METRICS:
        for step in range(STEPS):
            yield key, chance.random(), step


def seeded_workspace(benchmark: Benchmark, runs: int, *, processes: bool = False) -> Path:
    """Return a workspace with so many closed runs; made once, and shared by the rows that read it.

    Args:
        benchmark: This run of the benchmarks.
        runs: How many runs.
        processes: Whether each run is captured by a process of its own, as scripts do; otherwise one captures all.
    """

    def make() -> Path:
        path = benchmark.directory() / "ws"
        if processes:
            # Made first, so that the children do not race for the directories.
            _seed(path, range(1))
            with multiprocessing.get_context("fork").Pool(_CHILDREN, maxtasksperchild=1) as pool:
                pool.starmap(_seed, [(path, [number]) for number in range(1, runs)], chunksize=1)
        else:
            _seed(path, range(runs))
        return path

    return benchmark.once(f"{runs} runs, {processes}", make)


def _seed(path: Path, numbers: range | list[int]) -> None:
    with open_workspace(path, "flush") as ctx:
        for number in numbers:
            _capture(ctx, number)


def _capture(ctx: Contexta, number: int) -> None:
    with ctx.run(f"run {number}", tags={"seed": str(number % 10)}) as run:
        run.emit_metrics(
            [{"key": key, "value": value, "step": step} for key, value, step in points_of(number)]
        )
