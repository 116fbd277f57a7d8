"""JSON-safe data: checked, bounded, and frozen for storage in a model.

What users attach (attributes, metadata, parameters, extension fields) is copied into :class:`FrozenMapping` and
tuples, so that no later change of theirs reaches a record.  Nulls are data and stay.  The bounds below hold for
everything that comes in; a breach is a :class:`~contexta.errors.ValidationError` that names the place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from contexta.contract.collecting import Collected, refuse
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.limits import (
    MAX_INTEGER,
    MAX_JSON_DEPTH,
    MAX_JSON_KEY_LENGTH,
    MAX_JSON_KEYS,
    MAX_JSON_NODES,
    MAX_TEXT_LENGTH,
    MAX_VALIDATION_ISSUES,
    MIN_INTEGER,
)
from contexta.contract.text import check_characters, shown
from contexta.errors import ValidationError

__all__ = [
    "MAX_INTEGER",
    "MAX_JSON_DEPTH",
    "MAX_JSON_KEYS",
    "MAX_JSON_KEY_LENGTH",
    "MAX_JSON_NODES",
    "MAX_TEXT_LENGTH",
    "MIN_INTEGER",
    "freeze_json",
    "freeze_json_mapping",
    "plain_number",
    "thaw_json",
]

_CODE = "extension_invalid_value"
_SCALARS = frozenset({str, int, float, bool, type(None)})


def freeze_json(
    value: object, *, path: str, max_keys: int = MAX_JSON_KEYS, collected: Collected = None
) -> Any:
    """Check one JSON value and return its immutable copy.

    Mappings become key-sorted :class:`FrozenMapping`, sequences become tuples, NumPy-like scalars become the Python
    numbers that they hold.

    Args:
        value: None, bool, int, finite float, text, a mapping with text keys, or a sequence of such values.
        path: Where the value stands, such as ``attributes``; the start of every path in an error.
        max_keys: Most keys of one mapping.
        collected: Takes the problems inside, so that all are found; the first is raised where this is None.

    Returns:
        The frozen copy; equal content, hashable.

    Raises:
        ValidationError: Not JSON, or beyond a bound (``extension_invalid_value``; the details hold the path).
    """
    return _Freezer(max_keys, collected).freeze(value, path, 0)


def freeze_json_mapping(
    value: object,
    *,
    field_name: str,
    code: str = "record_invalid_mapping",
    max_keys: int = MAX_JSON_KEYS,
    collected: Collected = None,
) -> FrozenMapping[Any]:
    """Check a mapping of JSON values, as models hold it in ``attributes`` and their like.

    The keys of the top level are stripped and must not be blank; None is the empty mapping.

    Args:
        value: The mapping, or None.
        field_name: The field, which starts every path in an error.
        code: The code for a broken top level.
        max_keys: Most keys of one mapping.
        collected: Takes the problems inside, so that all are found; the first is raised where this is None.

    Returns:
        The frozen mapping, sorted by key.

    Raises:
        ValidationError: Not a mapping, a broken key (``code``), or a broken value (``extension_invalid_value``).
    """
    if value is None:
        return EMPTY_MAPPING
    if not isinstance(value, Mapping):
        raise ValidationError(
            f"{field_name} must be a mapping of JSON values, not {type(value).__name__}.",
            code=code,
            details={"field_name": field_name, "type": type(value).__name__},
        )
    if not value:
        return EMPTY_MAPPING
    stripped: dict[str, Any] = {}
    for key, item in value.items():
        name = key.strip() if isinstance(key, str) else ""
        if not name or name in stripped:
            problem = "is given twice" if name else "is not text, or blank"
            error = ValidationError(
                f"The key {shown(key, 160)} of {field_name} {problem}; use distinct, non-blank text.",
                code=code,
                details={"field_name": field_name, "key": shown(key)},
            )
            refuse(error, collected)
        else:
            stripped[name] = item
    frozen: FrozenMapping[Any] = freeze_json(
        stripped, path=field_name, max_keys=max_keys, collected=collected
    )
    return frozen


def thaw_json(value: Any) -> Any:
    """Return a fresh tree of dicts and lists with the content of a frozen value."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is FrozenMapping or isinstance(value, Mapping):
        return {key: item if type(item) in _SCALARS else thaw_json(item) for key, item in value.items()}
    if kind is tuple or isinstance(value, list):
        return [item if type(item) in _SCALARS else thaw_json(item) for item in value]
    return value


def plain_number(value: object) -> object:
    """Return the Python scalar that a NumPy-like scalar holds; anything else as it is.

    A scalar is told by an empty ``shape`` and an ``item`` method, so that this needs no import of any such library.
    """
    shape = getattr(value, "shape", None)
    item = getattr(value, "item", None)
    if isinstance(shape, tuple) and not shape and callable(item):
        return item()
    return value


class _Freezer:
    """One walk over one value; counts what it has seen, because shared parts can make a small graph a huge tree."""

    __slots__ = ("collected", "max_keys", "nodes")

    def __init__(self, max_keys: int, collected: Collected) -> None:
        self.max_keys = max_keys
        self.collected = collected
        self.nodes = 0

    def freeze(self, value: object, path: str, depth: int) -> Any:
        """Freeze one value; ``path`` is where it stands, ``depth`` how many containers are around it."""
        self.nodes += 1
        if self.nodes > MAX_JSON_NODES:
            raise _broken(path, f"is one value too many: at most {MAX_JSON_NODES} are allowed in all")
        kind = type(value)
        # Exact types first: they are nearly all there is.
        if value is None or kind is bool:
            return value
        if kind is str:
            return _checked_text(value, path)  # type: ignore[arg-type]  # kind is str
        if kind is int:
            return _checked_integer(value, path)  # type: ignore[arg-type]  # kind is int
        if kind is float:
            return _checked_float(value, path)  # type: ignore[arg-type]  # kind is float
        if isinstance(value, Mapping):
            return self._freeze_mapping(value, path, depth + 1)
        if isinstance(value, str | int | float):
            return _frozen_subclass(value, path)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return self._freeze_sequence(value, path, depth + 1)
        plain = plain_number(value)
        if plain is not value and isinstance(plain, bool | int | float | str):
            return self.freeze(plain, path, depth)
        raise _broken(path, f"is not JSON: {kind.__name__}", type=kind.__name__)

    def _freeze_mapping(self, value: Mapping[Any, Any], path: str, depth: int) -> FrozenMapping[Any]:
        """Freeze a mapping, sorted by key."""
        _check_depth(path, depth)
        if len(value) > self.max_keys:
            raise _broken(path, f"has {len(value)} keys; at most {self.max_keys} are allowed in one mapping")
        items: dict[str, Any] = {}
        for key, item in value.items():
            problem = _problem_of_key(key, path)
            if problem is not None:
                refuse(problem, self.collected)
                continue
            name = str.__str__(key)
            items[name] = self._freeze_inner(item, f"{path}.{name}", depth)
        return FrozenMapping({name: items[name] for name in sorted(items)})

    def _freeze_sequence(self, value: Sequence[Any], path: str, depth: int) -> tuple[Any, ...]:
        """Freeze a sequence."""
        _check_depth(path, depth)
        # A range may claim more than fits into memory.
        if len(value) > MAX_JSON_NODES:
            raise _broken(path, f"has {len(value)} items; at most {MAX_JSON_NODES} values are allowed in all")
        return tuple(self._freeze_inner(item, f"{path}[{index}]", depth) for index, item in enumerate(value))

    def _freeze_inner(self, value: object, path: str, depth: int) -> Any:
        """Freeze one value of a container; where problems are collected, a broken one counts as None."""
        if self.collected is None:
            return self.freeze(value, path, depth)
        try:
            return self.freeze(value, path, depth)
        except ValidationError as error:
            # Past a bound on the whole there is no use in going on.
            if self.nodes > MAX_JSON_NODES or len(self.collected) >= MAX_VALIDATION_ISSUES:
                raise
            self.collected.append(error)
            return None


def _problem_of_key(key: object, path: str) -> ValidationError | None:
    """Return what is wrong with a key of the mapping at ``path``."""
    if not isinstance(key, str):
        return _broken(path, f"has the key {shown(key)}, which is not text", key=shown(key))
    if len(key) > MAX_JSON_KEY_LENGTH:
        return _broken(path, f"has a key of {len(key)} characters; at most {MAX_JSON_KEY_LENGTH} are allowed")
    try:
        check_characters(key, field_name=_root(path), path=path, label=f"A key of {path}", code=_CODE)
    except ValidationError as error:
        return error
    return None


def _frozen_subclass(value: str | float, path: str) -> Any:
    """Reduce a subclass of a scalar type (a NumPy float64, an enum with a text value) to the scalar itself."""
    if isinstance(value, str):
        return _checked_text(str.__str__(value), path)
    if isinstance(value, int):
        return _checked_integer(int.__int__(value), path)
    return _checked_float(float.__float__(value), path)


def _checked_text(value: str, path: str) -> str:
    if len(value) > MAX_TEXT_LENGTH:
        raise _broken(path, f"is text of {len(value)} characters; at most {MAX_TEXT_LENGTH} are allowed")
    return check_characters(value, field_name=_root(path), path=path, code=_CODE)


def _checked_integer(value: int, path: str) -> int:
    if MIN_INTEGER <= value <= MAX_INTEGER:
        return value
    raise _broken(path, f"is an integer of {value.bit_length()} bits; it must fit into 64")


def _checked_float(value: float, path: str) -> float:
    if math.isfinite(value):
        return value
    raise _broken(path, f"is {value}, which JSON cannot hold", value=repr(value))


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise _broken(path, f"is nested deeper than {MAX_JSON_DEPTH} levels, or contains itself")


def _broken(path: str, problem: str, **details: object) -> ValidationError:
    """Build the error for a value that breaks a rule; long paths are cut in the text, not in the details."""
    place = path.removeprefix(".") or "the top"
    where = place if len(place) <= 200 else f"{place[:120]}…{place[-60:]}"
    return ValidationError(
        f"The value at {where} {problem}.",
        code=_CODE,
        details={"path": path, "field_name": _root(path), **details},
    )


def _root(path: str) -> str:
    """Return the field at which a path starts."""
    return path.split(".", 1)[0].split("[", 1)[0]
