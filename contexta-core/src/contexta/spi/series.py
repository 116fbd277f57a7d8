"""The metric fast path for backends that have none of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.records import FlatRecord, RecordBackend

__all__ = ["PlainSeries"]


class PlainSeries:
    """``SupportsSeries`` over the plain ``append`` of any backend.

    Args:
        backend: The backend to append to.
    """

    def __init__(self, backend: RecordBackend) -> None:
        self._backend = backend

    def open_series(self, constants: FlatRecord) -> FlatRecord:
        """Return the constants themselves; a record is their copy with the point's own fields."""
        return constants

    def append_point(
        self, series: FlatRecord, record_id: str, value: float, time: str, step: int | None
    ) -> None:
        """Append one point as one record."""
        self._backend.append([_record(series, record_id, value, time, step)])

    def append_points(self, points: Iterable[tuple[FlatRecord, str, float, str, int | None]]) -> None:
        """Append many points as one batch."""
        self._backend.append([_record(*point) for point in points])


def _record(series: FlatRecord, record_id: str, value: float, time: str, step: int | None) -> FlatRecord:
    record = {**series, "id": record_id, "value": value, "time": time}
    if step is not None:
        record["step"] = step
    return record
