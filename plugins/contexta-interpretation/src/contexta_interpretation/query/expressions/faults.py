"""What is wrong with an expression, and where."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import FilterExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Fault", "Span", "error_of", "nearest"]

#: So much of an expression is shown before and behind the wrong place.
_SHOWN = 60


class Span(NamedTuple):
    """A place in an expression.

    Attributes:
        start: Its first character, from 0.
        end: The character behind it.
    """

    start: int
    end: int


class Fault(Exception):  # noqa: N818 - it never leaves the package: parse() makes the error of it
    """A part of an expression that cannot be meant.

    Args:
        message: What was found, and what could be meant.
        span: Where.
        code: Stable identifier.
        suggestion: What may be meant instead.
    """

    def __init__(
        self, message: str, span: Span, *, code: str = "query_where_syntax", suggestion: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.code = code
        self.suggestion = suggestion


def error_of(expression: str, fault: Fault) -> FilterExpressionError:
    """Return the error that shows the place: the text, the expression, and a caret below it."""
    start = min(fault.span.start, len(expression))
    length = max(fault.span.end - start, 1)
    hint = f"; did you mean {fault.suggestion}?" if fault.suggestion else ""
    return FilterExpressionError(
        f"{fault.message}{hint}\n{_picture(expression, start, length)}",
        code=fault.code,
        details={
            "expression": expression,
            "position": start,
            "length": length,
            **({"suggestion": fault.suggestion} if fault.suggestion else {}),
        },
    )


def _picture(expression: str, start: int, length: int) -> str:
    """Return the part of the expression around the place, on one line, with carets below."""
    begin = max(start - _SHOWN, 0)
    end = min(start + length + _SHOWN, len(expression))
    lead = "..." if begin else ""
    # Control characters are shown as blanks, one for each, so that the caret stays below its place.
    shown = "".join(char if char.isprintable() else " " for char in expression[begin:end])
    tail = "..." if end < len(expression) else ""
    carets = "^" * min(length, _SHOWN)
    return f"  {lead}{shown}{tail}\n  {' ' * (len(lead) + start - begin)}{carets}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like a word, or None."""
    close = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None
