"""An immutable mapping that pickles, copies and hashes; the storage of every mapping in a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EMPTY_MAPPING", "FrozenMapping"]

Value_co = TypeVar("Value_co", covariant=True)


class FrozenMapping(Mapping[str, Value_co]):
    """A mapping from text that cannot change.

    ``types.MappingProxyType`` would do for reading, but it neither pickles nor copies nor hashes, and models cross
    process borders and serve as keys.  Equal to any mapping with the same items.

    Args:
        items: The items; copied, in their order.
    """

    __slots__ = ("_hash", "_items")

    _items: dict[str, Value_co]
    _hash: int | None

    def __init__(self, items: Mapping[str, Value_co] | None = None) -> None:
        object.__setattr__(self, "_items", dict(items) if items else {})
        object.__setattr__(self, "_hash", None)

    @classmethod
    def of(cls, items: Mapping[str, Value_co] | None) -> FrozenMapping[Value_co]:
        """Return a frozen mapping of the items; one that is frozen already is returned as it is."""
        if isinstance(items, FrozenMapping):
            return items
        return FrozenMapping(items) if items else EMPTY_MAPPING

    def __getitem__(self, key: str) -> Value_co:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMapping):
            return bool(self._items == other._items)
        if isinstance(other, Mapping):
            return bool(self._items == dict(other))
        return NotImplemented

    def __hash__(self) -> int:
        """Hash the items; raises TypeError where a value is not hashable, as a tuple would."""
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(frozenset(self._items.items())))
        return self._hash  # type: ignore[return-value]  # set just above

    def __repr__(self) -> str:
        return repr(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: the mapping is part of frozen models."""
        message = f"a FrozenMapping cannot be changed (tried to set {name!r})"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        """Refuse, as for assignment."""
        message = f"a FrozenMapping cannot be changed (tried to delete {name!r})"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (self._items,)

    def __copy__(self) -> FrozenMapping[Value_co]:
        return self

    def __deepcopy__(self, memo: object) -> FrozenMapping[Value_co]:
        return self


#: The empty mapping, shared: most records have no tags and no attributes.
EMPTY_MAPPING: Final[FrozenMapping[Any]] = FrozenMapping()
