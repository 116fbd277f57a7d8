"""The extension registry: which namespaces there are, what they extend, and whether fields keep to their specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import attrs

from contexta.contract.extension_field_types import (
    EXTENSION_FIELD_TYPES,
    fits_field_spec,
    is_known_field_spec,
)
from contexta.contract.extensions import ExtensionFieldSet, as_extensions, validate_extension_namespace
from contexta.contract.patterns import OWNER_SLUG_PATTERN, REGISTRY_STATUS_PATTERN
from contexta.contract.registry_entry import RESERVED_NAMESPACE_SEGMENTS, ExtensionRegistryEntry
from contexta.contract.text import shown
from contexta.contract.vocabularies import (
    EXTENSION_OWNERSHIP_CLASSES,
    EXTENSION_REGISTRY_STATUSES,
    EXTENSION_TARGET_MODELS,
)
from contexta.errors import ConflictError, NotFoundError, ValidationError

__all__ = [
    "EXTENSION_FIELD_TYPES",
    "EXTENSION_OWNERSHIP_CLASSES",
    "EXTENSION_REGISTRY_STATUSES",
    "EXTENSION_TARGET_MODELS",
    "OWNER_SLUG_PATTERN",
    "REGISTRY_STATUS_PATTERN",
    "RESERVED_NAMESPACE_SEGMENTS",
    "ExtensionProblem",
    "ExtensionRegistry",
    "ExtensionRegistryEntry",
]

_UNREGISTERED: Final = "extension.namespace_unregistered"
_MISMATCH: Final = "extension.target_model_mismatch"

#: What resolving refuses, with the code of its error. A retired namespace is not among it: what was written under
#: it while it was active can still be read.
_REFUSED: Final = {
    _UNREGISTERED: "extension_registry_missing_namespace",
    _MISMATCH: "extension_registry_target_model_mismatch",
    "extension.field_unregistered": "extension_registry_unknown_field",
    "extension.field_type_mismatch": "extension_registry_field_type_mismatch",
}


class ExtensionProblem(NamedTuple):
    """Something about an extension set that its registry does not allow, or warns about."""

    #: Stable identifier, ``extension.namespace_unregistered``.
    code: str
    #: The place inside the set, ``fields.score``.
    path: str
    message: str
    severity: str = "error"


def _as_entries(value: Iterable[ExtensionRegistryEntry]) -> tuple[ExtensionRegistryEntry, ...]:
    """Require entries with distinct namespaces; stored sorted."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise _invalid_entry(value)
    entries = tuple(value)
    for entry in entries:
        if not isinstance(entry, ExtensionRegistryEntry):
            raise _invalid_entry(entry)
    seen: set[str] = set()
    for entry in entries:
        if entry.namespace in seen:
            raise ConflictError(
                f"The namespace {entry.namespace!r} is registered twice; keep one of the entries.",
                code="extension_registry_duplicate_namespace",
                details={"namespace": entry.namespace},
            )
        seen.add(entry.namespace)
    return tuple(sorted(entries, key=lambda entry: entry.namespace))


def _invalid_entry(value: object) -> ValidationError:
    return ValidationError(
        f"An extension registry takes ExtensionRegistryEntry objects, not {type(value).__name__}.",
        code="extension_registry_invalid_entry",
        details={"type": type(value).__name__},
    )


@attrs.frozen
class ExtensionRegistry:
    """The known extension namespaces; immutable.

    Args:
        entries: The registered namespaces, in any order.

    Raises:
        ConflictError: A namespace is given twice (``extension_registry_duplicate_namespace``).
        ValidationError: Something that is no entry.
    """

    entries: tuple[ExtensionRegistryEntry, ...] = attrs.field(default=(), converter=_as_entries)

    def get_entry(self, namespace: str) -> ExtensionRegistryEntry | None:
        """Return the entry of a namespace, or None where it is not registered.

        Raises:
            ValidationError: This is no namespace (``extension_invalid_namespace``).
        """
        validate_extension_namespace(namespace)
        return next((entry for entry in self.entries if entry.namespace == namespace), None)

    def require_entry(self, namespace: str) -> ExtensionRegistryEntry:
        """Return the entry of a namespace.

        Raises:
            NotFoundError: It is not registered (``extension_registry_missing_namespace``).
            ValidationError: This is no namespace.
        """
        entry = self.get_entry(namespace)
        if entry is None:
            known = ", ".join(each.namespace for each in self.entries[:10]) or "none"
            raise NotFoundError(
                f"The extension namespace {namespace!r} is not registered; registered are: {known}.",
                code="extension_registry_missing_namespace",
                details={"namespace": namespace},
            )
        return entry

    def register(self, entry: ExtensionRegistryEntry) -> ExtensionRegistry:
        """Return a registry with one entry more.

        Raises:
            ConflictError: The namespace is registered already.
        """
        return ExtensionRegistry((*self.entries, entry))

    def owner_for(self, namespace: str) -> str | None:
        """Return the owner of a namespace, or None where it is not registered."""
        entry = self.get_entry(namespace)
        return None if entry is None else entry.owner_slug

    def allows_target_model(self, namespace: str, model: str) -> bool:
        """Tell whether a namespace is registered for a model; unknown ones of either kind are not."""
        entry = next((entry for entry in self.entries if entry.namespace == namespace), None)
        return entry is not None and entry.allows_target_model(model)

    def problems_of(self, ext: ExtensionFieldSet, *, target_model: str) -> tuple[ExtensionProblem, ...]:
        """List what is wrong with an extension set on a model, and what is worth a warning.

        Args:
            ext: The set.
            target_model: One of ``EXTENSION_TARGET_MODELS``.

        Returns:
            The problems; none where the set is as it should be.
        """
        entry = next((entry for entry in self.entries if entry.namespace == ext.namespace), None)
        if entry is None:
            return (
                ExtensionProblem(
                    _UNREGISTERED, "namespace", f"The namespace {ext.namespace!r} is not registered."
                ),
            )
        found: list[ExtensionProblem] = []
        if not entry.allows_target_model(target_model):
            allowed = ", ".join(entry.target_models)
            message = f"The namespace {ext.namespace!r} extends {allowed}, not {target_model}."
            found.append(ExtensionProblem(_MISMATCH, "namespace", message))
        return (*found, *_status_problems(entry), *_field_problems(entry, ext), *_unmarked(entry, ext))

    def resolve_extension(self, ext: ExtensionFieldSet, *, target_model: str) -> ExtensionFieldSet:
        """Check an extension set and mark the fields that the registry makes read-only.

        From then on ``merge_fields`` and ``without_fields`` of the set refuse to touch them.

        Args:
            ext: The set.
            target_model: One of ``EXTENSION_TARGET_MODELS``.

        Returns:
            The set with the registry's read-only fields added, those that it holds.

        Raises:
            NotFoundError: The namespace is not registered (``extension_registry_missing_namespace``).
            ValidationError: It does not extend this model, a field is not registered or of another type than its
                spec says, or the target is no model that can be extended.
        """
        if target_model not in EXTENSION_TARGET_MODELS:
            raise ValidationError(
                f"{shown(target_model)} cannot be extended; the models are {', '.join(EXTENSION_TARGET_MODELS)}.",
                code="extension_registry_invalid_target_models",
                details={"target_model": str(target_model)[:80]},
            )
        for problem in self.problems_of(ext, target_model=target_model):
            code = _REFUSED.get(problem.code)
            if code is None:
                continue
            kind = NotFoundError if problem.code == _UNREGISTERED else ValidationError
            raise kind(
                problem.message,
                code=code,
                details={
                    "field_name": problem.path,
                    "namespace": ext.namespace,
                    "target_model": target_model,
                },
            )
        readonly = [name for name in self.require_entry(ext.namespace).readonly_fields if name in ext.fields]
        return ext.with_additional_readonly_fields(readonly) if readonly else ext

    def normalize_extensions(
        self, extensions: Iterable[ExtensionFieldSet], *, target_model: str
    ) -> tuple[ExtensionFieldSet, ...]:
        """Resolve all extensions of one model.

        Raises:
            ConflictError: A namespace is there twice (``extension_duplicate_namespace``).
            NotFoundError: As for :meth:`resolve_extension`.
            ValidationError: As for :meth:`resolve_extension`.
        """
        return tuple(
            self.resolve_extension(ext, target_model=target_model) for ext in as_extensions(extensions)
        )

    def check_change(
        self, before: ExtensionFieldSet | None, after: ExtensionFieldSet | None, *, target_model: str
    ) -> None:
        """Check that a stored extension set may be replaced by another, or removed.

        Args:
            before: What is stored; None where there is nothing yet.
            after: What is to be stored; None to remove it.
            target_model: One of ``EXTENSION_TARGET_MODELS``.

        Raises:
            ConflictError: A read-only field would change or go (``extension_readonly_conflict``).
            NotFoundError: As for :meth:`resolve_extension`, of what is to be stored.
            ValidationError: As for :meth:`resolve_extension`, of what is to be stored.
        """
        if after is not None:
            self.resolve_extension(after, target_model=target_model)
        if before is None:
            return
        entry = self.get_entry(before.namespace)
        readonly = {*before.readonly_fields, *(entry.readonly_fields if entry else ())}
        changed = sorted(
            name
            for name in readonly & before.fields.keys()
            if after is None
            or after.namespace != before.namespace
            or name not in after.fields
            or after.fields[name] != before.fields[name]
        )
        if changed:
            raise ConflictError(
                f"{', '.join(changed)} of extension {before.namespace!r} is read-only and cannot be changed.",
                code="extension_readonly_conflict",
                details={"namespace": before.namespace, "fields": changed},
            )


def _status_problems(entry: ExtensionRegistryEntry) -> list[ExtensionProblem]:
    """Say what follows from the status of a namespace."""
    name = f"The namespace {entry.namespace!r}"
    if entry.status == "retired":
        return [
            ExtensionProblem(
                "extension.namespace_retired",
                "namespace",
                f"{name} is retired; nothing may be written under it.",
            )
        ]
    if entry.status == "deprecated":
        return [
            ExtensionProblem(
                "extension.namespace_deprecated", "namespace", f"{name} is deprecated.", "warning"
            )
        ]
    return []


def _field_problems(entry: ExtensionRegistryEntry, ext: ExtensionFieldSet) -> list[ExtensionProblem]:
    """Compare fields with their specs."""
    found: list[ExtensionProblem] = []
    specs = entry.field_specs
    if specs is None:
        return found
    for key, value in ext.fields.items():
        place = f"fields.{key}"
        spec = specs.get(key)
        if spec is None:
            message = (
                f"The namespace {ext.namespace!r} has no field {key!r}; it has {', '.join(specs) or 'none'}."
            )
            found.append(ExtensionProblem("extension.field_unregistered", place, message))
        elif not is_known_field_spec(spec):
            message = (
                f"The spec {shown(spec)} of {key!r} names no type ({', '.join(EXTENSION_FIELD_TYPES)}), "
                "so the value is not checked."
            )
            found.append(ExtensionProblem("extension.field_spec_unknown", place, message, "warning"))
        elif not fits_field_spec(value, spec):
            message = f"{key!r} must be {spec}; found {type(value).__name__}."
            found.append(ExtensionProblem("extension.field_type_mismatch", place, message))
    return found


def _unmarked(entry: ExtensionRegistryEntry, ext: ExtensionFieldSet) -> list[ExtensionProblem]:
    """Find fields that the registry makes read-only and the set does not."""
    names = [name for name in entry.readonly_fields if name in ext.fields and name not in ext.readonly_fields]
    if not names:
        return []
    message = (
        f"{', '.join(names)} of {ext.namespace!r} is read-only in the registry, but not marked so in the set."
    )
    return [ExtensionProblem("extension.readonly_field_unmarked", "readonly_fields", message, "warning")]
