"""An immutable mapping that pickles, copies and hashes; the storage of every mapping in a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, ValuesView

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
    _hash: int

    def __init__(self, items: Mapping[str, Value_co] | None = None) -> None:
        _set_items(self, dict(items) if items else {})

    @classmethod
    def adopt(cls, items: dict[str, Value_co]) -> FrozenMapping[Value_co]:
        """Return a frozen mapping of a dict that nobody else holds; it is not copied."""
        if not items:
            return EMPTY_MAPPING
        self = object.__new__(cls)
        _set_items(self, items)
        return self

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

    # What follows the base class does as well, at many times the price.
    def get(self, key: str, default: Any = None) -> Any:
        """Return the item of a key, or the default where there is none."""
        return self._items.get(key, default)

    def items(self) -> ItemsView[str, Value_co]:
        """Return a view of the keys and values."""
        return self._items.items()

    def keys(self) -> KeysView[str]:
        """Return a view of the keys."""
        return self._items.keys()

    def values(self) -> ValuesView[Value_co]:
        """Return a view of the values."""
        return self._items.values()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMapping):
            return bool(self._items == other._items)
        if isinstance(other, Mapping):
            return bool(self._items == dict(other))
        return NotImplemented

    def __hash__(self) -> int:
        """Hash the items; raises TypeError where a value is not hashable, as a tuple would."""
        try:
            return self._hash
        except AttributeError:
            _set_hash(self, hash(frozenset(self._items.items())))
            return self._hash

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


# Past __setattr__, which refuses, and quicker than object.__setattr__.
_set_items: Final[Any] = vars(FrozenMapping)["_items"].__set__
_set_hash: Final[Any] = vars(FrozenMapping)["_hash"].__set__

#: The empty mapping, shared: most records have no tags and no attributes.
EMPTY_MAPPING: Final[FrozenMapping[Any]] = FrozenMapping()
