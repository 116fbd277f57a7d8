"""What a question can be given, and how it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from contexta.errors import ValidationError

__all__ = ["Parameter"]

_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"0", "false", "no"})
_LONGEST_TEXT = 4096
#: More digits than any number here has.
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a question.

    Args:
        name: Its name in the query, or in the path.
        description: What it means.
        kind: ``text``, ``count`` (a whole number, 0 or more), ``number`` or ``flag``.
        is_required: Whether the question has no meaning without it.
        is_in_path: Whether it is part of the path.
        choices: The texts that it may be; any where there are none.
        default: Its value where it is missing.
        least: The least count.
        greatest: The greatest count; None for no end.
    """

    name: str
    description: str
    kind: Literal["text", "count", "number", "flag"] = "text"
    is_required: bool = False
    is_in_path: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    least: int = 0
    greatest: int | None = None

    def read(self, text: str | None) -> Any:
        """Return the value of what was given; a blank text is as good as none.

        Raises:
            ValidationError: It cannot be meant.
        """
        if text is None or not text.strip():
            if self.is_required:
                raise ValidationError(
                    f"{self.name} is missing: {self.description}", code="http_invalid_parameter"
                )
            return self.default
        if self.kind == "count":
            return self._count(text)
        if self.kind == "number":
            return self._number(text)
        if self.kind == "flag":
            return self._flag(text)
        if self.choices and text not in self.choices:
            raise self._wrong(text, f"one of {', '.join(self.choices)}")
        if len(text) > _LONGEST_TEXT:
            raise self._wrong(f"{text[:40]}…", f"at most {_LONGEST_TEXT} characters")
        return text

    def _count(self, text: str) -> int:
        end = "or more" if self.greatest is None else f"to {self.greatest}"
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise self._wrong(text, f"a whole number, {self.least} {end}")
        value = int(text)
        if value < self.least or (self.greatest is not None and value > self.greatest):
            raise self._wrong(text, f"a whole number, {self.least} {end}")
        return value

    def _number(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self._wrong(text, "a finite number")
        return value

    def _flag(self, text: str) -> bool:
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        raise self._wrong(text, "true or false")

    def _wrong(self, text: str, wanted: str) -> ValidationError:
        return ValidationError(
            f"{self.name} is {text!r}; it must be {wanted}",
            code="http_invalid_parameter",
            details={"parameter": self.name},
        )

    def described(self) -> dict[str, Any]:
        """Return what an OpenAPI document says of it."""
        schemas: dict[str, dict[str, Any]] = {
            "text": {"type": "string", "maxLength": _LONGEST_TEXT},
            "count": {"type": "integer", "minimum": self.least},
            "number": {"type": "number"},
            "flag": {"type": "boolean"},
        }
        schema = schemas[self.kind]
        if self.choices:
            schema = {"type": "string", "enum": list(self.choices)}
        if self.kind == "count":
            schema["maximum"] = 10**_MOST_DIGITS - 1 if self.greatest is None else self.greatest
        if self.default is not None:
            schema["default"] = self.default
        return {
            "name": self.name,
            "in": "path" if self.is_in_path else "query",
            "required": self.is_required or self.is_in_path,
            "description": self.description,
            "schema": schema,
        }
