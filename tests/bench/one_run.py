"""Row snapshot: one run of a large workspace costs what that run holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity
from seeded_runs import METRICS, STEPS, seeded_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

    from contexta import Contexta

__all__ = ["one_run_of_many"]

_MOST = 1.2
_RUNS = 50


def one_run_of_many(benchmark: Benchmark) -> Iterator[Figure]:
    """Row snapshot: a run's snapshot with its records, of 2,000 runs beside 200; the latter is the floor."""
    sizes = benchmark.amount(200, 20), benchmark.amount(2_000, 200)
    few, many = (seeded_workspace(benchmark, runs) for runs in sizes)
    with open_workspace(few) as small, open_workspace(many) as large:
        read = []
        for ctx, runs in zip((small, large), sizes, strict=True):
            ctx.record_store.rebuild_indexes()
            # A first question each, so that what is read once for an opened workspace is not counted as the runs'.
            _look(ctx, 0)
            read.append(_bytes_read(ctx, range(1, runs, max(1, runs // _RUNS))))
        taken, floor = alternate(
            benchmark.amount(60, 10),
            lambda number: _look(large, abs(number) * 31 % sizes[1]),
            lambda number: _look(small, abs(number) * 31 % sizes[0]),
            warm_up=3,
        )
    yield Figure(
        "snapshot",
        f"one run of {sizes[1]:,} with its records, warm; floor: of {sizes[0]:,} runs",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(taken) / middle(floor),
        f"≤ x{_MOST}",
        middle(taken) / middle(floor) <= _MOST,
    )
    if all(read):
        yield Figure(
            "snapshot",
            f"bytes that the process reads for one of {_RUNS}",
            f"{read[1]:,} B",
            "",
            f"{read[0]:,} B",
            read[1] / read[0],
            f"≤ x{_MOST}",
            read[1] / read[0] <= _MOST,
        )


def _look(ctx: Contexta, number: int) -> None:
    snapshot = ctx.get_run_snapshot(f"run-{number}")
    if len(snapshot.records) != len(METRICS) * STEPS or snapshot.records[0].key not in METRICS:
        raise RuntimeError(f"run-{number} has {len(snapshot.records)} records")


def _bytes_read(ctx: Contexta, numbers: range) -> int:
    """Return how many bytes the process reads for each of some runs; 0 where the system does not tell."""
    before = _read_so_far()
    for number in numbers:
        _look(ctx, number)
    return (_read_so_far() - before) // len(numbers)


def _read_so_far() -> int:
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0
    return int(counters.read_text(encoding="ascii").split("rchar: ")[1].split()[0])
