"""Tie each model field to the function that checks it.

The field transformer :func:`bind_fields` passes the field's name and the options of its :func:`rule` to the field's
converter, so that every error says which field it is about, and readers of the classes (the decoder, schemas, full
validation) find the rules as data.

Readers meet the same words, keys, refs and times in thousands of records.  Where a check depends on nothing but the
text and the options, and text goes in, the outcome is kept: checking it again is one look into a dict.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import attrs

__all__ = ["bind_fields", "checking_function", "remember", "rule"]

_RULE = "rule"

#: Most outcomes that one check keeps, and the longest text of which it keeps one, in characters.
_MOST_KEPT: Final = 1_024
_LONGEST_KEPT: Final = 255

#: The checks whose outcomes are kept, and whether they take None as it is.
_remembered: dict[Callable[..., Any], bool] = {}
#: The outcomes of each check with its options; fields with the same rule share them.
_outcomes: dict[tuple[Any, ...], dict[str, Any]] = {}


def remember(*checks: Callable[..., Any], optional: bool = False) -> None:
    """Keep the outcomes of checks that, for a text, depend on nothing but their options and never give None.

    Args:
        checks: The functions, before any field is bound to them.
        optional: Whether they take None as it is.
    """
    _remembered.update(dict.fromkeys(checks, optional))


def rule(**options: Any) -> dict[str, Any]:
    """Return field metadata that holds the options of the field's converter."""
    return {_RULE: options}


def bind_fields(_model: type, attributes: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Give each converter the name and the options of its field; the field transformer of every model."""
    return [_bound(attribute) for attribute in attributes]


def checking_function(converter: Any) -> Callable[..., Any]:
    """Return the function that a bound converter calls."""
    function: Callable[..., Any] = getattr(converter, "func", converter)
    return function


def _bound(attribute: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    """Bind one field's converter; an inherited one is bound already, and the private one has its name."""
    function: Any = attribute.converter
    is_inherited = attribute.inherited  # type: ignore[attr-defined]  # missing in attrs' own stubs
    if function is None or is_inherited or attribute.name.startswith("_"):
        return attribute
    options = attribute.metadata.get(_RULE, {})
    check = partial(function, field_name=attribute.name, **options)
    converter: Any = check
    if "model" in attribute.metadata:
        converter = _letting_pass(attribute.metadata["model"], check)
    elif function in _remembered:
        kept = _outcomes.setdefault((function, *sorted(options.items())), {})
        converter = _remembering(check, kept, optional=_remembered[function])
    elif not options and "collected" not in (function.__kwdefaults__ or ()):
        converter = _named(function, attribute.name)
    return attribute.evolve(converter=converter)


# The converters below are plain functions: the interpreter enters one more quickly than a partial.


def _named(function: Callable[..., Any], field_name: str) -> Callable[[Any], Any]:
    """Return a converter that passes the field's name."""

    def convert(value: Any) -> Any:
        return function(value, field_name)

    convert.func = function  # type: ignore[attr-defined]  # as a partial has it
    return convert


def _letting_pass(model: type, check: partial[Any]) -> Callable[[Any], Any]:
    """Return a converter that asks the check only about what is no model of the wanted class."""

    def convert(value: Any) -> Any:
        return value if type(value) is model else check(value)

    convert.func = check.func  # type: ignore[attr-defined]  # as a partial has it
    return convert


def _remembering(check: partial[Any], kept: dict[str, Any], *, optional: bool) -> Callable[[Any], Any]:
    """Return a converter that keeps the outcomes of a check for text."""

    def convert(value: Any) -> Any:
        # Only text itself: a subclass may compare as it likes.
        if type(value) is not str:
            return None if value is None and optional else check(value)
        found = kept.get(value)
        if found is None:
            found = check(value)
            if len(value) <= _LONGEST_KEPT:
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                kept[value] = found
        return found

    convert.func = check.func  # type: ignore[attr-defined]  # as a partial has it
    return convert
