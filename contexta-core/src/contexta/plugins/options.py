"""Turning configured options into the plugin's own options class, strictly.

Nothing is coerced, unknown keys are refused, and a message says where the wrong value stands but never the value:
options hold passwords.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from contexta.errors import ConfigurationError, PluginError
from contexta.plugins.naming import nearest

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["structure_options"]


def structure_options(
    options_class: type | None, given: Mapping[str, Any] | None, *, component: str, path: str
) -> Any:
    """Build an options object from configured values.

    Args:
        options_class: Dataclass or attrs class; None for a component without options.
        given: The configured values; None and empty mean none.
        component: Name of the component, for messages.
        path: Where the options stand in the configuration, for messages.

    Returns:
        An instance of the class, or None without a class.

    Raises:
        ConfigurationError: A key is unknown or missing, a value has the wrong type or was refused by the class.
        PluginError: The class itself cannot be built or read.
    """
    if given is not None and not isinstance(given, Mapping):
        raise _wrong(component, [f"{path}: expected a table of options, got {type(given).__name__}"])
    if options_class is None:
        if given:
            raise _wrong(component, [f"{path}.{key}: {component!r} takes no options" for key in given])
        return None
    try:
        if not given and not _requires_options(options_class):
            # The common case, and cattrs is the dearest import of a start.
            return options_class()
        return _structured(options_class, dict(given or {}), component, path)
    except ConfigurationError:
        raise
    except Exception as error:
        raise PluginError(
            f"the options class {options_class.__qualname__} of {component!r} cannot be used:"
            f" {type(error).__name__}: {error}; its author has to mend it",
            code="plugin_invalid",
        ) from error


def _structured(options_class: type, given: dict[str, Any], component: str, path: str) -> Any:
    from cattrs import BaseValidationError

    try:
        return _strict_converter().structure(given, options_class)
    except BaseValidationError as error:
        raise _wrong(component, _problems(error, given, path)) from error


def _requires_options(options_class: type) -> bool:
    try:
        inspect.signature(options_class).bind()
    except TypeError:
        return True
    return False


def _wrong(component: str, problems: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"invalid options for {component!r}: {'; '.join(problems)}",
        code="invalid_plugin_options",
        details={"component": component, "problems": problems},
    )


@cache
def _strict_converter() -> Converter:
    """Build the converter: exact scalar types, no strings for sequences, no unknown keys."""
    from cattrs import Converter
    from cattrs.strategies import configure_union_passthrough

    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    # Enumerations too: one of strings is a string to the converter, and would be looked up as such.
    for kind in (bool, int, str, bytes, Enum):
        converter.register_structure_hook(kind, _take_exactly)
    converter.register_structure_hook(float, _take_number)
    converter.register_structure_hook(Path, _take_path)
    configure_union_passthrough(bool | int | float | str | bytes | None, converter)

    inside: set[Any] = set()

    def is_collection(asked: Any) -> bool:
        return _collection_of(asked) is not None and asked not in inside

    def refuse_text(asked: Any) -> Any:
        # Asked again with the type set aside, the converter answers with its own hook for it.
        inside.add(asked)
        try:
            take = converter.get_structure_hook(asked, cache_result=False)
        finally:
            inside.discard(asked)
        expected = _collection_of(asked)

        def structure(value: Any, kind: Any) -> Any:
            # A string is a sequence to Python, and would fall apart into its letters.
            if not isinstance(value, Mapping if expected is Mapping else (list, tuple, set, frozenset)):
                raise TypeError(type(value).__name__)
            return take(value, kind)

        return structure

    converter.register_structure_hook_factory(is_collection, refuse_text)
    return converter


def _collection_of(asked: Any) -> type | None:
    """Tell whether a type is a mapping, another collection, or neither."""
    origin = get_origin(asked) or asked
    if not isinstance(origin, type):
        return None
    if issubclass(origin, Mapping):
        return Mapping
    if origin in {list, tuple, set, frozenset} or origin.__module__ == "collections.abc":
        return Sequence
    return None


def _take_exactly(value: Any, kind: Any) -> Any:
    if issubclass(kind, Enum):
        if type(value) not in {type(member.value) for member in kind}:
            raise TypeError(type(value).__name__)
        return kind(value)
    if type(value) is not kind:
        raise TypeError(type(value).__name__)
    return value


def _take_number(value: Any, _kind: Any) -> float:
    # A whole number written without a point is still the number that was meant.
    if type(value) not in {int, float}:
        raise TypeError(type(value).__name__)
    return float(value)


def _take_path(value: Any, _kind: Any) -> Path:
    if not isinstance(value, (str, Path)):
        raise TypeError(type(value).__name__)
    return Path(value)


def _problems(error: BaseException, given: Any, path: str) -> list[str]:
    """Walk cattrs's tree of errors and say each one in the words of the configuration."""
    from cattrs import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

    if isinstance(error, ForbiddenExtraKeysError):
        return [_unknown_key(key, error.cl, path) for key in sorted(error.extra_fields)]
    if not isinstance(error, (ClassValidationError, IterableValidationError)):
        return [f"{path}: {error}"]
    problems: list[str] = []
    located, others = error.group_exceptions()
    for inner, note in located:
        key: Any = note.name if isinstance(error, ClassValidationError) else note.index  # type: ignore[union-attr]
        inner_path = f"{path}.{key}" if isinstance(key, str) else f"{path}[{key}]"
        problems.extend(_located_problem(inner, _value_at(given, key), note.type, inner_path))
    for inner in others:
        problems.extend(_problems(inner, given, path))
    return problems


_MISSING = object()


def _value_at(given: Any, key: Any) -> Any:
    try:
        return given[key]
    except (KeyError, IndexError, TypeError):
        return _MISSING


def _located_problem(error: BaseException, value: Any, expected: Any, path: str) -> list[str]:
    from cattrs import BaseValidationError

    if isinstance(error, BaseValidationError):
        return _problems(error, value, path)
    if value is _MISSING:
        return [f"{path}: required, but not given"]
    return [f"{path}: expected {_type_in_words(expected)}, got {type(value).__name__}"]


def _unknown_key(key: str, options_class: type, path: str) -> str:
    known = sorted(inspect.signature(options_class).parameters)
    close = nearest(key, known)
    suggestion = f" (did you mean {close!r}?)" if close else ""
    return f"{path}.{key}: unknown option{suggestion}; known: {', '.join(known) or 'none'}"


def _type_in_words(expected: Any) -> str:
    if isinstance(expected, type) and issubclass(expected, Enum):
        return "one of " + ", ".join(repr(member.value) for member in expected)
    if get_origin(expected) is Literal:
        return "one of " + ", ".join(map(repr, get_args(expected)))
    if isinstance(expected, type) and not get_args(expected):
        return expected.__name__
    return str(expected)
