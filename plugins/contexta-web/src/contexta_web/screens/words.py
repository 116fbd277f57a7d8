"""Times, durations, numbers and sizes as people read them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from contexta.contract.timestamps import instant
from contexta_web.json_text import plain_data

__all__ = ["clock", "duration", "long_text", "number", "short_name", "size", "value_text"]

_NANOSECONDS = 1_000_000_000
_NOTHING = "–"  # noqa: RUF001 - the sign for what is missing


def clock(time: str | None) -> str:
    """Return an instant to the second, in UTC."""
    return _NOTHING if time is None else time[:19].replace("T", " ")


def duration(started: str | None, ended: str | None) -> str:
    """Return how long something took."""
    if started is None or ended is None:
        return _NOTHING
    seconds = (instant(ended) - instant(started)) / _NANOSECONDS
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def number(value: float | None) -> str:
    """Return a number with five significant digits."""
    if value is None:
        return _NOTHING
    return f"{value:.5g}" if math.isfinite(value) else str(value)


def size(count: int | None) -> str:
    """Return a number of bytes."""
    if count is None:
        return _NOTHING
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} TiB"


def value_text(value: Any) -> str:
    """Return a value of any kind; a missing one as a dash."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else str(value)


def long_text(value: Any) -> str:
    """Return a value of any kind; one that has parts as JSON, indented."""
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(plain_data(value), indent=2, sort_keys=True, ensure_ascii=False)
    return value_text(value)


def short_name(run_id: str) -> str:
    """Return a run as `project.run`."""
    return run_id.removeprefix("run:")
