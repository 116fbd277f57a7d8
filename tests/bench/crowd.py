"""Eight writers in one workspace, with and without two readers that never rest."""

from __future__ import annotations

import array
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, middle, percentile, quantity
from programs import environment
from seeded_runs import seeded_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        # What the environment is, a thread of the first second finds out; that is not what is measured here.
        time.sleep(1.0)
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
    """Eight writers under one run name; the goal is on their p99, with readers against without.

    Ten busy processes on few cores also wait for the processor.  What of it is the workspace's doing shows beside
    readers that are as busy in another workspace.
    """
    count = benchmark.amount(5_000, 500)
    other = seeded_workspace(benchmark, _WRITERS)
    for durability in ("fsync", "flush"):
        alone, beside, elsewhere = _Crowd(), _Crowd(), _Crowd()
        for _ in range(benchmark.amount(5, 1)):
            alone.add(_crowd(benchmark, durability, count, None))
            beside.add(_crowd(benchmark, durability, count, "the same"))
            elsewhere.add(_crowd(benchmark, durability, count, other))
        what = f"8 x {count:,} metric(), {durability}, 2 x `contexta runs` in a loop"
        yield beside.against(alone, f"{what}; floor: without readers", 1.5)
        yield beside.against(elsewhere, f"{what}; floor: readers of another workspace", None)


class _Crowd:
    """The latencies of several rounds; medians over the rounds, for one disturbed round must not decide."""

    def __init__(self) -> None:
        self._medians: list[float] = []
        self._p99s: list[float] = []

    def add(self, taken: list[float]) -> None:
        """Take in one round."""
        self._medians.append(middle(taken))
        self._p99s.append(percentile(taken, 0.99))

    def against(self, floor: _Crowd, what: str, most: float | None) -> Figure:
        """Return the figure of this crowd beside another one; the ratio is that of the two p99."""
        p99, floor_p99 = middle(self._p99s), middle(floor._p99s)
        return Figure(
            "crowd",
            what,
            quantity(middle(self._medians), "s"),
            quantity(p99, "s"),
            f"p99 {quantity(floor_p99, 's')}",
            p99 / floor_p99,
            "" if most is None else f"p99 ≤ x{most}",
            None if most is None else p99 <= most * floor_p99,
        )


@contextmanager
def _reading(workspace: Path, readers: int) -> Iterator[None]:
    """Have `contexta runs` called again and again while the block runs; each call must succeed."""
    over = threading.Event()
    underway = threading.Barrier(readers + 1)
    failures: list[str] = []

    def read() -> None:
        first = True
        command = [sys.executable, "-P", "-c", _READ_ONCE, "runs", "--workspace", str(workspace)]
        while not over.is_set():
            done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            if done.returncode:
                failures.append(done.stderr)
            if first:
                first = False
                underway.wait()

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    underway.wait()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise RuntimeError(f"`contexta runs` failed {len(failures)} times; first:\n{failures[0]}")


def _crowd(benchmark: Benchmark, durability: str, count: int, read: Path | str | None) -> list[float]:
    """Let the writers write and return what each call took, in seconds.

    Args:
        benchmark: This run of the benchmarks.
        durability: The mode of the writers.
        count: Metrics of each writer.
        read: The workspace that is read meanwhile, ``"the same"``, or None for no readers.
    """
    place = benchmark.directory()
    workspace = place / "ws"
    outputs = [place / f"taken{number}" for number in range(_WRITERS)]
    writers = [_start(_WRITER, workspace, durability, count, output) for output in outputs]
    for writer in writers:
        writer.stdout.readline()
    with _reading(read if isinstance(read, Path) else workspace, _READERS if read else 0):
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
