"""Numbers and times in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from contexta.spi.views import RunRecord, StageRecord

__all__ = ["counted", "number_text", "percent_text", "seconds_between", "seconds_text"]


def number_text(value: float | None) -> str:
    """Return a number with up to six digits that count; a dash for None."""
    if value is None:
        return "-"
    return f"{value:.6g}" if math.isfinite(value) else str(value)


def percent_text(ratio: float) -> str:
    """Return a relative change as text: ``+12.5 %``."""
    return f"{ratio * 100:+.3g} %"


def seconds_text(seconds: float | None) -> str:
    """Return a duration for people."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def seconds_between(thing: RunRecord | StageRecord) -> float | None:
    """Return how long a run or stage took, in seconds; None where that is not known."""
    if not thing.started_at or not thing.ended_at:
        return None
    try:
        return (instant(thing.ended_at) - instant(thing.started_at)) / 1e9
    except ValidationError:
        return None


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 run``, ``3 runs``."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
