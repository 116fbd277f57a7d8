"""Parameters: what a run was set to, under dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contexta.contract.json_values import freeze_json_mapping, thaw_json

__all__ = ["flatten_parameters"]


def flatten_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested mappings to dotted keys: ``{"model": {"depth": 3}}`` is ``{"model.depth": 3}``.

    Lists are values; an empty mapping is a value too, so that nothing that was given disappears.

    Raises:
        ValidationError: A name or value is not JSON-safe.
    """
    flat: dict[str, Any] = {}
    pending = [("", freeze_json_mapping(parameters, field_name="parameters"))]
    while pending:
        prefix, mapping = pending.pop()
        for name, value in mapping.items():
            key = f"{prefix}{name}"
            if isinstance(value, Mapping) and value:
                pending.append((f"{key}.", value))  # type: ignore[arg-type]  # frozen all the way down
            else:
                flat[key] = thaw_json(value)
    return dict(sorted(flat.items()))
