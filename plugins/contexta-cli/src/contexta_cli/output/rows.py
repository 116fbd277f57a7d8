"""Answers as rows: what CSV and NDJSON hold of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Rows", "flattened", "objects_of", "rows_of"]


class Rows(NamedTuple):
    """A table that is there already, for answers whose rows are no objects.

    Args:
        columns: The names of its columns.
        rows: Rows of as many values; read once.
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def objects_of(answer: Any) -> Iterator[Any]:
    """Return the objects that an answer consists of, whole, one for each line of NDJSON.

    A sequence is its entries, a mapping with one sequence in it is that one's, and everything else is one object.

    Args:
        answer: The answer of a command, or :class:`Rows`.
    """
    if isinstance(answer, Rows):
        return (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)
    if _is_sequence(answer):
        return iter(answer)
    if isinstance(answer, Mapping):
        sequences = [value for value in answer.values() if _is_sequence(value)]
        if len(sequences) == 1:
            return iter(sequences[0])
    return iter([answer])


def rows_of(answer: Any) -> Rows:
    """Return the table of an answer, for CSV: a row for each of its objects.

    Columns are the fields in the order in which they are met; those of an object within are named ``outer.inner``.

    Args:
        answer: As for :func:`objects_of`.
    """
    if isinstance(answer, Rows):
        return answer
    found = [flattened(each) for each in objects_of(answer)]
    columns = list(dict.fromkeys(name for row in found for name in row))
    return Rows(columns, ([row.get(name) for name in columns] for row in found))


def flattened(value: Any) -> dict[str, Any]:
    """Return the fields of an object with dotted names; of what is no object, the one field ``value``."""
    return dict(_fields(value, ""))


def _fields(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    named = _named(value)
    if named is None:
        yield prefix or "value", value.value if isinstance(value, Enum) else value
        return
    for name, inner in named.items():
        yield from _fields(inner, f"{prefix}.{name}" if prefix else str(name))


def _named(value: Any) -> Mapping[Any, Any] | None:
    """Return the fields of an object by name; None for a plain value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        fields: Mapping[Any, Any] = value._asdict()
        return fields
    return value if isinstance(value, Mapping) else None


def _is_sequence(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes | bytearray)
        and not hasattr(value, "_asdict")
    )
