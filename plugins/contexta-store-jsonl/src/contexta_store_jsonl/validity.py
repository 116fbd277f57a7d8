"""What makes a mapping a flat record, in one place: appending refuses the rest, reading passes over it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from contexta.contract.timestamps import instant, normalize_timestamp
from contexta.contract.vocabularies import RECORD_TYPES
from contexta.errors import ValidationError

__all__ = ["ZERO_FRACTION", "is_finite", "sortable_time", "why_invalid"]

_TYPES = frozenset(RECORD_TYPES)
# The calendar but for leap years, so that a match of any other day needs no parsing.
_TIME = re.compile(
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8])|(02-29))T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z"
)
#: Lengths of canonical times without a fraction, and with one to the microsecond.
_DIRECT_LENGTHS = frozenset({20, 27})
#: What a canonical time never ends with: a fraction of nothing is left out.
ZERO_FRACTION = ".000000Z"
_NUMBERS = frozenset({int, float})


def why_invalid(record: Any) -> str | None:
    """Say what keeps a value from being a flat record.

    Args:
        record: What was given, or read.

    Returns:
        What it has that it must not have, or lacks, worded to follow "it has"; None for a flat record.
    """
    # Plain comparisons of classes: this runs for every record that is read.
    if record.__class__ is not dict and not isinstance(record, Mapping):
        return f"the form of a {type(record).__name__} instead of a mapping"
    get = record.get
    kind = get("type")
    if kind.__class__ is not str or kind not in _TYPES:
        return f"no known type: {kind!r}; use one of {', '.join(RECORD_TYPES)}"
    for name in ("id", "run"):
        text = get(name)
        if not text or not isinstance(text, str):
            return f"no {name}: {text!r}"
    time = get("time")
    if time.__class__ is not str or not _is_time(time):
        return f"no time in UTC: {time!r}; write it as '2026-01-31T12:00:00.123456Z'"
    return _why_invalid_metric(get) if kind == "metric" else None


def _why_invalid_metric(get: Any) -> str | None:
    """Say what keeps a record of type metric from being one."""
    key, stage, unit = get("key"), get("stage"), get("unit")
    if not key or not isinstance(key, str):
        return f"no key: {key!r}"
    if not isinstance(stage, str | None) or not isinstance(unit, str | None):
        return f"a stage or unit that is no text: {stage!r}, {unit!r}"
    value, step = get("value"), get("step")
    if value.__class__ not in _NUMBERS or not is_finite(value):
        return f"no finite number as its value: {value!r}"
    if step is not None and step.__class__ is not int:
        return f"a step that is no whole number: {step!r}"
    return None


def is_finite(number: Any) -> bool:
    """Whether a number is finite as a double; an integer beyond its range is not."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def sortable_time(time: str) -> str:
    """Return a text that sorts like the time that a valid record's text stands for."""
    if len(time) in _DIRECT_LENGTHS and not time.endswith(ZERO_FRACTION):
        # Without the closing letter a whole second is a prefix of its fractions, and so sorts before them.
        return time[:-1]
    return normalize_timestamp(time)[:-1]


def _is_time(text: str) -> bool:
    """Whether a text is a time in UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    if found[1] is None:
        return True
    try:
        instant(text)
    except ValidationError:
        return False
    return True
