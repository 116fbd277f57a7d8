"""Where a capture belongs: the references of the scope that it is made in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CaptureContext"]


class CaptureContext:
    """The references of one scope, and what the capture path remembers for it.

    Args:
        refs: Flat field name (``run``, ``deployment``, ``stage``, ``batch``, ``sample``, ``op``) to reference text.
    """

    __slots__ = ("plain_series", "refs", "run", "series")

    def __init__(self, refs: Mapping[str, str]) -> None:
        self.refs = dict(refs)
        self.run = self.refs["run"]
        #: What repeats from point to point, by ``(key, unit, aggregation_scope, summary_basis)``.
        self.series: dict[tuple[Any, ...], Any] = {}
        #: The same by key alone, for series that are told apart by nothing else.
        self.plain_series: dict[Any, Any] = {}
