"""The rules of single model fields.

Each ``as_*`` function checks and normalises one value, and a model names it as its field's converter;
:mod:`contexta.contract.field_binding` passes it the field's name and options.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from contexta.contract.collecting import Collected, refuse
from contexta.contract.field_binding import bind_fields, remember, rule
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import freeze_json_mapping
from contexta.contract.limits import (
    MAX_JSON_KEYS,
    MAX_NAME_LENGTH,
    MAX_REFS,
    MAX_STRING_KEYS,
    MAX_TEXT_LENGTH,
)
from contexta.contract.patterns import (
    LOWER_SNAKE_PATTERN,
    MAX_KEY_LENGTH,
    SCHEMA_VERSION_PATTERN,
    STABLE_REF_COMPONENT_PATTERN,
)
from contexta.contract.refs import (
    CORE_STABLE_REF_COMPONENT_COUNTS,
    MAX_STABLE_REF_COMPONENT_LENGTH,
    StableRef,
    validate_core_stable_ref,
    validate_stable_ref_kind,
)
from contexta.contract.text import check_characters, shown
from contexta.contract.timestamps import normalize_timestamp
from contexta.errors import SchemaVersionError, ValidationError

if TYPE_CHECKING:
    import re
    from datetime import datetime

__all__ = [
    "DEFAULT_CONTRACT_SCHEMA_VERSION",
    "MAX_NAME_LENGTH",
    "MAX_STRING_KEYS",
    "REQUIRED",
    "as_component",
    "as_json",
    "as_model",
    "as_name",
    "as_optional_ref",
    "as_optional_text",
    "as_optional_time",
    "as_optional_token",
    "as_ref",
    "as_refs",
    "as_strings",
    "as_text",
    "as_time",
    "as_token",
    "as_version",
    "as_word",
    "bind_fields",
    "check_version",
    "is_required",
    "part",
    "required",
    "rule",
]

#: The version of the contract that this code writes.
DEFAULT_CONTRACT_SCHEMA_VERSION: Final = "1.0.0"

#: Metadata of a field that must be given although it has a default; see :func:`required`.
REQUIRED: Final[dict[str, Any]] = {"required": True}

_SUPPORTED_MAJOR = int(DEFAULT_CONTRACT_SCHEMA_VERSION.partition(".")[0])
_STRING_CODE = "context_invalid_string"
_MAPPING_CODE = "context_invalid_mapping"


def part(model: type, code: str) -> dict[str, Any]:
    """Return the metadata of a field that holds another model; the decoder and the schemas follow it."""
    return {"model": model, **rule(model=model, code=code)}


def is_required(field: attrs.Attribute[Any]) -> bool:
    """Tell whether a field must be given."""
    return field.default is attrs.NOTHING or "required" in field.metadata


def required(field_name: str) -> Any:
    """Return a default that refuses, for a required field that stands behind an optional one.

    Positional order is public, and attrs allows no field without a default behind one that has one.
    """
    return attrs.Factory(partial(_refuse_missing, field_name))


def _refuse_missing(field_name: str) -> NoReturn:
    """Stand in for the value of a required field that was not given."""
    _reject("is required", field_name, "context_missing_field")


def as_text(
    value: str,
    field_name: str = "text",
    *,
    code: str = _STRING_CODE,
    max_length: int = MAX_TEXT_LENGTH,
) -> str:
    """Require text that is not blank; surrounding white space is dropped."""
    if not isinstance(value, str):
        _reject(f"must be text, not {type(value).__name__}", field_name, code, type=type(value).__name__)
    stripped = value.strip()
    if not stripped:
        _reject("must not be blank", field_name, code, value=value[:80])
    if len(stripped) > max_length:
        _reject(f"has {len(stripped)} characters; at most {max_length} are allowed", field_name, code)
    return check_characters(stripped, field_name=field_name, code=code)


def as_optional_text(value: str | None, field_name: str = "text") -> str | None:
    """Require text that is not blank, or None."""
    return None if value is None else as_text(value, field_name)


def as_name(value: str, field_name: str = "name") -> str:
    """Require a name: one canonical composition, so that names that look the same are the same."""
    return unicodedata.normalize("NFC", as_text(value, field_name, max_length=MAX_NAME_LENGTH))


def as_component(value: str, field_name: str = "name") -> str:
    """Require a name that can be the last component of a ref."""
    text = as_text(value, field_name)
    if len(text) > MAX_STABLE_REF_COMPONENT_LENGTH or not STABLE_REF_COMPONENT_PATTERN.match(text):
        _reject(
            f"must be lower-case letters and digits joined by single hyphens, at most "
            f"{MAX_STABLE_REF_COMPONENT_LENGTH} characters; found {text[:80]!r}",
            field_name,
            "context_invalid_component",
            value=text[:80],
        )
    return text


def as_word(
    value: str, field_name: str = "word", *, words: tuple[str, ...] = (), code: str = "record_invalid_marker"
) -> str:
    """Require a member of a vocabulary."""
    text = as_text(value, field_name)
    if text not in words:
        _reject(
            f"must be one of {', '.join(words)}; found {text[:80]!r}",
            field_name,
            code,
            value=text[:80],
            allowed=words,
        )
    return text


def as_token(
    value: str,
    field_name: str = "token",
    *,
    pattern: re.Pattern[str] = LOWER_SNAKE_PATTERN,
    code: str = _STRING_CODE,
) -> str:
    """Require text of a grammar, at most ``MAX_KEY_LENGTH`` characters long."""
    text = as_text(value, field_name, code=code)
    if len(text) > MAX_KEY_LENGTH:
        _reject(f"has {len(text)} characters; at most {MAX_KEY_LENGTH} are allowed", field_name, code)
    if not pattern.match(text):
        _reject(
            f"must match {pattern.pattern.removesuffix(chr(92) + 'Z')}; found {text!r}",
            field_name,
            code,
            value=text,
        )
    return text


def as_optional_token(
    value: str | None,
    field_name: str = "token",
    *,
    pattern: re.Pattern[str] = LOWER_SNAKE_PATTERN,
    code: str = _STRING_CODE,
) -> str | None:
    """Require text of a grammar, or None."""
    return None if value is None else as_token(value, field_name, pattern=pattern, code=code)


def as_ref(value: StableRef | str, field_name: str = "ref", *, kinds: tuple[str, ...] = ()) -> StableRef:
    """Require a ref of one of ``kinds`` (any kind when there are none), given as ref or as text."""
    if not isinstance(value, str):
        _reject(
            f"must be a StableRef or its text, not {type(value).__name__}",
            field_name,
            "context_invalid_ref",
            type=type(value).__name__,
        )
    try:
        ref = StableRef.parse(value)
        # Nearly all refs, looked at once.
        as_usual = CORE_STABLE_REF_COMPONENT_COUNTS.get(ref.kind) == ref.value.count(".") + 1
        if as_usual and (not kinds or ref.kind in kinds):
            return ref
        validate_core_stable_ref(ref)
        return validate_stable_ref_kind(ref, kinds, field_name=field_name) if kinds else ref
    except ValidationError as error:
        details = {**(error.details or {}), "field_name": field_name, "value": str(value)[:300]}
        raise ValidationError(
            f"{field_name}: {error.message}", code=error.code, details=details, cause=error
        ) from error


def as_optional_ref(
    value: StableRef | str | None, field_name: str = "ref", *, kinds: tuple[str, ...] = ()
) -> StableRef | None:
    """Require a ref, or None."""
    return None if value is None else as_ref(value, field_name, kinds=kinds)


def as_refs(
    value: Iterable[StableRef | str] | None, field_name: str = "refs", *, collected: Collected = None
) -> tuple[StableRef, ...]:
    """Require a sequence of refs; None is the empty one."""
    if value is None:
        return ()
    code = "record_invalid_ref"
    # Text is iterable, but its letters are no refs.
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        kind = type(value).__name__
        _reject(f"must be a sequence of refs, not {kind}", field_name, code, type=kind)
    refs = []
    for index, item in enumerate(value):
        if index == MAX_REFS:
            _reject(f"has more than {MAX_REFS} refs", field_name, code)
        try:
            refs.append(_item_ref(item, f"{field_name}[{index}]", code))
        except ValidationError as error:
            refuse(error, collected)
    return tuple(refs)


def _item_ref(item: object, place: str, code: str) -> StableRef:
    """Require one ref of a sequence."""
    if not isinstance(item, str):
        kind = type(item).__name__
        _reject(f"must be a StableRef or its text, not {kind}", place, code, type=kind)
    return as_ref(item, place)


def as_time(value: datetime | str, field_name: str = "time") -> str:
    """Require a ``datetime`` or text that says that it is UTC by its closing ``Z``."""
    # Text without a zone is refused here, unlike in normalize_timestamp: a stored time must not depend on a guess.
    if isinstance(value, str) and not value.rstrip().endswith("Z"):
        _reject(
            f"must be UTC text that ends with Z, such as 2024-01-01T00:00:00Z, or a datetime; found {value[:80]!r}",
            field_name,
            "context_invalid_timestamp",
            value=value[:80],
        )
    return normalize_timestamp(value, field_name=field_name)


def as_optional_time(value: datetime | str | None, field_name: str = "time") -> str | None:
    """Require a time, or None."""
    return None if value is None else as_time(value, field_name)


def as_strings(
    value: Mapping[str, str] | None, field_name: str = "mapping", *, collected: Collected = None
) -> Mapping[str, str]:
    """Require a mapping from text to text; None is the empty one.

    Keys are stripped and must not be blank.  Values stay as they are: an empty environment variable is a fact.
    """
    if value is None:
        return EMPTY_MAPPING
    if type(value) is not dict and not isinstance(value, Mapping):
        kind = type(value).__name__
        _reject(f"must be a mapping, not {kind}", field_name, _MAPPING_CODE, type=kind)
    if len(value) > MAX_STRING_KEYS:
        _reject(f"has {len(value)} keys; at most {MAX_STRING_KEYS} are allowed", field_name, _MAPPING_CODE)
    items: dict[str, str] = {}
    for key, item in value.items():
        if _is_plain_pair(key, item) and key not in items:
            items[key] = item
            continue
        try:
            name = _string_key(key, field_name)
            if name in items:
                _reject(f"has the key {name!r} twice after stripping", field_name, _MAPPING_CODE, key=name)
            items[name] = _string_value(item, field_name, name)
        except ValidationError as error:
            refuse(error, collected)
    if len(items) > 1:
        items = {name: items[name] for name in sorted(items)}
    return FrozenMapping.adopt(items)


def _is_plain_pair(key: object, item: object) -> bool:
    """Tell quickly, of nearly all that is valid, that it is: a word, and text that holds nothing forbidden."""
    return (
        type(key) is str
        and type(item) is str
        and len(key) <= MAX_NAME_LENGTH
        and len(item) <= MAX_TEXT_LENGTH
        and key.isidentifier()
        and item.isprintable()
    )


def _string_key(key: object, field_name: str) -> str:
    """Require a key that is text, not blank, and not too long."""
    name = key.strip() if isinstance(key, str) else ""
    if not name or len(name) > MAX_NAME_LENGTH:
        problem = f"may have {MAX_NAME_LENGTH} characters" if name else "must be text that is not blank"
        _reject(f"has the key {shown(key)}; a key {problem}", field_name, _MAPPING_CODE, key=shown(key))
    return check_characters(name, field_name=field_name, label=f"A key of {field_name}", code=_MAPPING_CODE)


def _string_value(item: object, field_name: str, name: str) -> str:
    """Require a value that is text; it may be empty."""
    path = f"{field_name}.{name}"
    if isinstance(item, str) and len(item) <= MAX_TEXT_LENGTH:
        return check_characters(str.__str__(item), field_name=field_name, path=path, code=_MAPPING_CODE)
    if isinstance(item, str):
        problem = f"has {len(item)} characters; at most {MAX_TEXT_LENGTH} are allowed"
    else:
        problem = f"must be text, not {type(item).__name__}"
    raise ValidationError(
        f"{path} {problem}.", code=_MAPPING_CODE, details={"field_name": field_name, "path": path}
    )


def as_json(
    value: Mapping[str, Any] | None,
    field_name: str = "mapping",
    *,
    code: str = "record_invalid_mapping",
    max_keys: int = MAX_JSON_KEYS,
    collected: Collected = None,
) -> Mapping[str, Any]:
    """Require a mapping of JSON values; None is the empty one."""
    return freeze_json_mapping(
        value, field_name=field_name, code=code, max_keys=max_keys, collected=collected
    )


def as_model(
    value: Any, field_name: str = "model", *, model: type = object, code: str = "context_invalid_model"
) -> Any:
    """Require an instance of a model."""
    if not isinstance(value, model):
        kind = type(value).__name__
        _reject(f"must be a {model.__name__}, not {kind}", field_name, code, type=kind)
    return value


def as_version(value: str, field_name: str = "schema_version") -> str:
    """Require a schema version that this code can hold: this major, any minor."""
    text = as_text(value, field_name)
    check_version(text, field_name)
    return text


def check_version(text: str, path: str) -> None:
    """Refuse a schema version of another major, or none at all.

    Raises:
        ValidationError: Not a version (``context_invalid_schema_version``).
        SchemaVersionError: A major that this code cannot read.
    """
    match = SCHEMA_VERSION_PATTERN.match(text)
    if match is None:
        _reject(
            f"must be a version such as 1.0.0; found {text[:80]!r}", path, "context_invalid_schema_version"
        )
    if int(match[1]) != _SUPPORTED_MAJOR:
        advice = "upgrade Contexta to read it" if int(match[1]) > _SUPPORTED_MAJOR else "migrate it first"
        raise SchemaVersionError(
            f"{path} is {text}; this version of Contexta reads schema {_SUPPORTED_MAJOR}.x: {advice}.",
            details={"field_name": path, "found": text, "supported": DEFAULT_CONTRACT_SCHEMA_VERSION},
        )


def _reject(problem: str, field_name: str, code: str, **details: Any) -> NoReturn:
    """Raise the error of a field."""
    raise ValidationError(
        f"{field_name} {problem}.", code=code, details={"field_name": field_name, **details}
    )


remember(as_name, as_component, as_word, as_token, as_ref, as_time, as_version)
remember(as_optional_text, as_optional_token, as_optional_ref, as_optional_time, optional=True)
