"""Runs in an order: a tuple that shows itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex, overload

from contexta.spi.presentation import Presented
from contexta.spi.views import RunRecord

if TYPE_CHECKING:
    from typing import Self

__all__ = ["RunList"]


class RunList(tuple[RunRecord, ...], Presented):
    """Runs in the order of a query; a notebook shows them as a table, and they become a frame with a row for each."""

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> RunRecord: ...
    @overload
    def __getitem__(self, key: slice, /) -> Self: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> RunRecord | Self:
        """Return one of the runs, or those of a slice as a list that shows itself as well."""
        if isinstance(key, slice):
            return type(self)(super().__getitem__(key))
        return super().__getitem__(key)
