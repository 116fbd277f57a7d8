"""From plain data, text or bytes back to models; driven by the classes' own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from contexta.contract.contract_model import EXTRAS_FIELD, ContractModel, model_fields
from contexta.contract.extensions import ExtensionFieldSet
from contexta.contract.fields import DEFAULT_CONTRACT_SCHEMA_VERSION, check_version, is_required
from contexta.contract.limits import MAX_JSON_TEXT_BYTES
from contexta.contract.refs import StableRef
from contexta.contract.text import shown
from contexta.errors import ConflictError, ContextaError, ContractError, SerializationError, ValidationError

if TYPE_CHECKING:
    from contexta.contract.extensions import ExtensionResolver

__all__ = ["MAX_JSON_TEXT_BYTES", "decode_model", "decode_ref", "parse_json"]

Model = TypeVar("Model", bound=ContractModel)

_decode = msgspec.json.Decoder().decode
_EXTENSIONS = "extensions"
#: A tuple, which isinstance takes more quickly than a union.
_TEXTS = (str, bytes, bytearray, memoryview)


class _Plan(NamedTuple):
    """What decoding needs to know of a model; worked out once for each."""

    #: The names of the fields and what stands for one that is not given, in the order of the constructor.
    defaults: dict[str, Any]
    required: frozenset[str]
    #: The fields that hold models, their classes, and the models that an empty object stands for: the defaults.
    parts: tuple[tuple[str, type[ContractModel], ContractModel | None], ...]


_plans: dict[type[ContractModel], _Plan] = {}


def _plan(model: type[ContractModel]) -> _Plan:
    """Work out the plan of a model."""
    fields = model_fields(model)
    plan = _plans[model] = _Plan(
        {field.name: field.default for field in fields},
        frozenset(field.name for field in fields if is_required(field)),
        tuple(
            (field.name, field.metadata["model"], None if is_required(field) else field.default)
            for field in fields
            if "model" in field.metadata
        ),
    )
    return plan


def decode_model(
    model: type[Model], data: Any, *, registry: ExtensionResolver | None = None, path: str = "$"
) -> Model:
    """Decode one model.

    Args:
        model: The class to build.
        data: A mapping, JSON text or bytes, or an instance, which is returned as it is.
        registry: Resolves extensions; without one they pass through.
        path: Where the data stands inside what is decoded.

    Returns:
        The model; fields that the class does not have are kept in it and written back.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: A field breaks its rule.
        SchemaVersionError: Another major version wrote the data.
    """
    if type(data) is dict:
        mapping: Mapping[str, Any] = data
    elif isinstance(data, model):
        return data
    else:
        mapping = _as_mapping(model, data, path)
    version = mapping.get("schema_version", DEFAULT_CONTRACT_SCHEMA_VERSION)
    # First of all: the fields of another major version may mean anything.
    if version != DEFAULT_CONTRACT_SCHEMA_VERSION and isinstance(version, str):
        _check_version(version, path)
    plan = _plans.get(model) or _plan(model)
    # The keys are those of the defaults, in the order of the fields; an unknown one makes the dict longer.
    values: dict[str, Any] = {**plan.defaults, **mapping}
    extras: dict[str, Any] = {}
    if len(values) != len(plan.defaults) or not plan.required <= mapping.keys():
        extras = _unknown(model, plan, mapping, path)
        values = {name: mapping.get(name, default) for name, default in plan.defaults.items()}
    for name, nested, default in plan.parts:
        inner = values[name]
        if default is not None and type(inner) is dict and not inner:
            # Correlation refs, foremost: most records have none.
            values[name] = default
        elif inner is not None:
            values[name] = decode_model(nested, inner, registry=registry, path=f"{path}.{name}")
    if values.get(_EXTENSIONS):
        values[_EXTENSIONS] = _decode_extensions(model, values[_EXTENSIONS], registry, path)
    try:
        # By position, since matching so many names takes longer than checking the values.
        return model(*values.values(), _extras=extras) if extras else model(*values.values())
    except (ValidationError, ConflictError) as error:
        raise _located(error, path) from error


def decode_ref(data: Any, path: str = "$") -> StableRef:
    """Decode a ref from its text, its text as JSON, or its ``kind`` and ``value``.

    Raises:
        SerializationError: Broken JSON or shape.
        ValidationError: The ref breaks the grammar.
    """
    if isinstance(data, bytes | bytearray | memoryview) or (
        isinstance(data, str) and not isinstance(data, StableRef) and data.lstrip()[:1] in {'"', "{", "["}
    ):
        data = parse_json("stable_ref", data, path)
    try:
        if isinstance(data, Mapping) and set(data) == {"kind", "value"}:
            return StableRef(data["kind"], data["value"])
        if isinstance(data, str):
            return StableRef.parse(data)
    except ValidationError as error:
        raise _located(error, path) from error
    raise _invalid_shape("stable_ref", data, path)


def _as_mapping(model: type[ContractModel], data: Any, path: str) -> Mapping[str, Any]:
    """Bring the input into a mapping."""
    name = model.contract_name
    if isinstance(data, _TEXTS):
        data = parse_json(name, data, path)
    if type(data) is not dict and not isinstance(data, Mapping):
        raise _invalid_shape(name, data, path)
    return data


def parse_json(name: str, data: str | bytes | bytearray | memoryview, path: str = "$") -> Any:
    """Parse JSON text or bytes; every way to fail becomes one typed error.

    Args:
        name: What is decoded, for the error.
        data: The JSON of an object, a list or a text.
        path: Where the data stands inside what is decoded.

    Returns:
        Plain data.

    Raises:
        SerializationError: Too long, blank, nothing that looks like JSON, or broken JSON.
    """
    if type(data) is memoryview and not data.c_contiguous:
        data = data.tobytes()
    size = data.nbytes if type(data) is memoryview else len(data)
    if size > MAX_JSON_TEXT_BYTES:
        raise SerializationError(
            f"The JSON of {name} at {path} is longer than {MAX_JSON_TEXT_BYTES} bytes.",
            code="deserialize_too_large",
            details={"name": name, "path": path, "size": size},
        )
    try:
        # The backend takes text itself, not a class derived from it.
        return _decode(str.__str__(data) if isinstance(data, str) else data)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, OverflowError) as error:
        raise _unreadable(name, data, path, error) from error


def _unreadable(
    name: str, data: str | bytes | bytearray | memoryview, path: str, error: Exception
) -> SerializationError:
    """Build the error for text that is no JSON: blank, of another kind, or broken."""
    start = data[:1024].lstrip()[:1] if isinstance(data, str) else bytes(data[:1024]).lstrip()[:1]
    if not start and len(data) <= 1024:
        return SerializationError(
            f"There is no data to decode {name} from at {path}: the text is blank.",
            code="deserialize_blank_input",
            details={"name": name, "path": path},
            cause=error,
        )
    if isinstance(data, str) and start not in {"{", "[", '"'}:
        return _invalid_shape(name, data, path)
    problem = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
    return SerializationError(
        f"The JSON of {name} at {path} cannot be read: {problem}.",
        code="deserialize_invalid_json",
        details={"name": name, "path": path},
        cause=error,
    )


def _check_version(version: str, path: str) -> None:
    """Refuse another major version before anything else is looked at."""
    try:
        check_version(version.strip(), f"{path}.schema_version")
    except ValidationError as error:
        raise _located(error, path) from error


def _unknown(
    model: type[ContractModel], plan: _Plan, mapping: Mapping[str, Any], path: str
) -> dict[str, Any]:
    """Return the fields that this version does not know; see that none that it needs is missing."""
    unknown: dict[str, Any] = {}
    for name, value in mapping.items():
        if not isinstance(name, str):
            raise SerializationError(
                f"{model.contract_name} at {path} has the key {shown(name)}; keys must be text.",
                code="deserialize_invalid_shape",
                details={"name": model.contract_name, "path": path, "type": type(name).__name__},
            )
        if name not in plan.defaults:
            unknown[name] = value
    missing = [name for name in plan.defaults if name in plan.required and name not in mapping]
    if missing:
        raise SerializationError(
            f"{model.contract_name} at {path} lacks {', '.join(missing)}.",
            code="deserialize_invalid_payload",
            details={
                "model": model.contract_name,
                "path": path,
                "missing_fields": missing,
                "message": "missing",
            },
        )
    # The private field is no part of the data, whoever writes its name there.
    if EXTRAS_FIELD in unknown:
        raise SerializationError(
            f"{model.contract_name} at {path} has the field {EXTRAS_FIELD}, which is reserved.",
            code="deserialize_unknown_field",
            details={"model": model.contract_name, "path": path, "unknown_fields": [EXTRAS_FIELD]},
        )
    return unknown


def _decode_extensions(
    model: type[ContractModel], data: Any, registry: ExtensionResolver | None, path: str
) -> tuple[ExtensionFieldSet, ...]:
    """Decode the extensions of a model, and resolve them where there is a registry."""
    place = f"{path}.{_EXTENSIONS}"
    if isinstance(data, bytes | str):
        data = parse_json(_EXTENSIONS, data, place)
    if not isinstance(data, list | tuple):
        raise _invalid_shape(_EXTENSIONS, data, place)
    items = tuple(
        decode_model(ExtensionFieldSet, item, path=f"{place}[{index}]") for index, item in enumerate(data)
    )
    if registry is None:
        return items
    if not callable(getattr(registry, "normalize_extensions", None)):
        raise ContractError(
            f"registry must be an ExtensionRegistry or None, not {type(registry).__name__}.",
            code="extension_invalid_registry",
            details={"type": type(registry).__name__},
        )
    try:
        return registry.normalize_extensions(items, target_model=model.contract_name)
    except ContextaError as error:
        raise _located(error, place) from error


def _located(error: ContextaError, path: str) -> ValidationError:
    """Return an error as a ValidationError that says where in the whole the fault lies."""
    details = dict(error.details or {})
    inner = details.get("path") or details.get("field_name")
    where = f"{path}.{inner}" if isinstance(inner, str) and not inner.startswith("$") else inner or path
    return ValidationError(
        f"{error.message} (at {where})", code=error.code, details={**details, "path": where}, cause=error
    )


def _invalid_shape(name: str, data: object, path: str) -> SerializationError:
    """Build the error for data that is no object."""
    return SerializationError(
        f"{name} at {path} must be a mapping, a JSON object or an instance, not {type(data).__name__}.",
        code="deserialize_invalid_shape",
        details={"name": name, "path": path, "type": type(data).__name__},
    )
