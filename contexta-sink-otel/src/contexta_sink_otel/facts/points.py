"""One value of a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from contexta_sink_otel.facts.attributes import Attributes

__all__ = ["PointFacts"]


class PointFacts(NamedTuple):
    """One value of a metric.

    Args:
        name: The instrument's name.
        run: Reference of its run.
        unit: The unit, in UCUM's spelling where the user wrote that.
        value: The value, whole or not.
        time: When it was observed, in nanoseconds since the epoch.
        attributes: What tells its series from others.
        bounds: Upper bounds of a histogram's buckets; None for a gauge.
    """

    name: str
    run: str
    unit: str
    value: float
    time: int
    attributes: Attributes
    bounds: tuple[float, ...] | None
