"""What JSON Schema says of single values: one function for each kind of field.

The patterns keep to what every dialect of regular expressions has, without look-around.  So a ref's components are
not held to their 63 characters one by one; the length of the whole is bounded all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from contexta.contract.limits import (
    MAX_EXTENSIONS,
    MAX_JSON_KEY_LENGTH,
    MAX_JSON_KEYS,
    MAX_JSON_NODES,
    MAX_KEY_LENGTH,
    MAX_NAME_LENGTH,
    MAX_REFS,
    MAX_STRING_KEYS,
    MAX_TEXT_LENGTH,
    MIN_INTEGER,
)
from contexta.contract.patterns import STABLE_REF_COMPONENT_PATTERN, schema_pattern
from contexta.contract.refs import (
    CORE_STABLE_REF_COMPONENT_COUNTS,
    MAX_STABLE_REF_COMPONENT_LENGTH,
    MAX_STABLE_REF_TEXT_LENGTH,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["SHARED_DEFINITIONS", "VALUE_SCHEMAS"]

Schema = dict[str, Any]

# Everything that Python strips, spelled out: dialects differ about what \s is.
_SPACE = r"\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_EDGE = rf"[^\u0000{_SPACE}]"
#: Text that is not blank, has no white space around it and no NUL in it.
_TEXT_PATTERN = rf"^{_EDGE}(?:[^\u0000]*{_EDGE})?$"
_ANY_TEXT_PATTERN = r"^[^\u0000]*$"

_COMPONENT = STABLE_REF_COMPONENT_PATTERN.pattern.removesuffix("\\Z")
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_TIME_PATTERN = (
    rf"^{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z$"
)
_MAX_SIGNED = 2**63 - 1

_JSON_VALUE: Final = {"$ref": "#/$defs/json_value"}

#: Definitions that the schemas of values refer to, by name.
SHARED_DEFINITIONS: Final[dict[str, Schema]] = {
    "json_value": {
        "description": "Any JSON value; integers must fit into 64 bits, containers nest at most 64 levels deep.",
        "anyOf": [
            {"type": ["null", "boolean", "number"]},
            {"type": "string", "maxLength": MAX_TEXT_LENGTH, "pattern": _ANY_TEXT_PATTERN},
            {"type": "array", "items": _JSON_VALUE, "maxItems": MAX_JSON_NODES},
            {
                "type": "object",
                "propertyNames": {"maxLength": MAX_JSON_KEY_LENGTH, "pattern": _ANY_TEXT_PATTERN},
                "additionalProperties": _JSON_VALUE,
                "maxProperties": MAX_JSON_KEYS,
            },
        ],
    },
}


def _text(max_length: int = MAX_TEXT_LENGTH, **_: Any) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": _TEXT_PATTERN}


def _name(**_: Any) -> Schema:
    return _text(MAX_NAME_LENGTH)


def _component(**_: Any) -> Schema:
    return {
        "type": "string",
        "pattern": schema_pattern(STABLE_REF_COMPONENT_PATTERN),
        "maxLength": MAX_STABLE_REF_COMPONENT_LENGTH,
    }


def _word(words: tuple[str, ...], **_: Any) -> Schema:
    return {"type": "string", "enum": list(words)}


def _token(pattern: re.Pattern[str], **_: Any) -> Schema:
    return {"type": "string", "pattern": schema_pattern(pattern), "maxLength": MAX_KEY_LENGTH}


def _ref(kinds: tuple[str, ...] = (), **_: Any) -> Schema:
    """Describe a ref of some kinds, or of any."""
    if len(kinds) == 1:
        return _ref_of(kinds[0])
    if kinds:
        return {"anyOf": [_ref_of(kind) for kind in kinds]}
    core = "|".join(CORE_STABLE_REF_COMPONENT_COUNTS)
    other = {
        "type": "string",
        "pattern": rf"^[a-z][a-z0-9_]*:{_COMPONENT}(?:\.{_COMPONENT})*$",
        "maxLength": MAX_STABLE_REF_TEXT_LENGTH,
        "not": {"pattern": f"^(?:{core}):"},
    }
    return {"anyOf": [*(_ref_of(kind) for kind in CORE_STABLE_REF_COMPONENT_COUNTS), other]}


def _ref_of(kind: str) -> Schema:
    """Describe a ref of one kind, with that kind's number of components."""
    count = CORE_STABLE_REF_COMPONENT_COUNTS.get(kind)
    if count is None:
        more, longest = "*", MAX_STABLE_REF_TEXT_LENGTH
    else:
        most = 5 if kind in {"sample", "op"} else count
        more = f"{{{count - 1},{most - 1}}}" if most > count else f"{{{count - 1}}}"
        longest = len(kind) + most * (MAX_STABLE_REF_COMPONENT_LENGTH + 1)
    return {
        "type": "string",
        "pattern": rf"^{kind}:{_COMPONENT}(?:\.{_COMPONENT}){more}$",
        "maxLength": min(longest, MAX_STABLE_REF_TEXT_LENGTH),
    }


def _refs(**_: Any) -> Schema:
    return {"type": ["array", "null"], "items": _ref(), "maxItems": MAX_REFS}


def _time(**_: Any) -> Schema:
    return {"type": "string", "format": "date-time", "pattern": _TIME_PATTERN}


def _strings(**_: Any) -> Schema:
    return {
        "type": ["object", "null"],
        "propertyNames": {"maxLength": MAX_NAME_LENGTH, "pattern": _TEXT_PATTERN},
        "additionalProperties": {
            "type": "string",
            "maxLength": MAX_TEXT_LENGTH,
            "pattern": _ANY_TEXT_PATTERN,
        },
        "maxProperties": MAX_STRING_KEYS,
    }


def _json(max_keys: int = MAX_JSON_KEYS, **_: Any) -> Schema:
    return {
        "type": ["object", "null"],
        "propertyNames": {"maxLength": MAX_JSON_KEY_LENGTH, "pattern": _TEXT_PATTERN},
        "additionalProperties": _JSON_VALUE,
        "maxProperties": max_keys,
    }


def _version(**_: Any) -> Schema:
    return {"type": "string", "pattern": r"^1\.[0-9]{1,6}(?:\.[0-9]{1,6})?$"}


def _number(**_: Any) -> Schema:
    return {"type": "number"}


def _count(minimum: int = 0, **_: Any) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": _MAX_SIGNED}


def _step(**_: Any) -> Schema:
    return _count(MIN_INTEGER)


def _extensions(**_: Any) -> Schema:
    return {
        "type": ["array", "null"],
        "items": {"$ref": "#/$defs/extension_field_set"},
        "maxItems": MAX_EXTENSIONS,
    }


def _optional(inner: Callable[..., Schema]) -> Callable[..., Schema]:
    """Allow null besides."""

    def described(**options: Any) -> Schema:
        schema = inner(**options)
        if isinstance(schema.get("type"), str):
            return {**schema, "type": [schema["type"], "null"]}
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}

    return described


#: The name of each field converter to the function that describes what it takes.
VALUE_SCHEMAS: Final[dict[str, Callable[..., Schema]]] = {
    "as_component": _component,
    "as_extensions": _extensions,
    "as_json": _json,
    "as_metric_value": _number,
    "as_name": _name,
    "as_optional_count": _optional(_count),
    "as_optional_ref": _optional(_ref),
    "as_optional_step": _optional(_step),
    "as_optional_text": _optional(_text),
    "as_optional_time": _optional(_time),
    "as_optional_token": _optional(_token),
    "as_ref": _ref,
    "as_refs": _refs,
    "as_strings": _strings,
    "as_text": _text,
    "as_time": _time,
    "as_token": _token,
    "as_version": _version,
    "as_word": _word,
}
