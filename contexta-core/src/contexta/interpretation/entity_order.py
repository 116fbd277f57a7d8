"""The order of what belongs to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.metadata import Entity

__all__ = ["instant_or_zero", "place_of"]


def place_of(kind: EntityKind) -> Callable[[Entity], tuple[int, int]]:
    """Return the sort key of what belongs to a run: stages by number, everything else by when it began."""
    if kind is EntityKind.STAGE:
        return lambda entity: (_number(entity), _beginning(entity))
    return lambda entity: (_beginning(entity), _number(entity))


def instant_or_zero(time: str | None) -> int:
    """Return a time in nanoseconds since 1970, and 0 for none."""
    return instant(time) if time else 0


def _number(entity: Entity) -> int:
    number: int | None = entity.document.get("order_index")
    return (1 << 62) if number is None else number


def _beginning(entity: Entity) -> int:
    return instant_or_zero(entity.document.get("observed_at") or entity.document.get("started_at"))
