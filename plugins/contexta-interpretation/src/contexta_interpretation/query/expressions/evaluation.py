"""Evaluating an expression for one run.

A condition on a value that the run does not have does not hold, ``!=`` included; ``not`` turns that around.  A
condition on what has not been read yet is undecided (None), and an expression is undecided where that matters.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from contexta_interpretation.query.expressions import syntax

if TYPE_CHECKING:
    from contexta_interpretation.query.expressions.facts import RunFacts
    from contexta_interpretation.query.expressions.patterns import Patterns
    from contexta_interpretation.query.expressions.syntax import Node, Scalar

__all__ = ["Predicate", "predicate_of", "texts_of"]

#: Returns whether an expression holds for a run; None where what is known does not decide it.
Predicate: TypeAlias = "Callable[[RunFacts], bool | None]"
_Test: TypeAlias = Callable[[object], bool]

_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def predicate_of(node: Node, patterns: Patterns) -> Predicate:
    """Return what evaluates an expression.

    Args:
        node: The expression.
        patterns: What looks for regular expressions.
    """
    if isinstance(node, syntax.Not):
        return _negation(predicate_of(node.operand, patterns))
    if isinstance(node, syntax.All):
        return _junction([predicate_of(each, patterns) for each in node.operands], decisive=False)
    if isinstance(node, syntax.Any):
        return _junction([predicate_of(each, patterns) for each in node.operands], decisive=True)
    return _leaf(node, _test_of(node, patterns))


def _negation(inner: Predicate) -> Predicate:
    def negate(facts: RunFacts) -> bool | None:
        found = inner(facts)
        return None if found is None else not found

    return negate


def _junction(inner: list[Predicate], *, decisive: bool) -> Predicate:
    """Join predicates: one that gives the decisive value decides, and an undecided one leaves it open."""

    def join(facts: RunFacts) -> bool | None:
        undecided = False
        for each in inner:
            found = each(facts)
            if found is decisive:
                return decisive
            undecided = undecided or found is None
        return None if undecided else not decisive

    return join


def _leaf(node: syntax.Leaf, test: _Test) -> Predicate:
    field = node.field

    def look(facts: RunFacts) -> bool | None:
        if not field.domains <= facts.known:
            return None
        value = field.read(facts)
        return value is not None and test(value)

    return look


def _test_of(node: syntax.Leaf, patterns: Patterns) -> _Test:
    """Return what tells whether a value, which is not None, meets a condition."""
    match node:
        case syntax.Comparison(operator="="):
            equal = _equality_of(node)
            return lambda value: equal(value, node.value)
        case syntax.Comparison(operator="!="):
            equal = _equality_of(node)
            return lambda value: not equal(value, node.value)
        case syntax.Comparison():
            order = _ORDERS[node.operator]
            return lambda value: _is_number(value) and order(value, node.value)  # type: ignore[arg-type]
        case syntax.OneOf():
            equal = _equality_of(node)
            return lambda value: any(equal(value, each) for each in node.values)
        case syntax.Between():
            return lambda value: _is_number(value) and node.low <= value <= node.high  # type: ignore[operator]
        case syntax.Contains():
            return lambda value: any(node.text in each for each in texts_of(value))
        case syntax.Matches():
            return lambda value: any(patterns.holds(node.pattern, each) for each in texts_of(value))
        case syntax.Member():
            return lambda value: _is_list(value) and any(_equal(each, node.value) for each in value)  # type: ignore[attr-defined]
        case _:
            return lambda value: not _is_list(value) or bool(value)


def texts_of(value: object) -> list[str]:
    """Return the texts in a value: itself, or those in a list."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if _is_list(value) else []  # type: ignore[attr-defined]


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str) and not hasattr(value, "items")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equality_of(node: syntax.Leaf) -> Callable[[object, Scalar], bool]:
    return _is_named if node.field.name == "id" else _equal


def _is_named(run_id: object, name: Scalar) -> bool:
    """Whether a run is meant: by its reference, by the same without its kind, or by its last part."""
    whole = str(run_id)
    inside = whole.partition(":")[2] or whole
    return name in {whole, inside} or inside.endswith(f".{name}")


def _equal(value: object, literal: Scalar) -> bool:
    """Compare as the kinds say: 1 is neither true nor "1"."""
    return isinstance(value, bool) is isinstance(literal, bool) and value == literal
