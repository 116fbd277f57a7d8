"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta_interpretation.query.expressions.faults import Span
    from contexta_interpretation.query.expressions.fields import Field

__all__ = [
    "All",
    "Any",
    "Between",
    "Comparison",
    "Contains",
    "Has",
    "Matches",
    "Member",
    "Node",
    "Not",
    "OneOf",
    "Scalar",
    "conjuncts_of",
    "leaves_of",
]

#: What a field is compared with; a time is the number of nanoseconds since 1970.
Scalar: TypeAlias = "str | int | float | bool"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field operator value``; the operator is ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``."""

    field: Field
    operator: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class OneOf:
    """``field in [value, …]``."""

    field: Field
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """``field between low and high``, both included."""

    field: Field
    low: Scalar
    high: Scalar


@dataclass(frozen=True, slots=True)
class Contains:
    """``field contains "text"``."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """``field matches "pattern"``; the span is that of the pattern."""

    field: Field
    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``value in field``, of a field that holds several values."""

    value: Scalar
    field: Field


@dataclass(frozen=True, slots=True)
class Has:
    """``has field``: the run has a value for it."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """``not operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class All:
    """``operand and operand …``."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """``operand or operand …``."""

    operands: tuple[Node, ...]


Leaf: TypeAlias = "Comparison | OneOf | Between | Contains | Matches | Member | Has"
Node: TypeAlias = "Leaf | Not | All | Any"


def conjuncts_of(node: Node) -> tuple[Node, ...]:
    """Return the conditions that must all hold for an expression to hold."""
    return node.operands if isinstance(node, All) else (node,)


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Yield the conditions that an expression is made of, in the order of writing."""
    if isinstance(node, Not):
        yield from leaves_of(node.operand)
    elif isinstance(node, (All, Any)):
        for operand in node.operands:
            yield from leaves_of(operand)
    else:
        yield node
