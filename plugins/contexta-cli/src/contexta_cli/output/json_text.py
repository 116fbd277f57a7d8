"""Answers as JSON: complete, sorted, and without anything that JSON does not know."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, time
from enum import Enum
from typing import Any

__all__ = ["json_line", "json_text", "to_jsonable"]


def json_text(value: Any) -> str:
    """Return JSON text: sorted keys, two spaces of indentation, ASCII only, so that no terminal is harmed by it."""
    return json.dumps(to_jsonable(value), indent=2, sort_keys=True, allow_nan=False)


def json_line(value: Any) -> str:
    """Return the same on one line, as NDJSON has it."""
    return json.dumps(to_jsonable(value), separators=(",", ":"), sort_keys=True, allow_nan=False)


def to_jsonable(value: Any) -> Any:
    """Turn a result model into plain data.

    Dataclasses and named tuples become objects field by field, enums their value, sequences lists, times ISO 8601;
    numbers that are not finite become null; whatever else becomes its text.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return to_jsonable(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_jsonable(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(entry) for key, entry in value.items()}
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Iterable):
        return [to_jsonable(entry) for entry in value]
    return str(value)
