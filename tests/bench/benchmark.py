"""What one benchmark run is given: where it may write, how much it shall do, and workspaces to measure."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta import Contexta

if TYPE_CHECKING:
    from figures import Figure

__all__ = ["Benchmark", "Measurement", "alternate", "open_workspace", "require_points"]

#: What measures one row.
Measurement = Callable[["Benchmark"], Iterator["Figure"]]


class Benchmark:
    """One run of the benchmarks.

    Args:
        root: An empty directory on the file system to measure.
        quick: Whether to do a small part of the work, to see that everything runs.
    """

    def __init__(self, root: Path, *, quick: bool) -> None:
        self._root = root
        self.quick = quick
        self._kept: dict[str, Any] = {}

    def amount(self, full: int, quick: int) -> int:
        """Return how much of something to do."""
        return quick if self.quick else full

    def directory(self) -> Path:
        """Return a fresh empty directory."""
        return Path(tempfile.mkdtemp(dir=self._root))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what was made under a name, making it at the first call: rows share what takes long to prepare."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


@contextmanager
def open_workspace(path: Path, durability: str = "fsync") -> Iterator[Contexta]:
    """Open a workspace as a user does, with all that is captured by default.

    Args:
        path: The workspace; it may be missing.
        durability: ``"fsync"`` (the default of the product), ``"flush"`` or ``"interval"``.
    """
    with Contexta(workspace=str(path), config={"records": {"durability_mode": durability}}) as ctx:
        yield ctx


def require_points(ctx: Contexta, count: int) -> None:
    """Fail unless a workspace holds so many records: what is quick must also be there.

    Raises:
        RuntimeError: There are fewer, or more.
    """
    found = sum(1 for _ in ctx.record_store.scan())
    if found != count:
        raise RuntimeError(f"{count} points were acknowledged, and {found} are there")


def alternate(
    rounds: int, *actions: Callable[[int], object], calls: int = 1, warm_up: int = 1
) -> tuple[list[float], ...]:
    """Time several actions in turn, so that what else the machine does falls on all of them alike.

    Args:
        rounds: How often each action's turn comes.
        actions: Called with the number of the call, counted over all rounds.
        calls: Calls of one action in one turn.
        warm_up: Calls of each action before the timing begins, with negative numbers.

    Returns:
        For each action the time of every call, in seconds.
    """
    clock = time.perf_counter
    times: tuple[list[float], ...] = tuple([] for _ in actions)
    for action in actions:
        for number in range(-warm_up, 0):
            action(number)
    for first in range(0, rounds * calls, calls):
        for action, taken in zip(actions, times, strict=True):
            for number in range(first, first + calls):
                begin = clock()
                action(number)
                taken.append(clock() - begin)
    return times
