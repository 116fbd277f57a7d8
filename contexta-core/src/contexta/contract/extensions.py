"""Extension fields: namespaced data of others on a canonical model."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.collecting import Collected, refuse
from contexta.contract.contract_model import ContractModel
from contexta.contract.fields import bind_fields
from contexta.contract.json_values import freeze_json, thaw_json
from contexta.contract.limits import MAX_EXTENSIONS, MAX_JSON_KEY_LENGTH, MAX_JSON_KEYS
from contexta.contract.patterns import (
    EXTENSION_FIELD_KEY_PATTERN,
    EXTENSION_NAMESPACE_PATTERN,
    EXTENSION_NAMESPACE_SEGMENT_PATTERN,
    MAX_EXTENSION_NAMESPACE_LENGTH,
    schema_pattern,
)
from contexta.contract.text import shown
from contexta.errors import ConflictError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EXTENSION_FIELD_KEY_PATTERN",
    "EXTENSION_NAMESPACE_PATTERN",
    "EXTENSION_NAMESPACE_SEGMENT_PATTERN",
    "MAX_EXTENSION_NAMESPACE_LENGTH",
    "ExtensionFieldSet",
    "ExtensionResolver",
    "as_extensions",
    "validate_extension_field_key",
    "validate_extension_namespace",
]

_KEY_SCHEMA = {"type": "string", "pattern": schema_pattern(EXTENSION_FIELD_KEY_PATTERN)}
_NAMESPACE_SCHEMA = {
    "schema": {
        "type": "string",
        "pattern": schema_pattern(EXTENSION_NAMESPACE_PATTERN),
        "maxLength": MAX_EXTENSION_NAMESPACE_LENGTH,
    }
}
_FIELDS_SCHEMA = {
    "schema": {
        "type": "object",
        "propertyNames": {**_KEY_SCHEMA, "maxLength": MAX_JSON_KEY_LENGTH},
        "additionalProperties": {"$ref": "#/$defs/json_value"},
        "minProperties": 1,
        "maxProperties": MAX_JSON_KEYS,
    }
}
_READONLY_SCHEMA = {"schema": {"type": ["array", "null"], "items": _KEY_SCHEMA, "maxItems": MAX_JSON_KEYS}}


def validate_extension_namespace(namespace: str, field_name: str = "namespace") -> str:
    """Check an extension namespace: at least two lower-case segments, ``acme.lab``.

    Returns:
        The same text.

    Raises:
        ValidationError: Anything else (``extension_invalid_namespace``).
    """
    if (
        isinstance(namespace, str)
        and len(namespace) <= MAX_EXTENSION_NAMESPACE_LENGTH
        and EXTENSION_NAMESPACE_PATTERN.match(namespace)
    ):
        return namespace
    raise ValidationError(
        f"An extension namespace is two or more lower-case segments such as 'acme.lab', at most "
        f"{MAX_EXTENSION_NAMESPACE_LENGTH} characters; found {shown(namespace, 160)}.",
        code="extension_invalid_namespace",
        details={"field_name": field_name, "namespace": shown(namespace, 160)},
    )


def validate_extension_field_key(key: str, field_name: str = "fields") -> str:
    """Check the key of an extension field: a lower_snake word.

    Returns:
        The same text.

    Raises:
        ValidationError: Anything else (``extension_invalid_field_key``).
    """
    if isinstance(key, str) and EXTENSION_FIELD_KEY_PATTERN.match(key):
        return key
    raise ValidationError(
        f"An extension field key is a lower_snake word; found {shown(key, 160)}.",
        code="extension_invalid_field_key",
        details={"field_name": field_name, "key": shown(key, 160)},
    )


def _as_fields(
    value: Mapping[str, Any], field_name: str = "fields", *, collected: Collected = None
) -> Mapping[str, Any]:
    """Require at least one field; values are JSON."""
    if not isinstance(value, Mapping):
        raise ValidationError(
            f"{field_name} must be a mapping, not {type(value).__name__}.",
            code="extension_invalid_fields",
            details={"field_name": field_name, "type": type(value).__name__},
        )
    if not value:
        raise ValidationError(
            "An extension needs at least one field; leave the whole set out instead.",
            code="extension_empty_fields",
            details={"field_name": field_name},
        )
    checked: dict[str, Any] = {}
    for key, item in value.items():
        try:
            checked[validate_extension_field_key(key, field_name)] = item
        except ValidationError as error:
            refuse(error, collected)
    frozen: Mapping[str, Any] = freeze_json(checked, path=field_name, collected=collected)
    return frozen


def _as_readonly(
    value: Iterable[str] | None, field_name: str = "readonly_fields", *, collected: Collected = None
) -> tuple[str, ...]:
    """Require field keys; stored once each, sorted."""
    if isinstance(value, str | bytes) or (value is not None and not isinstance(value, Iterable)):
        raise ValidationError(
            f"{field_name} must be a sequence of field keys, not {type(value).__name__}.",
            code="extension_invalid_readonly_fields",
            details={"field_name": field_name, "type": type(value).__name__},
        )
    names: set[str] = set()
    for index, key in enumerate(value or ()):
        if index >= MAX_JSON_KEYS:
            raise ValidationError(
                f"{field_name} names more than {MAX_JSON_KEYS} fields; an extension cannot have so many.",
                code="extension_invalid_readonly_fields",
                details={"field_name": field_name},
            )
        try:
            names.add(validate_extension_field_key(key, f"{field_name}[{index}]"))
        except ValidationError as error:
            refuse(error, collected)
    return tuple(sorted(names))


def _check_readonly_exist(namespace: str, fields: Mapping[str, Any], readonly: tuple[str, ...]) -> None:
    """Check that read-only fields exist."""
    missing = [name for name in readonly if name not in fields]
    if missing:
        raise ValidationError(
            f"readonly_fields of {namespace!r} names {', '.join(missing)}, which the set does not hold.",
            code="extension_invalid_readonly_fields",
            details={"field_name": "readonly_fields", "namespace": namespace, "fields": missing},
        )


@attrs.frozen(field_transformer=bind_fields)
class ExtensionFieldSet(ContractModel):
    """The fields that one namespace adds to a model.

    Args:
        namespace: Whose fields they are, ``acme.lab``.
        fields: Field key to JSON value; at least one.
        readonly_fields: Keys that later changes must leave alone.

    Raises:
        ValidationError: A broken namespace, key or value, or a read-only key without a field.
    """

    contract_name: ClassVar[str] = "extension_field_set"

    namespace: str = attrs.field(converter=validate_extension_namespace, metadata=_NAMESPACE_SCHEMA)
    fields: Mapping[str, Any] = attrs.field(converter=_as_fields, metadata=_FIELDS_SCHEMA)
    readonly_fields: tuple[str, ...] = attrs.field(
        default=(), converter=_as_readonly, metadata=_READONLY_SCHEMA
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        FieldsRule(("namespace", "fields", "readonly_fields"), _check_readonly_exist),
    )

    def get(self, key: str, default: Any = None) -> Any:
        """Return a fresh copy of a field's value, or ``default`` where there is no such field."""
        return thaw_json(self.fields[key]) if key in self.fields else default

    def with_additional_readonly_fields(self, names: Iterable[str]) -> ExtensionFieldSet:
        """Return a set in which further existing fields are read-only."""
        return attrs.evolve(self, readonly_fields=(*self.readonly_fields, *_as_readonly(names)))

    def merge_fields(
        self,
        updates: Mapping[str, Any],
        *,
        allow_readonly: bool = False,
        additional_readonly_fields: Iterable[str] = (),
    ) -> ExtensionFieldSet:
        """Return a set with fields added or replaced.

        Args:
            updates: The fields to set.
            allow_readonly: Whether read-only fields may be replaced.
            additional_readonly_fields: Fields that become read-only with this change.

        Returns:
            The new set.

        Raises:
            ConflictError: A read-only field is among the updates (``extension_readonly_conflict``).
            ValidationError: A broken key or value.
        """
        checked = _as_fields(updates, "updates") if updates else {}
        self._refuse_readonly(checked, allow_readonly)
        readonly = (*self.readonly_fields, *_as_readonly(additional_readonly_fields))
        return attrs.evolve(self, fields={**self.fields, **checked}, readonly_fields=readonly)

    def without_fields(self, names: Iterable[str], *, allow_readonly: bool = False) -> ExtensionFieldSet:
        """Return a set without some fields; names that are not there do not matter.

        Raises:
            ConflictError: A read-only field is among the names (``extension_readonly_conflict``).
            ValidationError: No field would be left (``extension_empty_fields``).
        """
        removed = {names} if isinstance(names, str) else set(names)
        self._refuse_readonly(removed, allow_readonly)
        return attrs.evolve(
            self,
            fields={key: value for key, value in self.fields.items() if key not in removed},
            readonly_fields=[key for key in self.readonly_fields if key not in removed],
        )

    def _refuse_readonly(self, names: Iterable[str], allow_readonly: bool) -> None:
        """Refuse to touch read-only fields, unless that was allowed."""
        touched = sorted(set(self.readonly_fields).intersection(names))
        if touched and not allow_readonly:
            raise ConflictError(
                f"{', '.join(touched)} of extension {self.namespace!r} is read-only; "
                "pass allow_readonly=True to change it all the same.",
                code="extension_readonly_conflict",
                details={"namespace": self.namespace, "fields": touched},
            )


class ExtensionResolver(Protocol):
    """What decoding needs of an extension registry."""

    def normalize_extensions(
        self, extensions: Sequence[ExtensionFieldSet], *, target_model: str
    ) -> tuple[ExtensionFieldSet, ...]:
        """Check the extensions of one model and return them with the registry's read-only fields added."""


def as_extensions(
    value: Iterable[ExtensionFieldSet] | None, field_name: str = "extensions"
) -> tuple[ExtensionFieldSet, ...]:
    """Require extension sets of distinct namespaces; stored sorted, None is none."""
    if value is None or (not value and type(value) in {tuple, list}):
        return ()
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        raise _invalid_extension(value, field_name)
    # One more than allowed tells that there are too many, also of a source without an end.
    items = tuple(itertools.islice(value, MAX_EXTENSIONS + 1))
    if len(items) > MAX_EXTENSIONS:
        raise ValidationError(
            f"{field_name} holds more than {MAX_EXTENSIONS} extension sets.",
            code="context_invalid_extensions",
            details={"field_name": field_name},
        )
    for index, item in enumerate(items):
        if not isinstance(item, ExtensionFieldSet):
            raise _invalid_extension(item, f"{field_name}[{index}]")
    if len(items) < 2:
        return items
    ordered = tuple(sorted(items, key=lambda item: item.namespace))
    for left, right in itertools.pairwise(ordered):
        if left.namespace == right.namespace:
            raise ConflictError(
                f"{field_name} holds the namespace {left.namespace!r} twice; merge the two sets.",
                code="extension_duplicate_namespace",
                details={"field_name": field_name, "namespace": left.namespace},
            )
    return ordered


def _invalid_extension(value: object, place: str) -> ValidationError:
    """Build the error for something that is no extension set."""
    return ValidationError(
        f"{place} must be an ExtensionFieldSet (or, for the whole field, a sequence of them), "
        f"not {type(value).__name__}.",
        code="context_invalid_extensions",
        details={"field_name": place, "type": type(value).__name__},
    )
