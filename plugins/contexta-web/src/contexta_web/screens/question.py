"""What a page is asked: the address behind it, read leniently where that does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Page", "Question", "Screen"]


@dataclass(frozen=True, slots=True)
class Question:
    """One look at a screen.

    Args:
        path: Texts of the path, by name.
        query: Texts of the query, by name, in the order of the address.
    """

    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]

    def first(self, name: str) -> str | None:
        """Return the first value of a name that is not blank, or None."""
        return next((value for value in self.query.get(name, ()) if value.strip()), None)

    def every(self, name: str) -> tuple[str, ...]:
        """Return the values of a name that are not blank, each once."""
        return tuple(dict.fromkeys(value for value in self.query.get(name, ()) if value.strip()))

    def count(self, name: str, default: int, greatest: int) -> int:
        """Return a whole number.

        Raises:
            ValidationError: It is none, or too great.
        """
        text = self.first(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= greatest):
            raise ValidationError(
                f"{name} is {text!r}; it must be a whole number, 0 to {greatest}",
                code="http_invalid_parameter",
                details={"parameter": name},
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """What a screen shows.

    Args:
        template: Name of its template.
        values: What the template is given.
        status: The HTTP status.
    """

    template: str
    values: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen.

    Args:
        path: Its path.
        show: Makes its page, given the open workspace and the question.
    """

    path: str
    show: Callable[[Any, Question], Page]
