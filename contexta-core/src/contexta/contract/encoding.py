"""From models to canonical payloads and canonical JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from contexta.contract.contract_model import EXTRAS_FIELD, ContractModel, model_fields
from contexta.contract.field_binding import checking_function
from contexta.contract.fields import (
    as_component,
    as_name,
    as_optional_ref,
    as_optional_text,
    as_optional_time,
    as_optional_token,
    as_ref,
    as_text,
    as_time,
    as_token,
    as_version,
    as_word,
)
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import thaw_json
from contexta.contract.limits import MAX_JSON_TEXT_BYTES, MAX_PAYLOAD_DEPTH
from contexta.contract.numbers import as_metric_value, as_optional_count, as_optional_step
from contexta.contract.text import shown
from contexta.errors import SerializationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_PAYLOAD_DEPTH", "to_json", "to_payload"]

_MAX_INTEGER_BITS = 1_024
_encode = msgspec.json.Encoder().encode


def to_payload(obj: Any) -> Any:
    """Convert a model to plain JSON-safe data.

    Args:
        obj: A canonical model, a ref, an object with ``to_dict``, or data of these and of JSON values.

    Returns:
        Dicts with sorted keys, lists, text, numbers, booleans and None, sharing nothing with ``obj``.  Optional
        fields of models are left out where they are None; nulls in data stay.

    Raises:
        SerializationError: Something in it is not JSON, or it is nested too deep or contains itself.
    """
    return _payload(obj, "$", 0)


def to_json(obj: Any) -> str:
    """Convert a model to canonical JSON.

    Args:
        obj: What :func:`to_payload` takes.

    Returns:
        Compact JSON with sorted keys, other scripts unescaped, without a trailing newline; the same text for equal
        content, always.

    Raises:
        SerializationError: As for :func:`to_payload`, or text that is no Unicode (a lone surrogate).
    """
    try:
        is_model = isinstance(obj, ContractModel)
        encoded = _encode(_model(obj, "$", 0) if is_model else _payload(obj, "$", 0))
    except UnicodeEncodeError as error:
        raise SerializationError(
            "Text with a lone surrogate cannot be encoded as UTF-8; remove it.",
            code="serialization_invalid_text",
            details={"position": error.start},
            cause=error,
        ) from error
    # What is written must be readable.
    if len(encoded) > MAX_JSON_TEXT_BYTES:
        raise SerializationError(
            f"The JSON of this {type(obj).__name__} has {len(encoded)} bytes; at most {MAX_JSON_TEXT_BYTES} "
            "are allowed. Keep large content as an artifact.",
            code="serialization_too_large",
            details={"size": len(encoded)},
        )
    return encoded.decode("utf-8")


def _payload(value: Any, path: str, depth: int) -> Any:
    """Convert one value; ``path`` is where it stands."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return _integer(int.__int__(value), path)
    if isinstance(value, float):
        return _float(float.__float__(value), path)
    if depth > MAX_PAYLOAD_DEPTH:
        raise _unsupported(
            f"is nested deeper than {MAX_PAYLOAD_DEPTH} levels, or contains itself",
            path,
            "serialization_too_deep",
        )
    if isinstance(value, ContractModel):
        return _model(value, path, depth)
    if isinstance(value, FrozenMapping):
        return _mapping(value, path, depth)
    converter = getattr(value, "to_dict", None)
    if callable(converter) and not isinstance(value, type):
        return _payload(converter(), path, depth + 1)
    if isinstance(value, Mapping):
        return _mapping(value, path, depth)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_payload(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise _unsupported(f"is not JSON: {type(value).__name__}", path, "serialization_unsupported_type")


class _Plan(NamedTuple):
    """How to read a model for its payload; worked out once for each."""

    #: The names of its fields, sorted.
    names: tuple[str, ...]
    values: Callable[[ContractModel], tuple[Any, ...]]
    #: Among the names: the refs.
    refs: tuple[str, ...]
    #: What is neither a ref nor text or a number: name, the value that nearly all empty ones are, its payload.
    compound: tuple[tuple[str, object, Callable[[], Any]], ...]
    #: Fields that are left out while they are empty.
    omitted: frozenset[str]


_plans: dict[type[ContractModel], _Plan] = {}

#: The checks that give a ref, and those that give nothing but text itself or a number itself.
_REFS = frozenset({as_ref, as_optional_ref})
_SCALARS = frozenset(
    {
        as_component,
        as_metric_value,
        as_name,
        as_optional_count,
        as_optional_step,
        as_optional_text,
        as_optional_time,
        as_optional_token,
        as_text,
        as_time,
        as_token,
        as_version,
        as_word,
    }
)


def _plan(model: type[ContractModel]) -> _Plan:
    """Work out the plan of a model."""
    checks = {field.name: checking_function(field.converter) for field in model_fields(model)}
    names = tuple(sorted(checks))
    plan = _plans[model] = _Plan(
        names,
        # Models have two fields and more, so that the getter gives a tuple.
        attrgetter(*names),
        tuple(name for name in names if checks[name] in _REFS),
        tuple((name, *_empty(model, name)) for name in names if checks[name] not in _REFS | _SCALARS),
        frozenset(field.name for field in model_fields(model) if "omit_empty" in field.metadata),
    )
    return plan


def _empty(model: type[ContractModel], name: str) -> tuple[object, Callable[[], Any]]:
    """Return the value of a field that holds nothing, and what makes its payload."""
    default = next(field.default for field in model_fields(model) if field.name == name)
    if default == ():
        return (), list
    if isinstance(default, ContractModel) and not _model(default, "$", 0):
        return default, dict
    return EMPTY_MAPPING, dict


def _model(model: ContractModel, path: str, depth: int) -> dict[str, Any]:
    """Convert a model; its own optional fields are left out where they say nothing."""
    names, values, refs, compound, omitted = _plans.get(type(model)) or _plan(type(model))
    # Both are of one length; strict=True would cost a tenth of all this.
    result = {name: value for name, value in zip(names, values(model)) if value is not None}  # noqa: B905
    for name in refs:
        if name in result:
            result[name] = _text(result[name])
    for name, empty, payload_of_empty in compound:
        value = result.get(name)
        if value is None:
            continue
        if name in omitted and not value:
            del result[name]
        elif value is empty:
            result[name] = payload_of_empty()
        else:
            result[name] = _compound(value, f"{path}.{name}", depth + 1)
    extras = getattr(model, EXTRAS_FIELD)
    if extras is EMPTY_MAPPING:
        return result
    for name, value in extras.items():
        result.setdefault(name, thaw_json(value))
    return {name: result[name] for name in sorted(result)}


_text = str.__str__


def _compound(value: Any, path: str, depth: int) -> Any:
    """Convert what stands in a field and is neither a ref nor text or a number."""
    kind = type(value)
    if kind is FrozenMapping:
        # What it holds was checked and sorted when the model was built.
        return thaw_json(value)
    return _model(value, path, depth) if isinstance(value, ContractModel) else _payload(value, path, depth)


def _mapping(value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
    """Convert a mapping, sorted by key; nulls stay."""
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise _unsupported(
                f"has the key {shown(key)}, which is not text", path, "serialization_invalid_mapping_key"
            )
        result[str.__str__(key)] = _payload(item, f"{path}.{key}", depth + 1)
    return {name: result[name] for name in sorted(result)}


def _integer(value: int, path: str) -> int:
    if value.bit_length() > _MAX_INTEGER_BITS:
        raise _unsupported(
            f"is an integer of {value.bit_length()} bits; at most {_MAX_INTEGER_BITS} can be written",
            path,
            "serialization_invalid_integer",
        )
    return value


def _float(value: float, path: str) -> float:
    # The encoder would write null without a word.
    if not math.isfinite(value):
        raise _unsupported(f"is {value}, which JSON cannot hold", path, "serialization_invalid_float")
    return value


def _unsupported(problem: str, path: str, code: str) -> SerializationError:
    """Build the error for a value that cannot be encoded."""
    where = path if len(path) <= 200 else f"{path[:120]}…{path[-60:]}"
    return SerializationError(f"The value at {where} {problem}.", code=code, details={"path": path})
