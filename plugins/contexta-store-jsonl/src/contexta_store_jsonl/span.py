"""A range of time, as records are compared with it."""

from __future__ import annotations

from typing import NamedTuple

from contexta.contract.timestamps import instant
from contexta.spi.pushdown import clipped
from contexta.spi.records import ScanFilter

__all__ = ["Span", "span_of"]


class Span(NamedTuple):
    """A range of time; both ends belong to it.

    Attributes:
        low: Its beginning, in nanoseconds since 1970 UTC; the earliest that 64 bits hold where it is open.
        high: Its end, likewise.
    """

    low: int
    high: int

    def holds(self, time: str) -> bool:
        """Whether a time lies in the range.

        Args:
            time: The time of a valid record.
        """
        return self.low <= clipped(instant(time)) <= self.high

    def meets(self, low: int | None, high: int | None) -> bool:
        """Whether another range has a time in common with this one.

        Args:
            low: Its beginning; None when it is empty.
            high: Its end.
        """
        return low is not None and high is not None and low <= self.high and self.low <= high


def span_of(start_time: str | None, end_time: str | None) -> Span | None:
    """Return the range between two times; None when it is open at both ends.

    Args:
        start_time: The first that belongs to it.
        end_time: The last that belongs to it.

    Raises:
        ValidationError: An unreadable time, or a range that ends before it starts.
    """
    wanted = ScanFilter(start_time=start_time, end_time=end_time)
    if wanted.start_time is None and wanted.end_time is None:
        return None
    low = -(2**63) if wanted.start_time is None else clipped(instant(wanted.start_time))
    high = 2**63 - 1 if wanted.end_time is None else clipped(instant(wanted.end_time))
    return Span(low, high)
