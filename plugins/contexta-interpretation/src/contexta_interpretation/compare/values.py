"""The differences of named values: parameters, packages, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.comparison import ValueChange

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["value_changes"]


def value_changes(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[ValueChange, ...]:
    """Return the differences of two mappings, by key; a key with the value None is there all the same."""
    changes = []
    for key in sorted(left.keys() | right.keys()):
        before, after = left.get(key), right.get(key)
        if key not in left:
            changes.append(ValueChange(key, None, after, "added"))
        elif key not in right:
            changes.append(ValueChange(key, before, None, "removed"))
        elif _differ(before, after):
            changes.append(ValueChange(key, before, after, "changed"))
    return tuple(changes)


def _differ(before: object, after: object) -> bool:
    # As everywhere, 1 and 1.0 are the same, and true is another kind of value.
    return before != after or isinstance(before, bool) is not isinstance(after, bool)
