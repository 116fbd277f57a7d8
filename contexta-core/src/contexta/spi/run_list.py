"""Runs in an order: a tuple that shows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, overload

from contexta.errors import ContextaError
from contexta.spi.presentation import Presented
from contexta.spi.views import CompletenessNote, RunRecord

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Notes", "RunList"]

#: Returns notes on some runs.
Notes: TypeAlias = Callable[[tuple[RunRecord, ...]], Iterable[CompletenessNote]]


class RunList(tuple[RunRecord, ...], Presented):  # noqa: SLOT001 - what tells of the runs is kept beside them
    """Runs in the order of a query; a notebook shows them as a table, and they become a frame with a row for each.

    Args:
        runs: The runs.
        notes: Returns what limits the answer, of the runs that it is given; None for nothing.  Asked when somebody looks
            at :attr:`completeness_notes`, for most who list runs do not.
    """

    def __new__(cls, runs: Iterable[RunRecord] = (), notes: Notes | None = None) -> Self:
        """Make the list; see the class."""
        made = super().__new__(cls, runs)
        made.notes = notes
        return made

    #: What tells of them, as it was given.
    notes: Notes | None

    @cached_property
    def completeness_notes(self) -> tuple[CompletenessNote, ...]:
        """What limits the answer: values that runs were selected or ordered by and that are marked as degraded."""
        return () if self.notes is None else tuple(self.notes(tuple(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        # What asks for the notes stays behind; what it says goes along.
        try:
            notes = self.completeness_notes
        except ContextaError as error:
            # The workspace may be closed by now; the runs can be sent on all the same.
            notes = (CompletenessNote("info", "completeness_unknown", {"code": error.code}),)
        return type(self), (tuple(self),), {"completeness_notes": notes}

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> RunRecord: ...
    @overload
    def __getitem__(self, key: slice, /) -> Self: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> RunRecord | Self:
        """Return one of the runs, or those of a slice as a list that shows itself as well."""
        if isinstance(key, slice):
            return type(self)(super().__getitem__(key), self.notes)
        return super().__getitem__(key)
