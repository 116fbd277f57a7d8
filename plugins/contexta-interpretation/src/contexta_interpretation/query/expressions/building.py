"""Building the syntax tree while an expression is read, with every value checked against its field."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from lark import Transformer, v_args

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta_interpretation.query.expressions import syntax
from contexta_interpretation.query.expressions.faults import Fault, Span, nearest
from contexta_interpretation.query.expressions.fields import Field, Kind
from contexta_interpretation.query.expressions.reading_fields import field_named, metric_field

if TYPE_CHECKING:
    from lark import Token

    from contexta_interpretation.query.expressions.syntax import Node, Scalar

__all__ = ["TreeBuilder"]

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ZONED = re.compile(r"(?:[Zz]|[+-]\d{2}:?\d{2})$")
_ORDERED = frozenset({"<", "<=", ">", ">="})


class _Literal(NamedTuple):
    """A value as it was written."""

    value: Scalar
    span: Span


def _span(token: Token) -> Span:
    start = token.start_pos or 0
    return Span(start, token.end_pos or start + len(token))


def _unquoted(text: str) -> str:
    """Return what a quoted text says; a backslash before a letter without a meaning of its own stays."""

    def meant(match: re.Match[str]) -> str:
        char = match[1]
        return _ESCAPES.get(char, char if char in "\"'\\" else match[0])

    return _ESCAPED.sub(meant, text[1:-1])


@v_args(inline=True)
class TreeBuilder(Transformer):  # type: ignore[type-arg]  # its parameters are those of the tree that it does not make
    """Called by the parser for each rule of the grammar."""

    def field(self, name: Token) -> Field:
        """Find a field by its name."""
        return field_named(str(name), _span(name))

    def statistic(self, word: Token, name: Token, stage: Token | None = None) -> Field:
        """Find a metric's statistic."""
        return metric_field(
            str(word),
            str(name),
            None if stage is None else _unquoted(str(stage)),
            Span(_span(word).start, _span(name).end),
        )

    def literal(self, token: Token) -> _Literal:
        """Read a value."""
        span = _span(token)
        if token.type == "STRING":
            return _Literal(_unquoted(str(token)), span)
        if token.type in {"TRUE", "FALSE"}:
            return _Literal(token.type == "TRUE", span)
        try:
            return _Literal(int(token), span)
        except ValueError:
            number = float(token)
        if math.isinf(number):
            raise Fault(f"{token} is too large for a number", span, code="query_where_wrong_value")
        return _Literal(number, span)

    def values(self, *literals: _Literal) -> tuple[_Literal, ...]:
        """Read a list."""
        return literals

    def comparison(self, field: Field, operator: Token, literal: _Literal) -> Node:
        """Compare a field with a value."""
        word = "=" if operator == "==" else str(operator)
        if word in _ORDERED:
            _refuse_without_order(field, literal)
        return syntax.Comparison(field, word, _checked(field, literal))

    def one_of(self, field: Field, literals: tuple[_Literal, ...]) -> Node:
        """Compare a field with several values."""
        return syntax.OneOf(field, tuple(_checked(field, each) for each in literals))

    def none_of(self, field: Field, literals: tuple[_Literal, ...]) -> Node:
        """Negate :meth:`one_of`."""
        return syntax.Not(self.one_of(field, literals))

    def between(self, field: Field, low: _Literal, high: _Literal) -> Node:
        """Compare a field with a range."""
        for each in (low, high):
            _refuse_without_order(field, each)
        bounds = _checked(field, low), _checked(field, high)
        if bounds[0] > bounds[1]:  # type: ignore[operator]  # both are numbers: nothing else has an order
            raise Fault(
                "the range ends before it begins; swap the two",
                Span(low.span.start, high.span.end),
                code="query_where_wrong_value",
            )
        return syntax.Between(field, *bounds)

    def not_between(self, field: Field, low: _Literal, high: _Literal) -> Node:
        """Negate :meth:`between`."""
        return syntax.Not(self.between(field, low, high))

    def contains(self, field: Field, literal: _Literal) -> Node:
        """Look for a text in a field."""
        return syntax.Contains(field, _text_for(field, literal, "contains"))

    def contains_not(self, field: Field, literal: _Literal) -> Node:
        """Negate :meth:`contains`."""
        return syntax.Not(self.contains(field, literal))

    def matches(self, field: Field, literal: _Literal) -> Node:
        """Look for a regular expression in a field."""
        return syntax.Matches(field, _text_for(field, literal, "matches"), literal.span)

    def matches_not(self, field: Field, literal: _Literal) -> Node:
        """Negate :meth:`matches`."""
        return syntax.Not(self.matches(field, literal))

    def member(self, literal: _Literal, field: Field) -> Node:
        """Look for a value among several."""
        if field.kind not in {Kind.TEXTS, Kind.SCALAR}:
            raise Fault(
                f"{_named(field)} holds one {field.kind}, so nothing is in it",
                literal.span,
                code="query_where_wrong_value",
                suggestion=f"{_named(field)} = {_shown(literal.value)}",
            )
        if field.kind is Kind.TEXTS and not isinstance(literal.value, str):
            raise _not_quoted(field, literal)
        return syntax.Member(literal.value, field)

    def no_member(self, literal: _Literal, field: Field) -> Node:
        """Negate :meth:`member`."""
        return syntax.Not(self.member(literal, field))

    def has(self, field: Field) -> Node:
        """Ask whether there is a value."""
        return syntax.Has(field)

    def negated(self, operand: Node) -> Node:
        """Negate a condition."""
        return operand.operand if isinstance(operand, syntax.Not) else syntax.Not(operand)

    def conjunction(self, *operands: Node) -> Node:
        """Join conditions that must all hold."""
        return syntax.All(_flat(syntax.All, operands))

    def disjunction(self, *operands: Node) -> Node:
        """Join conditions of which one must hold."""
        return syntax.Any(_flat(syntax.Any, operands))


def _flat(kind: type[syntax.All | syntax.Any], operands: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the operands, with those of the same kind taken apart."""
    flat: list[Node] = []
    for each in operands:
        flat.extend(each.operands if isinstance(each, kind) else (each,))
    return tuple(flat)


def _named(field: Field) -> str:
    return f"{field.name}.{field.key}" if field.key else field.name


def _shown(value: Scalar) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _not_quoted(field: Field, literal: _Literal) -> Fault:
    return Fault(
        f"{_named(field)} is a text, and {_shown(literal.value)} is none",
        literal.span,
        code="query_where_wrong_value",
        suggestion=f'"{_shown(literal.value)}"',
    )


def _refuse_without_order(field: Field, literal: _Literal) -> None:
    """Refuse a comparison of more and less where there is none."""
    ordered = field.kind in {Kind.NUMBER, Kind.TIME}
    if not ordered and not (
        field.kind is Kind.SCALAR
        and isinstance(literal.value, (int, float))
        and not isinstance(literal.value, bool)
    ):
        raise Fault(
            f"{_named(field)} and {_shown(literal.value)} have no order; compare numbers and times with < and >, "
            "and texts with =, !=, in, contains and matches",
            literal.span,
            code="query_where_wrong_value",
        )


def _checked(field: Field, literal: _Literal) -> Scalar:
    """Return a value as its field is compared with it.

    Raises:
        Fault: The field never has such a value.
    """
    value, kind = literal.value, field.kind
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is Kind.TIME:
        return _instant(field, literal)
    if kind is Kind.TEXTS:
        raise Fault(
            f"{_named(field)} holds several texts",
            literal.span,
            code="query_where_wrong_value",
            suggestion=f"{_shown(value)} in {_named(field)}",
        )
    if kind is Kind.TEXT and not isinstance(value, str):
        raise _not_quoted(field, literal)
    if (kind is Kind.NUMBER and not is_number) or (kind is Kind.BOOLEAN and not isinstance(value, bool)):
        raise Fault(
            f"{_named(field)} is compared with a {kind}, not with {_shown(value)}",
            literal.span,
            code="query_where_wrong_value",
            suggestion=str(value) if isinstance(value, str) and _reads_as(kind, value) else None,
        )
    if field.words and value not in field.words:
        near = nearest(str(value), field.words)
        raise Fault(
            f"{_named(field)} is one of {', '.join(field.words)}, never {_shown(value)}",
            literal.span,
            code="query_where_wrong_value",
            suggestion=None if near is None else f'"{near}"',
        )
    return value


def _reads_as(kind: Kind, text: str) -> bool:
    """Whether a text would be a value of a kind without its quotes."""
    if kind is Kind.BOOLEAN:
        return text.lower() in {"true", "false"}
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _instant(field: Field, literal: _Literal) -> int:
    """Read a time; a date is its first instant, and a time without a zone is UTC."""
    if isinstance(literal.value, str):
        text = literal.value.strip().replace(" ", "T")
        if _DATE.fullmatch(text):
            text += "T00:00:00"
        try:
            return instant(text if _ZONED.search(text[10:]) else f"{text}Z")
        except ValidationError:
            pass
    raise Fault(
        f'{_named(field)} is compared with a time such as "2026-01-31" or "2026-01-31T14:30:00Z", not with '
        f"{_shown(literal.value)}",
        literal.span,
        code="query_where_wrong_value",
    )


def _text_for(field: Field, literal: _Literal, word: str) -> str:
    """Return the text of a ``contains`` or ``matches``."""
    if field.kind not in {Kind.TEXT, Kind.TEXTS, Kind.SCALAR}:
        raise Fault(
            f"{_named(field)} is a {field.kind}, and {word} looks into texts",
            literal.span,
            code="query_where_wrong_value",
        )
    if not isinstance(literal.value, str):
        raise _not_quoted(field, literal)
    return literal.value
