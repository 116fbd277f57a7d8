"""Rows 1a to 1d: one metric, one call."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from benchmark import alternate, open_workspace, require_points
from figures import Figure, middle, percentile, quantity
from raw_lines import RawLines
from seeded_runs import seeded_workspace
from system_calls import sync_calls_per_metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

__all__ = ["constant_cost", "durable_call", "one_call", "sustained_rate"]

#: Calls of one side before the other side's turn.
_TURN = 500

Samples = tuple[list[float], list[float]]


def _values(count: int) -> list[float]:
    """Return numbers with all their digits, as a loss has them."""
    chance = random.Random(1)
    return [chance.random() for _ in range(count)]


def _timed_calls(benchmark: Benchmark, durability: str, count: int) -> Samples:
    """Time ``metric()`` and the raw write in turn; every point must be there at the end."""
    values = _values(count)
    place = benchmark.directory()
    with (
        open_workspace(place / "ws", durability) as ctx,
        RawLines(place / "raw", synced=durability == "fsync") as raw,
    ):
        with ctx.run("bench"):

            def captured(number: int) -> None:
                ctx.metric("loss", values[number], step=number)

            def written(number: int) -> None:
                raw.metric(values[number], number)

            # The first calls open files; what they cost is in the rows about runs and scripts.
            taken = alternate(count // _TURN, captured, written, calls=_TURN, warm_up=20)
        require_points(ctx, count + 20)
    return taken[0], taken[1]


def _buffered_calls(benchmark: Benchmark) -> Samples:
    count = benchmark.amount(100_000, 5_000)
    return benchmark.once("buffered calls", lambda: _timed_calls(benchmark, "flush", count))


def one_call(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 1a: a call that leaves the point with the operating system, readable by everybody."""
    product, raw = _buffered_calls(benchmark)
    ratio = middle(product) / middle(raw)
    p99 = percentile(product, 0.99)
    yield Figure(
        "1a",
        f"metric(), flush: {len(product):,} calls",
        quantity(middle(product), "s"),
        quantity(p99, "s"),
        quantity(middle(raw), "s"),
        ratio,
        "≤ x1.4 raw, p99 ≤ 50 µs",
        ratio <= 1.4 and p99 <= 50e-6,
    )


def sustained_rate(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 1b: points in a second over a whole loop, closing included."""
    count = benchmark.amount(100_000, 5_000)
    values = _values(count)

    def captured(_: int) -> None:
        place = benchmark.directory()
        with open_workspace(place / "ws", "flush") as ctx, ctx.run("bench"):
            begin = time.perf_counter()
            for step, value in enumerate(values):
                ctx.metric("loss", value, step=step)
        rates.append(count / (time.perf_counter() - begin))
        with open_workspace(place / "ws") as reader:
            require_points(reader, count)

    def written(_: int) -> None:
        with RawLines(benchmark.directory() / "raw") as raw:
            begin = time.perf_counter()
            for step, value in enumerate(values):
                raw.metric(value, step)
        floors.append(count / (time.perf_counter() - begin))

    rates: list[float] = []
    floors: list[float] = []
    alternate(benchmark.amount(5, 2), captured, written, warm_up=0)
    rate = middle(rates)
    yield Figure(
        "1b",
        f"{count:,} metric() calls, flush, with closing",
        quantity(rate, " /s"),
        floor=quantity(middle(floors), " /s"),
        ratio=middle(floors) / rate,
        goal="≥ 80k points/s",
        met=rate >= 80_000,
    )


def durable_call(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 1c: a call that leaves the point on stable storage, and one that leaves it there soon."""
    product, raw = _timed_calls(benchmark, "fsync", benchmark.amount(5_000, 1_000))
    ratio = middle(product) / middle(raw)
    yield Figure(
        "1c",
        f"metric(), fsync: {len(product):,} calls; floor: write + fdatasync",
        quantity(middle(product), "s"),
        quantity(percentile(product, 0.99), "s"),
        quantity(middle(raw), "s"),
        ratio,
        "≤ x1.3 raw",
        ratio <= 1.3,
    )
    calls = sync_calls_per_metric(benchmark)
    if calls is not None:
        yield Figure(
            "1c",
            "metric(), fsync: sync calls for each, counted by strace",
            f"{calls:g}",
            floor="1",
            goal="exactly 1",
            met=calls == 1,
        )
    product, raw = _timed_calls(benchmark, "interval", benchmark.amount(50_000, 5_000))
    ratio = middle(product) / middle(raw)
    p99 = percentile(product, 0.99)
    yield Figure(
        "1c",
        f"metric(), interval: {len(product):,} calls; on disk within 50 ms",
        quantity(middle(product), "s"),
        quantity(p99, "s"),
        quantity(middle(raw), "s"),
        ratio,
        "stretch: ≤ x1.4 raw, p99 ≤ 50 µs",
        ratio <= 1.4 and p99 <= 50e-6,
    )


def constant_cost(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 1d: a call costs the same after many points, and beside many runs."""
    product, raw = _buffered_calls(benchmark)
    growth = middle(product[-1_000:]) / middle(product[:1_000])
    # What the machine did meanwhile shows in the raw writes of the same moments.
    drift = middle(raw[-1_000:]) / middle(raw[:1_000])
    yield Figure(
        "1d",
        f"metric(): last 1,000 of {len(product):,} against first 1,000",
        f"x{growth:.2f}",
        floor=f"x{drift:.2f}",
        ratio=growth / drift,
        goal="ratio ≤ 1.1",
        met=growth / drift <= 1.1,
    )
    yield _beside_many_runs(benchmark)


def _beside_many_runs(benchmark: Benchmark) -> Figure:
    count = benchmark.amount(20_000, 3_000)
    runs = benchmark.amount(1_000, 100)
    values = _values(count)
    with (
        open_workspace(seeded_workspace(benchmark, runs), "flush") as full,
        open_workspace(benchmark.directory() / "ws", "flush") as empty,
        full.run("beside") as busy,
        empty.run("alone") as alone,
    ):
        beside, lonely = alternate(
            count // _TURN,
            lambda number: busy.metric("loss", values[number], step=number),
            lambda number: alone.metric("loss", values[number], step=number),
            calls=_TURN,
            warm_up=20,
        )
    ratio = middle(beside) / middle(lonely)
    return Figure(
        "1d",
        f"metric() beside {runs:,} runs; floor: in an empty workspace",
        quantity(middle(beside), "s"),
        quantity(percentile(beside, 0.99), "s"),
        quantity(middle(lonely), "s"),
        ratio,
        "≤ x1.1",
        ratio <= 1.1,
    )
