"""Columns of some thousand cells: work on a whole one is several times quicker than on each of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Column", "changed_text", "is_plain", "of_types"]

Column: TypeAlias = "Sequence[Any]"

_NONE = type(None)


def of_types(column: Column, *types: type) -> bool:
    """Tell whether every cell of a column is exactly of one of the types, or None."""
    return {*types, _NONE}.issuperset(map(type, column))


def is_plain(texts: Iterable[str]) -> bool:
    """Tell whether texts hold printable ASCII alone."""
    joined = "".join(texts)
    return joined.isascii() and joined.isprintable()


def changed_text(column: Column, change: Callable[[str], Any], *, nothing: Any = None) -> Column:
    """Return a column of text with each cell changed; names stand in it again and again, and are changed once.

    Args:
        column: The column; of text and None alone.
        change: Changes one text.
        nothing: What takes the place of None.
    """
    distinct = set(column)
    changed: dict[str | None, Any] = {text: nothing if text is None else change(text) for text in distinct}
    return [changed[text] for text in column]
