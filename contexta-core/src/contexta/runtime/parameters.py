"""Parameters: what a run was set to, under dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contexta.contract.json_values import freeze_json_mapping, thaw_json

__all__ = ["flatten_parameters"]


def flatten_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested mappings to dotted keys: ``{"model": {"depth": 3}}`` is ``{"model.depth": 3}``.

    Lists are values; an empty mapping is a value too, so that nothing that was given disappears.  Where a key is given
    both nested and dotted, the dotted one holds.

    Raises:
        ValidationError: A name or value is not JSON-safe.
    """
    frozen = freeze_json_mapping(parameters, field_name="parameters")
    # A frozen mapping is sorted, and "a" sorts before "a.b": what is dotted comes after what is nested.
    return dict(sorted({key: thaw_json(value) for key, value in _leaves(frozen)}.items()))


def _leaves(mapping: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings under dotted keys, in their order."""
    for name, value in mapping.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
