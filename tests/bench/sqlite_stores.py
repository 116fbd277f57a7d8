"""Rows `sqlite`: the SQLite stores, each figure beside the same work in the stock stores."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmark import alternate, require_points
from figures import Figure, middle, percentile, quantity

from contexta import Contexta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["sqlite_beside_stock"]

_SQLITE = {"metadata": {"storage_adapter": "sqlite"}, "records": {"storage_adapter": "sqlite"}}
_POINTS = 1_000


def sqlite_beside_stock(benchmark: Benchmark) -> Iterator[Figure]:
    """Metrics one by one and in batches, runs opened and closed, and a list of runs with their summaries."""
    for durability in ("flush", "fsync"):
        with ExitStack() as stack:
            sqlite, stock = (
                stack.enter_context(_opened(benchmark.directory() / "ws", durability, stores))
                for stores in (_SQLITE, {})
            )
            runs = [stack.enter_context(ctx.run("bench")) for ctx in (sqlite, stock)]
            count = benchmark.amount(2_000, 100)
            yield _figure(
                f"metric(), {durability}",
                count,
                *(lambda number, run=run: run.metric("loss", 0.5, step=number) for run in runs),
            )
            batches = benchmark.amount(30, 3)
            yield _figure(f"emit_metrics of {_POINTS:,} points, {durability}", batches, *map(_batch, runs))
            for ctx in (sqlite, stock):
                require_points(ctx, count + 1 + (batches + 1) * _POINTS)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(_opened(benchmark.directory() / "ws", "flush", stores))
            for stores in (_SQLITE, {})
        ]
        count = benchmark.amount(300, 20)
        yield _figure("run opened and closed, flush", count, *map(_run, opened))
        for ctx in opened:
            if len(ctx.list_runs()) != count + 1:
                raise RuntimeError("a run that was closed is not listed")
        yield _figure(
            f"list_runs over {count + 1} runs",
            benchmark.amount(50, 5),
            *(lambda _, ctx=ctx: ctx.list_runs() for ctx in opened),
        )


def _opened(path: Path, durability: str, stores: dict[str, dict[str, str]]) -> Contexta:
    records = {"durability_mode": durability, **stores.get("records", {})}
    return Contexta(workspace=str(path), config={**stores, "records": records})


def _batch(run: object) -> Callable[[int], object]:
    points = [{"key": "loss", "value": 0.5, "step": step} for step in range(_POINTS)]
    return lambda _: run.emit_metrics(points)


def _run(ctx: Contexta) -> Callable[[int], object]:
    def open_and_close(number: int) -> None:
        with ctx.run(f"run {number}"):
            pass

    return open_and_close


def _figure(
    what: str, rounds: int, product: Callable[[int], object], stock: Callable[[int], object]
) -> Figure:
    taken, beside = alternate(rounds, product, stock, warm_up=1)
    return Figure(
        "sqlite",
        f"{what}; beside: the stock stores",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(beside), "s"),
        middle(taken) / middle(beside),
    )
