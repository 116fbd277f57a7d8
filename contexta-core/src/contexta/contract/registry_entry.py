"""One registered extension namespace: who owns it, which models it extends, and which fields it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from contexta.contract.extensions import validate_extension_field_key, validate_extension_namespace
from contexta.contract.frozen_mapping import FrozenMapping
from contexta.contract.patterns import OWNER_SLUG_PATTERN, REGISTRY_STATUS_PATTERN
from contexta.contract.text import shown
from contexta.contract.vocabularies import EXTENSION_OWNERSHIP_CLASSES, EXTENSION_TARGET_MODELS
from contexta.errors import ValidationError

__all__ = ["RESERVED_NAMESPACE_SEGMENTS", "ExtensionRegistryEntry"]

#: First segments that private namespaces must not have, since the other ownership classes do.
RESERVED_NAMESPACE_SEGMENTS: Final[tuple[str, ...]] = ("contexta", "compat", "adapter", "bridge", "plugin")


def _invalid(problem: str, code: str, field_name: str, **details: Any) -> ValidationError:
    """Build the error of an entry's field."""
    return ValidationError(
        f"{field_name} of an extension registry entry {problem}.",
        code=code,
        details={"field_name": field_name, **details},
    )


def _as_ownership(value: str) -> str:
    if isinstance(value, str) and value in EXTENSION_OWNERSHIP_CLASSES:
        return value
    raise _invalid(
        f"must be one of {', '.join(EXTENSION_OWNERSHIP_CLASSES)}; found {shown(value)}",
        "extension_registry_invalid_ownership",
        "ownership_class",
    )


def _as_owner(value: str) -> str:
    if isinstance(value, str) and OWNER_SLUG_PATTERN.match(value):
        return value
    raise _invalid(
        f"must be lower-case letters, digits and hyphens; found {shown(value)}",
        "extension_registry_invalid_owner",
        "owner_slug",
    )


def _as_status(value: str) -> str:
    if isinstance(value, str) and REGISTRY_STATUS_PATTERN.match(value):
        return value
    raise _invalid(
        f"must be a lower_snake word such as 'active'; found {shown(value)}",
        "extension_registry_invalid_status",
        "status",
    )


def _as_targets(value: Iterable[str]) -> tuple[str, ...]:
    # One name is meant as that name: its letters are no models.
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else ()
    unknown = [name for name in names if name not in EXTENSION_TARGET_MODELS]
    if unknown or not names:
        found = ", ".join(f"{shown(name)}" for name in unknown[:5]) or "none"
        raise _invalid(
            f"must name at least one of {', '.join(EXTENSION_TARGET_MODELS)}; found {found}",
            "extension_registry_invalid_target_models",
            "target_models",
        )
    return tuple(sorted(set(names)))


def _as_readonly(value: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(value, str | bytes) or not isinstance(value or (), Iterable):
        raise _invalid(
            f"must be a sequence of field keys, not {type(value).__name__}",
            "extension_registry_invalid_readonly_fields",
            "readonly_fields",
        )
    return tuple(sorted({validate_extension_field_key(key, "readonly_fields") for key in value or ()}))


def _as_specs(value: Mapping[str, str] | None) -> Mapping[str, str] | None:
    if value is None:
        return None
    code = "extension_registry_invalid_field_specs"
    if not isinstance(value, Mapping):
        raise _invalid(f"must be a mapping, not {type(value).__name__}", code, "field_specs")
    specs: dict[str, str] = {}
    for key, spec in value.items():
        try:
            validate_extension_field_key(key, "field_specs")
        except ValidationError as error:
            raise _invalid(f"has a broken key: {error.message}", code, "field_specs") from error
        if not isinstance(spec, str) or not spec.strip():
            raise _invalid(
                f"must name the type of {shown(key)}, such as 'int' or 'string?'; found {shown(spec)}",
                code,
                "field_specs",
            )
        specs[key] = spec.strip()
    return FrozenMapping({key: specs[key] for key in sorted(specs)})


def _as_notes(value: str | None) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value if value is None else value.strip()
    raise _invalid("must be text that is not blank, or None", "extension_registry_invalid_notes", "notes")


@attrs.frozen
class ExtensionRegistryEntry:
    """A registered namespace.

    Args:
        namespace: The namespace, ``acme.lab``; its first segment follows from the ownership class.
        ownership_class: One of ``EXTENSION_OWNERSHIP_CLASSES``.
        owner_slug: Who owns it: lower-case letters, digits and hyphens.
        status: A lower_snake word; see ``EXTENSION_REGISTRY_STATUSES`` for those with a meaning.
        target_models: Names of models that it may extend, of ``EXTENSION_TARGET_MODELS``.
        readonly_fields: Fields that must not change once they are set.
        field_specs: Field key to type, see :mod:`contexta.contract.extension_field_types`; None allows any field.
        notes: A sentence for people.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    namespace: str = attrs.field(converter=validate_extension_namespace)
    ownership_class: str = attrs.field(converter=_as_ownership)
    owner_slug: str = attrs.field(converter=_as_owner)
    status: str = attrs.field(converter=_as_status)
    target_models: tuple[str, ...] = attrs.field(converter=_as_targets)
    readonly_fields: tuple[str, ...] = attrs.field(default=(), converter=_as_readonly)
    field_specs: Mapping[str, str] | None = attrs.field(default=None, converter=_as_specs)
    notes: str | None = attrs.field(default=None, converter=_as_notes)

    def __attrs_post_init__(self) -> None:
        """Check what holds between fields."""
        first = self.namespace.partition(".")[0]
        expected = {"core": "contexta"}.get(self.ownership_class, self.ownership_class)
        wrong = (
            first in RESERVED_NAMESPACE_SEGMENTS if self.ownership_class == "private" else first != expected
        )
        if wrong:
            advice = (
                f"must not start with {', '.join(RESERVED_NAMESPACE_SEGMENTS)}"
                if self.ownership_class == "private"
                else f"must start with '{expected}.'"
            )
            raise _invalid(
                f"is {self.namespace!r}; a {self.ownership_class} namespace {advice}",
                "extension_registry_invalid_namespace",
                "namespace",
            )
        unknown = [key for key in self.readonly_fields if key not in (self.field_specs or {})]
        if self.field_specs is not None and unknown:
            raise _invalid(
                f"names {', '.join(unknown)}, which field_specs does not have",
                "extension_registry_invalid_readonly_fields",
                "readonly_fields",
            )

    def allows_target_model(self, name: str) -> bool:
        """Tell whether the namespace may extend a model."""
        return name in self.target_models

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data; ``field_specs`` and ``notes`` only where there are any."""
        result: dict[str, Any] = {
            "namespace": self.namespace,
            "ownership_class": self.ownership_class,
            "owner_slug": self.owner_slug,
            "status": self.status,
            "target_models": list(self.target_models),
            "readonly_fields": list(self.readonly_fields),
        }
        if self.field_specs is not None:
            result["field_specs"] = dict(self.field_specs)
        if self.notes is not None:
            result["notes"] = self.notes
        return result
