"""Values as text, for the cells of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from typing import Any

__all__ = ["is_numeric", "value_text"]

_NUMERIC = ("BIGINT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "U")


def is_numeric(kind: str) -> bool:
    """Tell whether a SQL type is one of numbers, which stand on the right."""
    return kind.startswith(_NUMERIC) and not kind.startswith(("UNION", "UUID")) and not kind.endswith("]")


def value_text(value: Any) -> str:
    """Return a value as text: nothing for null, times as ISO 8601, and lists and mappings as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (Mapping, Iterable)) or is_dataclass(value):
        import json

        from contexta_cli.output.json_text import to_jsonable

        return json.dumps(to_jsonable(value), ensure_ascii=False)
    return str(value)
