"""The types that a registered extension can give its fields.

A field spec is one of the words below; with a closing ``?`` the field may be null too.  Any other text describes the
field for people and leaves its value free; validation says so with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from contexta.contract.refs import StableRef
from contexta.contract.timestamps import instant
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EXTENSION_FIELD_TYPES", "fits_field_spec", "is_known_field_spec"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ref(value: Any) -> bool:
    try:
        StableRef.parse(value)
    except ValidationError:
        return False
    return True


def _is_time(value: Any) -> bool:
    try:
        instant(value)
    except ValidationError:
        return False
    return isinstance(value, str)


#: Each type's word, with the other words that programs use for it.
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("str", "text"),
    "int": ("integer",),
    "float": ("number",),
    "bool": ("boolean",),
    "list": ("array", "sequence", "tuple"),
    "mapping": ("dict", "object"),
    "ref": ("stable_ref",),
    "timestamp": ("datetime", "time"),
    "json": ("any",),
}
_CHECKS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "bool": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, tuple | list),
    "mapping": lambda value: isinstance(value, Mapping),
    "ref": _is_ref,
    "timestamp": _is_time,
    "json": lambda _: True,
}
_BY_WORD: Final = {alias: name for name, words in _WORDS.items() for alias in (name, *words)}

#: The words for types; each may be followed by ``?``.
EXTENSION_FIELD_TYPES: Final[tuple[str, ...]] = tuple(_WORDS)


def is_known_field_spec(spec: str) -> bool:
    """Tell whether a field spec names a type, so that it can be enforced."""
    return spec.removesuffix("?").strip().lower() in _BY_WORD


def fits_field_spec(value: Any, spec: str) -> bool:
    """Tell whether a value is of the type that its field spec names; a spec that names none fits everything."""
    name = _BY_WORD.get(spec.removesuffix("?").strip().lower())
    if name is None or (value is None and spec.endswith("?")):
        return True
    return _CHECKS[name](value)
