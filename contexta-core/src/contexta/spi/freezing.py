"""How result models keep what they are given: sequences as tuples, mappings read-only and sorted by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["freeze_fields", "sorted_frozen"]

_set = object.__setattr__


def sorted_frozen(items: Mapping[str, Any] | None) -> FrozenMapping[Any]:
    """Return a read-only mapping sorted by key; one that is frozen already is returned as it is."""
    # By its type, and adopted: thousands of runs are frozen at once, and the checks of abstract classes are slow.
    if type(items) is FrozenMapping:
        return items
    return FrozenMapping.adopt(dict(sorted(items.items()))) if items else EMPTY_MAPPING


def freeze_fields(model: object, *, mappings: tuple[str, ...] = (), sequences: tuple[str, ...] = ()) -> None:
    """Freeze fields of a model that is being made.

    Args:
        model: A frozen dataclass in its ``__post_init__``.
        mappings: Fields that become read-only mappings.
        sequences: Fields that become tuples.
    """
    for name in mappings:
        _set(model, name, sorted_frozen(getattr(model, name)))
    for name in sequences:
        value = getattr(model, name)
        if type(value) is not tuple:
            _set(model, name, tuple(value))
