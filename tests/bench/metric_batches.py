"""Row 2: a thousand points in one call."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace, require_points
from figures import Figure, middle, percentile, quantity
from raw_lines import RawLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmark import Benchmark

__all__ = ["batches_of_a_thousand"]

_POINTS = 1_000
_GOALS = {"flush": 400_000, "fsync": 200_000}
_SHAPES = {"wide": (1_000, 1), "deep": (10, 100)}


def batches_of_a_thousand(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 2: wide and deep batches, to the operating system and to stable storage."""
    for durability, goal in _GOALS.items():
        for shape in _SHAPES:
            yield _one_shape(benchmark, durability, shape, goal)


def _batch(number: int, shape: str) -> list[dict[str, Any]]:
    keys, steps = _SHAPES[shape]
    chance = random.Random(number)
    return [
        {"key": f"metric_{key}", "value": chance.random(), "step": number * steps + step}
        for step in range(steps)
        for key in range(keys)
    ]


def _full_lines(raw: RawLines) -> Callable[[list[dict[str, Any]]], None]:
    """Return what writes whole records, as many fields as the product's, with the quickest encoder there is."""
    import msgspec

    encoder = msgspec.json.Encoder()

    def write(points: list[dict[str, Any]]) -> None:
        moment = f"{time.time():.6f}"
        raw.line(
            encoder.encode_lines(
                [
                    {
                        "n": n,
                        "type": "metric",
                        "id": f"{n:020d}",
                        "run": "run:bench.raw",
                        **point,
                        "time": moment,
                    }
                    for n, point in enumerate(points)
                ]
            )
        )

    return write


def _one_shape(benchmark: Benchmark, durability: str, shape: str, goal: int) -> Figure:
    rounds = benchmark.amount(60, 10)
    # Made before the clock starts; the first ones, with negative numbers, teach the product its series.
    batches = [_batch(number, shape) for number in range(rounds + 2)]
    place = benchmark.directory()
    with (
        open_workspace(place / "ws", durability) as ctx,
        RawLines(place / "raw", synced=durability == "fsync") as raw,
        ctx.run("bench") as run,
    ):
        write = _full_lines(raw)
        product, floor = alternate(
            rounds,
            lambda number: run.emit_metrics(batches[number]),
            lambda number: write(batches[number]),
            warm_up=2,
        )
        require_points(ctx, (rounds + 2) * _POINTS)
    rate = _POINTS / middle(product)
    return Figure(
        "2",
        f"emit_metrics of 1,000 points, {shape}, {durability}: {quantity(middle(product), 's')} a call",
        quantity(rate, " /s"),
        quantity(percentile(product, 0.99), "s"),
        quantity(_POINTS / middle(floor), " /s"),
        middle(product) / middle(floor),
        f"≥ {goal // 1_000}k points/s",
        rate >= goal,
    )
