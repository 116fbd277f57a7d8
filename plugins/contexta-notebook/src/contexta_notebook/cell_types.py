"""What the cells of a column are whose values anybody may have given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.workspace_tables import json_column

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["typed_column"]

#: Whole numbers beyond these do not fit into a column.
_SMALLEST, _GREATEST = -(2**63), 2**63 - 1


def typed_column(values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the type of a column and its cells: the narrowest type that holds every value, at the widest text.

    Args:
        values: The values; None where there is none.
    """
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"number", "integer"}:
        kinds = {"number"}
    if len(kinds) == 1 and kinds != {"text"}:
        return kinds.pop(), list(values)
    return "text", [
        value if value is None or isinstance(value, str) else json_column(value) for value in values
    ]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if _SMALLEST <= value <= _GREATEST else "text"
    return "number" if isinstance(value, float) else "text"
