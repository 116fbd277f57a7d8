"""Many instances of a frozen dataclass at once.

Such a class sets its fields one by one through ``object.__setattr__``; filling the slots column by column costs less
than half, and people wait for 100,000 points.
"""

from __future__ import annotations

import gc
from collections import deque
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["collector_paused", "instances"]

_T = TypeVar("_T")


def instances(kind: type[_T], count: int, columns: Mapping[str, Iterable[Any]]) -> list[_T]:
    """Build instances from columns.

    Args:
        kind: A dataclass with ``slots=True`` that checks nothing when it is made.
        count: How many.
        columns: The values of every field, by its name.

    Returns:
        The instances.
    """
    with collector_paused():
        made: list[_T] = list(map(object.__new__, repeat(kind, count)))
        for name, values in columns.items():
            # A deque without room runs through an iterator without a loop of bytecode.
            deque(map(getattr(kind, name).__set__, made, values), maxlen=0)
    return made


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector of cycles out of a stretch that makes very many objects and no garbage.

    Each time there are a quarter more objects it would look through all of them, and find nothing.  Only what is
    bounded by the size of its own answer belongs here: meanwhile no thread of the process gets its cycles collected.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
