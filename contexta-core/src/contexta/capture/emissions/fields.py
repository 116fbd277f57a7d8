"""The rules that fields of emissions keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.config.problems import shown
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import freeze_json_mapping
from contexta.contract.patterns import LOWER_SNAKE_PATTERN, is_key
from contexta.contract.refs import StableRef
from contexta.contract.text import check_characters
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MAX_NAME_LENGTH",
    "attributes_of",
    "flag_of",
    "key_of",
    "ref_of",
    "snake_of",
    "tags_of",
    "text_of",
    "word_of",
]

#: Longest name of a span, in characters.
MAX_NAME_LENGTH = 256


def text_of(value: object, field_name: str, *, limit: int | None = None) -> str:
    """Return stripped text; blank or foreign values are refused.

    Raises:
        ValidationError: Not text, blank, too long, or with characters that nothing can store.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(
            f"{field_name} must be text that is not blank, not {shown(value)}",
            code="capture_model_invalid_string",
            details={"field_name": field_name},
        )
    stripped = value.strip()
    if limit is not None and len(stripped) > limit:
        raise ValidationError(
            f"{field_name} has {len(stripped)} characters; at most {limit} are kept",
            code="capture_model_invalid_string",
            details={"field_name": field_name, "limit": limit},
        )
    check_characters(stripped, field_name=field_name, code="capture_model_invalid_string")
    return stripped


def key_of(value: object, code: str) -> str:
    """Return a metric or event key.

    Raises:
        ValidationError: The text is no key.
    """
    key = text_of(value, "key")
    if not is_key(key):
        raise ValidationError(
            f"{shown(key)} is no key; use dot-separated tokens of letters, digits and _ / @ % -, such as 'train.loss'",
            code=code,
            details={"key": key},
        )
    return key


def word_of(value: object, words: tuple[str, ...], field_name: str) -> str:
    """Return a word of a vocabulary.

    Raises:
        ValidationError: There is no such word.
    """
    if value not in words:
        raise ValidationError(
            f"{field_name} is {shown(value)}; use one of {', '.join(words)}",
            code="capture_model_invalid_marker",
            details={"field_name": field_name, "allowed": words},
        )
    return str(value)


def tags_of(value: Mapping[str, str] | None, field_name: str = "tags") -> FrozenMapping[str]:
    """Return tags with text keys and values.

    Raises:
        ValidationError: A key or value is not text, or a key is blank or given twice.
    """
    if not value:
        return EMPTY_MAPPING
    tags: dict[str, str] = {}
    for key, entry in _pairs(value, field_name):
        name = text_of(key, f"a key of {field_name}")
        if not isinstance(entry, str):
            raise ValidationError(
                f"{field_name}[{shown(name)}] is {shown(entry)}; tags are text",
                code="capture_model_invalid_mapping",
                details={"field_name": field_name, "key": name},
            )
        if name in tags:
            raise ValidationError(
                f"{field_name} holds the key {name!r} twice, but for white space",
                code="capture_model_invalid_mapping",
                details={"field_name": field_name, "key": name},
            )
        tags[name] = check_characters(entry, field_name=field_name, code="capture_model_invalid_mapping")
    return FrozenMapping(dict(sorted(tags.items())))


def _pairs(value: Mapping[str, Any], field_name: str) -> Any:
    try:
        return value.items()
    except AttributeError as error:
        raise ValidationError(
            f"{field_name} must be a mapping, not {type(value).__name__}",
            code="capture_model_invalid_mapping",
            details={"field_name": field_name},
        ) from error


def attributes_of(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return attributes as frozen JSON data.

    Raises:
        ValidationError: Not a mapping, or not JSON-safe; the text names the path.
    """
    if not value:
        return EMPTY_MAPPING
    try:
        return freeze_json_mapping(value, field_name="attributes")
    except ValidationError as error:
        raise ValidationError(
            error.message, code="capture_model_invalid_json_value", details=error.details
        ) from error


def snake_of(value: object, field_name: str, code: str) -> str:
    """Return a word in lower_snake_case.

    Raises:
        ValidationError: The text is none.
    """
    word = text_of(value, field_name)
    if not LOWER_SNAKE_PATTERN.match(word):
        raise ValidationError(
            f"{field_name} is {word!r}; use lower-case letters, digits and _, such as 'model_bundle'",
            code=code,
            details={"field_name": field_name, "value": word},
        )
    return word


def flag_of(value: object, field_name: str) -> bool:
    """Return True or False.

    Raises:
        ValidationError: Neither.
    """
    if not isinstance(value, bool):
        raise ValidationError(
            f"{field_name} must be True or False, not {shown(value)}",
            code="capture_model_invalid_bool",
            details={"field_name": field_name},
        )
    return value


def ref_of(value: object, code: str) -> StableRef:
    """Return a reference.

    Raises:
        ValidationError: The value is none.
    """
    if not isinstance(value, (str, StableRef)):
        raise ValidationError(f"{shown(value)} is no reference; use text such as 'run:demo.r1'", code=code)
    return StableRef.parse(value)
