"""Eight writers in one workspace, with and without two readers that never rest."""

from __future__ import annotations

import array
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from figures import Figure, middle, percentile, quantity
from programs import environment

if TYPE_CHECKING:
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["writers_beside_readers"]

_WRITERS = 8
_READERS = 2

_WRITER = """
import array, sys, time
from contexta import Contexta
workspace, durability, count, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
taken = array.array("d")
clock = time.perf_counter
with Contexta(workspace=workspace, config={"records": {"durability_mode": durability}}) as ctx:
    with ctx.run("crowd") as run:
        run.metric("warm", 0.0)
        print("ready", flush=True)
        sys.stdin.readline()
        for step in range(count):
            begin = clock()
            run.metric("loss", 0.5, step=step)
            taken.append(clock() - begin)
with open(output, "wb") as file:
    taken.tofile(file)
"""
_READ_ONCE = """
import sys
from contexta_cli.main import main
sys.argv[0] = "contexta"
sys.exit(main())
"""


def writers_beside_readers(benchmark: Benchmark) -> Iterator[Figure]:
    """Eight writers under one run name; the goal is on their p99, with readers against without."""
    count = benchmark.amount(5_000, 500)
    rounds = benchmark.amount(3, 1)
    for durability in ("fsync", "flush"):
        alone: list[list[float]] = []
        beside: list[list[float]] = []
        for _ in range(rounds):
            alone.append(_crowd(benchmark, durability, count, readers=0))
            beside.append(_crowd(benchmark, durability, count, readers=_READERS))
        p99_alone = middle([percentile(taken, 0.99) for taken in alone])
        p99_beside = middle([percentile(taken, 0.99) for taken in beside])
        typical = middle([middle(taken) for taken in beside])
        usual = middle([middle(taken) for taken in alone])
        yield Figure(
            "crowd",
            f"8 x {count:,} metric(), {durability}, 2 x `contexta runs` in a loop; floor: without",
            quantity(typical, "s"),
            quantity(p99_beside, "s"),
            f"{quantity(usual, 's')}, p99 {quantity(p99_alone, 's')}",
            p99_beside / p99_alone,
            "p99 ≤ x1.5",
            p99_beside <= 1.5 * p99_alone,
        )


@contextmanager
def _reading(workspace: Path, readers: int) -> Iterator[None]:
    """Have `contexta runs` called again and again while the block runs; each call must succeed."""
    over = threading.Event()
    failures: list[str] = []

    def read() -> None:
        command = [sys.executable, "-P", "-c", _READ_ONCE, "runs", "--workspace", str(workspace)]
        while not over.is_set():
            done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            if done.returncode:
                failures.append(done.stderr)

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise RuntimeError(f"`contexta runs` failed {len(failures)} times; first:\n{failures[0]}")


def _crowd(benchmark: Benchmark, durability: str, count: int, *, readers: int) -> list[float]:
    """Let the writers write and return what each call took, in seconds."""
    place = benchmark.directory()
    workspace = place / "ws"
    outputs = [place / f"taken{number}" for number in range(_WRITERS)]
    writers = [_start(_WRITER, workspace, durability, count, output) for output in outputs]
    for writer in writers:
        writer.stdout.readline()
    with _reading(workspace, readers):
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        codes = [writer.wait() for writer in writers]
    for writer in writers:
        writer.stdin.close()
        writer.stdout.close()
    if any(codes):
        raise RuntimeError(f"writers ended with {codes}")
    taken = array.array("d")
    for output in outputs:
        taken.frombytes(output.read_bytes())
    if len(taken) != _WRITERS * count:
        raise RuntimeError(f"{_WRITERS * count} metrics were to be written, and {len(taken)} were")
    return list(taken)


def _start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", program, *map(str, arguments)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
