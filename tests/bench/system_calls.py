"""Counting system calls with strace, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from programs import environment

if TYPE_CHECKING:
    from benchmark import Benchmark

__all__ = ["sync_calls_per_metric"]

_PROGRAM = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("traced") as run:
    for step in range(int(sys.argv[2])):
        run.metric("loss", 0.5, step=step)
"""
_CALL = re.compile(r"\b(?:fsync|fdatasync|sync_file_range|msync)\(")


def sync_calls_per_metric(benchmark: Benchmark) -> float | None:
    """Return how often one metric calls for stable storage, or None where that cannot be counted.

    Two programs that differ in nothing but the number of metrics are traced; opening and closing cancel out.
    """
    strace = shutil.which("strace")
    if strace is None:
        return None
    counts = []
    for metrics in (100, 300):
        place = benchmark.directory()
        command = [
            strace,
            "-f",
            "-e",
            "trace=fsync,fdatasync,sync_file_range,msync",
            "-o",
            str(place / "trace"),
        ]
        program = [sys.executable, "-P", "-c", _PROGRAM, str(place / "ws"), str(metrics)]
        done = subprocess.run(command + program, env=environment(), capture_output=True, check=False)
        if done.returncode:
            # A container may forbid tracing.
            return None
        counts.append(len(_CALL.findall((place / "trace").read_text(encoding="utf-8"))))
    return (counts[1] - counts[0]) / 200
