"""What one field accepts: a rule checks a value given in code, and parses one from text, a file or a mapping.

Code is checked strictly (``"3"`` is no integer); patches are lenient (``"3"`` from the environment is one).
"""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING

from contexta.config.problems import closest_name, config_error, shown

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.errors import ConfigurationError

__all__ = ["BooleanRule", "ChoiceRule", "IntegerRule", "NumberRule", "Rule", "TextRule"]

_LARGEST_INTEGER = 2**63 - 1
_TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
_FALSE_WORDS = frozenset({"false", "0", "no", "off"})
_INTEGER_TEXT = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
# Python itself refuses to read numbers of thousands of digits, with an error of its own.
_LONGEST_INTEGER_TEXT = 40


class Rule:
    """What a field accepts.

    Args:
        optional: Whether None is a value of the field.
    """

    __slots__ = ("optional",)

    #: What the field holds, in words, for messages.
    expected = "a value"

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def check(self, value: object, path: str) -> object:
        """Return ``value`` in the form in which the model keeps it.

        Raises:
            ConfigurationError: If the field does not accept it; the text starts with ``path``.
        """
        if value is None and self.optional:
            return None
        return self._check(value, path)

    def parse(self, raw: object, path: str, folder: Path | None = None) -> object:
        """Return the field's value for one that came from a file, the environment or a mapping.

        Args:
            raw: The value; text is read as what the field holds.
            path: Dotted path of the field, for errors.
            folder: What relative paths are relative to; the current directory when None.

        Raises:
            ConfigurationError: If the field does not accept it.
        """
        if isinstance(raw, str):
            raw = self._read(raw, path, folder)
        return self.check(raw, path)

    def combine(self, lower: object, higher: object) -> object:  # noqa: ARG002 - rules of mappings merge both
        """Return what holds when two layers give the field; the higher one, unless the rule merges."""
        return higher

    def export(self, value: object) -> object:
        """Return ``value`` as plain JSON data."""
        return value

    def _check(self, value: object, path: str) -> object:  # noqa: ARG002 - any value will do here
        return value

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        return text

    def _refused(self, value: object, path: str, cause: BaseException | None = None) -> ConfigurationError:
        wanted = f"{self.expected} or nothing" if self.optional else self.expected
        return config_error(path, f"expected {wanted}, got {shown(value)}", cause=cause)


class BooleanRule(Rule):
    """True or false; as text also 1/0, yes/no, on/off in any case."""

    __slots__ = ()

    expected = "true or false"

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, bool):
            return value
        raise self._refused(value, path)

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        word = text.strip().lower()
        return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else text


class IntegerRule(Rule):
    """A whole number within bounds, both inclusive."""

    __slots__ = ("expected", "maximum", "minimum")

    def __init__(self, *, minimum: int = 0, maximum: int = _LARGEST_INTEGER, optional: bool = False) -> None:
        super().__init__(optional=optional)
        self.minimum = minimum
        self.maximum = maximum
        top = "" if maximum == _LARGEST_INTEGER else f" and at most {maximum}"
        self.expected = f"a whole number of at least {minimum}{top}"

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, (bool, str)):
            raise self._refused(value, path)
        try:
            number = operator.index(value)  # type: ignore[arg-type]
        except Exception as error:  # foreign code may raise anything
            raise self._refused(value, path, error) from error
        if not self.minimum <= number <= self.maximum:
            raise self._refused(value, path)
        return number

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        word = text.strip()
        return int(word) if len(word) <= _LONGEST_INTEGER_TEXT and _INTEGER_TEXT.fullmatch(word) else text


class NumberRule(Rule):
    """A finite number, at least zero, above it, or any."""

    __slots__ = ("expected", "positive", "signed")

    def __init__(self, *, positive: bool = False, signed: bool = False, optional: bool = False) -> None:
        super().__init__(optional=optional)
        self.positive = positive
        self.signed = signed
        bound = "" if signed else " above 0" if positive else " of at least 0"
        self.expected = f"a finite number{bound}"

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._refused(value, path)
        try:
            number = float(value)
        except OverflowError as error:
            raise self._refused(value, path, error) from error
        is_too_small = number < 0 or (self.positive and number == 0)
        if not math.isfinite(number) or (is_too_small and not self.signed):
            raise self._refused(value, path)
        return number

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        try:
            return float(text)
        except ValueError:
            return text


class TextRule(Rule):
    """Text that is not blank, and follows a pattern where one is given."""

    __slots__ = ("expected", "pattern")

    def __init__(
        self, *, pattern: str | None = None, expected: str = "text that is not blank", optional: bool = False
    ) -> None:
        super().__init__(optional=optional)
        self.pattern = None if pattern is None else re.compile(pattern)
        self.expected = expected

    def _check(self, value: object, path: str) -> object:
        if not isinstance(value, str) or not value.strip():
            raise self._refused(value, path)
        if self.pattern is not None and not self.pattern.fullmatch(value):
            raise self._refused(value, path)
        return value


class ChoiceRule(Rule):
    """One of a few words, exactly."""

    __slots__ = ("choices",)

    def __init__(self, *choices: str, optional: bool = False) -> None:
        super().__init__(optional=optional)
        self.choices = choices

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, str):
            for choice in self.choices:
                if choice == value:
                    return choice
        close = closest_name(value, self.choices) if isinstance(value, str) else None
        hint = f"; did you mean {close!r}?" if close else ""
        allowed = ", ".join(repr(choice) for choice in self.choices)
        problem = f"expected one of {allowed}, got {shown(value)}{hint}"
        raise config_error(path, problem, value=shown(value), allowed=self.choices, suggestion=close)
