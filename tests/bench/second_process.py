"""Row 8: an open run read by another process, and four writers at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmark import open_workspace
from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

__all__ = ["open_run_elsewhere"]

_POINTS = 300
_WRITERS = 4

_READING = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx:
    print(len(ctx.repository.metric_points(sys.argv[2], "loss")))
"""
_WRITING = """
import sys
from contexta import Contexta
config = {"records": {"durability_mode": "flush"}}
with Contexta(workspace=sys.argv[1], config=config) as ctx, ctx.run("shared", run_id=sys.argv[2]) as run:
    for step in range(int(sys.argv[4])):
        run.metric(f"writer-{sys.argv[3]}", float(step), step=step)
"""


def open_run_elsewhere(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 8: what a second process sees of 300 points, and what four processes leave of a shared run."""
    place = benchmark.directory() / "ws"
    with open_workspace(place, "flush") as ctx, ctx.run("open") as run:
        for step in range(_POINTS):
            run.metric("loss", 1 / (step + 1), step=step)
        seen = int(_said(_READING, str(place), run.ref))
        yield Figure(
            "8", "points of an open run that another process reads", f"{seen}", "", f"{_POINTS}", None, "all",
            seen == _POINTS,
        )  # fmt: skip
        count = benchmark.amount(5_000, 500)
        writers = [
            subprocess.Popen([sys.executable, "-c", _WRITING, str(place), run.ref, str(number), str(count)])
            for number in range(_WRITERS)
        ]
        if sum(writer.wait() for writer in writers):
            raise RuntimeError("a writer failed")
        found = [
            [point.step for point in ctx.repository.metric_points(run.ref, f"writer-{number}")]
            for number in range(_WRITERS)
        ]
        lost = sum(count - len(set(steps)) for steps in found)
        doubled = sum(len(steps) - len(set(steps)) for steps in found)
        yield Figure(
            "8", f"4 x {count:,} metric() into that run from other processes: lost + doubled", f"{lost + doubled}",
            "", "0", None, "0", lost + doubled == 0,
        )  # fmt: skip


def _said(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
