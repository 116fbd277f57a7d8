"""Answers as JSON: complete, sorted, and without anything that JSON does not know."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["json_bytes", "plain_data"]


def json_bytes(value: Any) -> bytes:
    """Return JSON on one line: sorted keys, ASCII only."""
    return json.dumps(plain_data(value), sort_keys=True, allow_nan=False).encode("ascii")


def plain_data(value: Any) -> Any:
    """Turn a result model into plain data.

    Dataclasses become objects field by field, mappings objects, sequences lists; numbers that are not finite become
    null; whatever else becomes its text.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_data(entry) for key, entry in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return [plain_data(entry) for entry in value]
    return str(value)
