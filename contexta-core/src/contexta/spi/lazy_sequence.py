"""A sequence that is read when somebody looks into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

__all__ = ["LazySequence"]

Item_co = TypeVar("Item_co", covariant=True)


class LazySequence(Sequence[Item_co]):
    """An immutable sequence whose items are loaded at the first look, once.

    Equal to any tuple with the same items.  Its length may be known without loading them.

    Args:
        load: Returns the items; called at most once from one thread.
        count: Returns the number of items without loading them; None where only loading tells.
    """

    __slots__ = ("_count", "_items", "_load")

    def __init__(
        self, load: Callable[[], Sequence[Item_co]], *, count: Callable[[], int] | None = None
    ) -> None:
        self._load = load
        self._count = count
        self._items: tuple[Item_co, ...] | None = None

    def _loaded(self) -> tuple[Item_co, ...]:
        items = self._items
        if items is None:
            items = self._items = tuple(self._load())
        return items

    def __len__(self) -> int:
        if self._items is None and self._count is not None:
            return self._count()
        return len(self._loaded())

    def __bool__(self) -> bool:
        return len(self) > 0

    @overload
    def __getitem__(self, index: int) -> Item_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Item_co, ...]: ...
    def __getitem__(self, index: int | slice) -> Item_co | tuple[Item_co, ...]:
        return self._loaded()[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazySequence):
            return self is other or self._loaded() == other._loaded()
        if isinstance(other, tuple):
            return self._loaded() == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._loaded())

    def __repr__(self) -> str:
        # Looking at a snapshot in a debugger must not read a store.
        return "<not loaded>" if self._items is None else repr(self._items)

    def __str__(self) -> str:
        return str(self._loaded())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._loaded(),)

    def __copy__(self) -> LazySequence[Item_co]:
        return self

    def __deepcopy__(self, memo: object) -> LazySequence[Item_co]:
        return self
