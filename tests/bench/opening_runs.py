"""Row 3d: opening and closing a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity
from raw_lines import RawLines

if TYPE_CHECKING:
    from benchmark import Benchmark

__all__ = ["open_and_close"]


def open_and_close(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3d: an empty run, whose row everybody can read when the block ends."""
    for durability in ("fsync", "flush"):
        yield _one_mode(benchmark, durability)


def _one_mode(benchmark: Benchmark, durability: str) -> Figure:
    from contexta.spi.metadata import EntityKind, EntityQuery

    count = benchmark.amount(300, 30)
    place = benchmark.directory()
    with (
        open_workspace(place / "ws", durability) as ctx,
        RawLines(place / "raw", synced=durability == "fsync") as raw,
    ):

        def captured(number: int) -> None:
            with ctx.run(f"run {number}"):
                pass

        def written(number: int) -> None:
            raw.metric(0.5, number)
            raw.metric(0.5, number)

        # The first run of a process gathers the environment, which later ones have from the start.
        product, floor = alternate(count, captured, written, warm_up=1)
        with open_workspace(place / "ws") as reader:
            found = reader.metadata_store.find(EntityQuery(kind=EntityKind.RUN))
            if len(found) != count + 1:
                raise RuntimeError(f"{count + 1} runs were opened and closed, and {len(found)} are readable")
    return Figure(
        "3d",
        f"run opened and closed, {durability}; floor: two raw lines",
        quantity(middle(product), "s"),
        quantity(percentile(product, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(product) / middle(floor),
        "≤ 1 ms",
        middle(product) <= 1e-3,
    )
