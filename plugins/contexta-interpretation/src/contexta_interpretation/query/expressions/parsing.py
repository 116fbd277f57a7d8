"""Reading an expression: its tree, or an error that shows the place."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from contexta_interpretation.query.expressions.faults import Fault, Span, error_of, nearest
from contexta_interpretation.query.expressions.grammar import KEYWORDS, parser
from contexta_interpretation.query.expressions.swapped import swapped_fault
from contexta_interpretation.query.expressions.syntax import All, Any, Not

if TYPE_CHECKING:
    from lark import Token
    from lark.exceptions import UnexpectedInput

    from contexta_interpretation.query.expressions.syntax import Node

__all__ = ["parse"]

#: Longest expression, in characters.
_LONGEST = 10_000
#: Deepest nesting of ``not`` and of ``and`` in ``or``.
_DEEPEST = 50

#: What other languages write.
_FOREIGN = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "=~": "matches",
    "!~": "not ... matches",
    "~": "matches",
    "like": "contains",
    "ilike": "contains",
    "is": "=",
    "eq": "=",
    "ne": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "exists": "has",
    "startswith": 'matches "^..."',
    "endswith": 'matches "...$"',
    "includes": "contains",
    "regexp": "matches",
}


def parse(expression: str) -> Node:
    """Return the syntax tree of an expression.

    Args:
        expression: The text.

    Raises:
        FilterExpressionError: It is no expression of the language, or compares what cannot be compared.
    """
    from lark.exceptions import UnexpectedInput

    try:
        _check_length(expression)
        tree = cast("Node", parser().parse(expression))
        _check_depth(tree)
    except Fault as fault:
        raise error_of(expression, fault) from fault
    except UnexpectedInput as unexpected:
        raise error_of(expression, _fault_of(expression, unexpected)) from unexpected
    return tree


def _check_length(expression: str) -> None:
    if len(expression) > _LONGEST:
        raise Fault(
            f"the expression has {len(expression)} characters, and {_LONGEST} are the most",
            Span(_LONGEST, _LONGEST + 1),
            code="query_where_too_long",
        )


def _check_depth(tree: Node) -> None:
    if _depth(tree) > _DEEPEST:
        raise Fault(
            f"the expression is nested deeper than {_DEEPEST} levels",
            Span(0, 1),
            code="query_where_too_long",
        )


def _depth(tree: Node) -> int:
    """Return how deep a tree is nested; without recursion, for that is what the limit guards."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, Not):
            waiting.append((node.operand, depth + 1))
        elif isinstance(node, (All, Any)):
            waiting.extend((operand, depth + 1) for operand in node.operands)
    return deepest


def _fault_of(expression: str, unexpected: UnexpectedInput) -> Fault:
    """Say what was found and what could stand there."""
    token: Token | None = getattr(unexpected, "token", None)
    names: set[str] = getattr(unexpected, "expected", None) or getattr(unexpected, "allowed", None) or set()
    expected = {name.strip("_") for name in names}
    if token is not None and token.type != "$END":
        start = token.start_pos or 0
        swapped = swapped_fault(expression, start)
        if swapped is not None:
            return swapped
        if expression[:start].endswith("=") and str(token) in {"<", ">"}:
            # Read as "=" and another sign.
            return _unexpected(f"={token}", Span(start - 1, start + 1), {"OPERATOR"})
        return _unexpected(str(token), Span(start, start + len(token)), expected)
    swapped = swapped_fault(expression, unexpected.pos_in_stream or 0)
    if swapped is not None:
        return swapped
    start = len(expression.rstrip()) if token is not None else (unexpected.pos_in_stream or 0)
    rest = expression[start:].strip()
    if not rest:
        return Fault(f"the expression ends where {_wanted(expected)} is missing", Span(start, start + 1))
    if rest[0] in "\"'":
        return Fault("this text has no closing quote", Span(start, len(expression)))
    found = next((rest[:length] for length in (2, 1) if rest[:length] in _FOREIGN), rest[0])
    return _unexpected(found, Span(start, start + len(found)), expected)


def _unexpected(found: str, span: Span, expected: set[str]) -> Fault:
    message = f"{found!r} stands where {_wanted(expected)} is expected"
    is_word = found[0].isalpha() or found[0] == "_"
    suggestion = _FOREIGN.get(found.lower())
    if is_word and "STRING" in expected and "NAME" not in expected:
        # A word without quotes is what people type first.
        suggestion = f'"{found}"'
    elif is_word and suggestion is None:
        words = [word for word in KEYWORDS if word.upper() in expected]
        if "OPERATOR" in expected:
            # Two letters are like too much.
            words += [word for word in _FOREIGN if len(word) > 2]
        near = nearest(found, words)
        suggestion = None if near is None else _FOREIGN.get(near, near)
    return Fault(message, span, suggestion=suggestion)


def _wanted(expected: set[str]) -> str:
    """Describe what could stand somewhere."""
    if "OPERATOR" in expected:
        return "a comparison (=, !=, <, <=, >, >=, in, between, contains or matches)"
    if "NAME" in expected and "STRING" in expected:
        return "a condition"
    if "NAME" in expected:
        return "a field"
    if "STRING" in expected:
        return "a value" if "NUMBER" in expected else "a text"
    if "AND" in expected:
        return "'and', 'or' or the end" if "OR" in expected else "'and'"
    if "IN" in expected:
        return "'in'"
    signs = {"RPAR": "')'", "LPAR": "'('", "RSQB": "']'", "LSQB": "'['", "COMMA": "','"}
    named = sorted(sign for name, sign in signs.items() if name in expected)
    return " or ".join(named) or "the end"
