"""Values of OpenTelemetry as JSON data that every store takes."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from contexta.contract.limits import MAX_INTEGER, MAX_JSON_KEY_LENGTH, MAX_KEY_LENGTH, MIN_INTEGER
from contexta.contract.text import display_safe

__all__ = ["LONGEST_TEXT", "digest", "json_mapping", "json_value", "key_of", "label"]

#: Longest text that is kept of one value, in characters.
LONGEST_TEXT = 100_000

#: Deepest nesting that is kept as data; what lies below becomes text.
_DEEPEST = 16

_NOT_KEY = re.compile(r"[^A-Za-z0-9_/@%-]+")


def json_value(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON data; numbers that JSON does not have, bytes and unknown objects become text.

    Args:
        value: An attribute's value, or the body of a log record.
        depth: How deep it stands.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if MIN_INTEGER <= value <= MAX_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return display_safe(value, multiline=True)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if depth < _DEEPEST and isinstance(value, Mapping):
        return json_mapping(value, depth + 1)
    if depth < _DEEPEST and isinstance(value, Sequence):
        return [json_value(each, depth + 1) for each in value]
    return display_safe(str(value), multiline=True)


def json_mapping(values: Mapping[str, Any] | None, depth: int = 0) -> dict[str, Any]:
    """Return attributes as JSON data.

    Args:
        values: The attributes; None for none.
        depth: How deep they stand.
    """
    return {
        name: json_value(value, depth)
        for key, value in (values or {}).items()
        if (name := display_safe(str(key)).strip()[:MAX_JSON_KEY_LENGTH])
    }


def label(value: Any) -> str:
    """Return a value as the text of a tag."""
    found = json_value(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, sort_keys=True)


def key_of(name: str, otherwise: str) -> str:
    """Return a name as the key of an event or metric: what a key cannot hold becomes a hyphen.

    Args:
        name: The name.
        otherwise: The key where nothing is left.
    """
    tokens = (_NOT_KEY.sub("-", token) for token in name.split("."))
    return ".".join(token for token in tokens if token)[:MAX_KEY_LENGTH].rstrip(".") or otherwise


def digest(*parts: Any) -> str:
    """Return the last component of a reference, the same for the same parts in every process."""
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, default=str)
    return f"otel-{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
