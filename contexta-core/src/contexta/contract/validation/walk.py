"""The walk over one object or raw mapping that collects every problem of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

from contexta.contract.contract_model import EXTRAS_FIELD, ContractModel, model_fields
from contexta.contract.decoding import parse_json
from contexta.contract.extensions import ExtensionFieldSet
from contexta.contract.field_binding import checking_function
from contexta.contract.fields import DEFAULT_CONTRACT_SCHEMA_VERSION, check_version, is_required
from contexta.contract.json_values import freeze_json
from contexta.contract.limits import MAX_EXTENSIONS, MAX_JSON_NODES, MAX_VALIDATION_ISSUES
from contexta.contract.patterns import SCHEMA_VERSION_PATTERN
from contexta.contract.text import shown
from contexta.contract.validation.completeness import warnings_about
from contexta.contract.validation.report import ValidationIssue
from contexta.errors import ContextaError, SchemaVersionError

if TYPE_CHECKING:
    from collections.abc import Callable

    import attrs

    from contexta.contract.collecting import Collected
    from contexta.contract.registry import ExtensionRegistry

__all__ = ["ModelWalk"]

_INVALID: Final = object()
_INVALID_MODEL: Final = "validation.invalid_model"
_EXTENSIONS: Final = "extensions"
_NAME_OF_ROOT: Final = "$"


class ModelWalk:
    """One walk; afterwards ``issues`` holds what it found.

    Args:
        registry: Judges extensions; without one they are only checked for being well-formed.
    """

    def __init__(self, registry: ExtensionRegistry | None) -> None:
        self.registry = registry
        self._found: dict[tuple[str, str], ValidationIssue] = {}
        self._newer = False

    @property
    def issues(self) -> tuple[ValidationIssue, ...]:
        """What was found, errors and warnings, in the order of the fields."""
        return tuple(self._found.values())

    def add(self, code: str, path: str, message: str, severity: str = "error") -> None:
        """Add an issue; one code counts once for one place."""
        if len(self._found) < MAX_VALIDATION_ISSUES:
            self._found.setdefault((code, path), ValidationIssue(code, path, message, severity))
        elif len(self._found) == MAX_VALIDATION_ISSUES:
            message = f"There are more issues than the {MAX_VALIDATION_ISSUES} listed."
            limit = ValidationIssue("validation.too_many_issues", _NAME_OF_ROOT, message)
            self._found["validation.too_many_issues", _NAME_OF_ROOT] = limit

    def root(
        self, model: type[ContractModel], value: object, *, code: str = "validation.invalid_type"
    ) -> Mapping[str, Any] | None:
        """Check the object that was asked about; whatever it is, nothing is raised.

        Args:
            model: What it should be.
            value: An instance, or a raw mapping.
            code: The code for anything else.

        Returns:
            The valid fields; None where it is nothing of the kind.
        """
        try:
            self._newer = _is_newer(_version_of(value))
            return self.model(model, value, _NAME_OF_ROOT, code)
        except Exception as error:  # noqa: BLE001 - mappings of users may raise anything; the report says so
            self._add_exception(error, _NAME_OF_ROOT)
            return None

    def root_extension(self, value: object, target_model: str) -> None:
        """Check an extension set that was asked about by itself; nothing is raised."""
        try:
            self.extension(value, _NAME_OF_ROOT, target_model, code="extension.invalid_type")
        except Exception as error:  # noqa: BLE001 - as for any other model
            self._add_exception(error, _NAME_OF_ROOT)

    def model(self, model: type[ContractModel], value: object, path: str, code: str) -> dict[str, Any] | None:
        """Check one model or mapping and return its valid fields, with defaults where they are not given."""
        raw = isinstance(value, Mapping)
        if not raw and not isinstance(value, model):
            self.add(code, path, f"Expected a {model.__name__} or a mapping, found {type(value).__name__}.")
            return None
        given = self._given(model, value, path)
        valid: dict[str, Any] = {}
        for field in model_fields(model):
            place = f"{path}.{field.name}"
            if field.name in given:
                checked = self._field(model, field, given[field.name], place, raw=raw)
            elif is_required(field):
                self.add("context_missing_field", place, f"{field.name} is required.")
                continue
            else:
                checked = self._attempt(partial(_default_of, field), place)
            if checked is not _INVALID:
                valid[field.name] = checked
        for rule in model.rules:
            values = _resolved(valid, rule.fields)
            if values is not None:
                self._attempt(partial(rule.check, *values), path)
        for warned in warnings_about(model.contract_name, valid):
            self.add(warned.code, f"{path}.{warned.field}", warned.message, "warning")
        return valid

    def _given(self, model: type[ContractModel], value: Any, path: str) -> dict[str, Any]:
        """Read the fields that are there, and look at those that the model does not know."""
        names = {field.name for field in model_fields(model)}
        if not isinstance(value, Mapping):
            unknown = getattr(value, EXTRAS_FIELD, {})
            self._unknown_fields(model, unknown if isinstance(unknown, Mapping) else {}, path)
            return {name: getattr(value, name) for name in names if hasattr(value, name)}
        fields: dict[str, Any] = {}
        unknown = {}
        for key, item in value.items():
            if isinstance(key, str):
                (fields if key in names else unknown)[key] = item
            else:
                self.add(
                    "deserialize_invalid_shape", path, f"The key {shown(key)} is not text; keys must be."
                )
        if unknown:
            self._unknown_fields(model, unknown, path)
        return fields

    def _unknown_fields(self, model: type[ContractModel], unknown: Mapping[str, Any], path: str) -> None:
        """Check that what a newer minor version wrote can be kept; from the same version it is a likely mistake."""
        for name in unknown:
            if name == "schema_version" and isinstance(unknown[name], str):
                # Not a field of this model, and yet data of another major version must not pass for ours.
                self._attempt(partial(check_version, unknown[name].strip(), name), path)
            if name == EXTRAS_FIELD:
                self.add("deserialize_unknown_field", f"{path}.{name}", f"{name} is reserved.")
            elif not self._newer:
                message = f"{model.contract_name} has no field {shown(name)}; it is kept, but means nothing."
                self.add("schema.unknown_field", f"{path}.{name}", message, "warning")
        kept = {name: value for name, value in unknown.items() if name != EXTRAS_FIELD}
        self._collect(
            lambda found: freeze_json(kept, path="", max_keys=MAX_JSON_NODES, collected=found), path
        )

    def _field(
        self, model: type[ContractModel], field: attrs.Attribute[Any], value: Any, place: str, *, raw: bool
    ) -> Any:
        """Check one field by itself; return its normalised value, or ``_INVALID``."""
        nested = field.metadata.get("model")
        if nested is not None:
            return self._part(nested, field, value, place, raw=raw)
        if field.name == _EXTENSIONS:
            return self._extensions(model, value, place, raw=raw)
        converter: Any = field.converter
        if converter is None:
            return value
        owner = place.removesuffix(f".{field.name}")
        if _collects(converter):
            return self._collect(lambda found: converter(value, collected=found), owner)
        return self._attempt(partial(converter, value), owner)

    def _part(
        self, nested: type[ContractModel], field: attrs.Attribute[Any], value: Any, place: str, *, raw: bool
    ) -> Any:
        """Check a model inside a model: in a raw mapping it may be raw too, or JSON text."""
        if raw and isinstance(value, str | bytes | bytearray | memoryview):
            value = self._attempt(partial(parse_json, nested.contract_name, value, place), place)
            if value is _INVALID:
                return _INVALID
        if not raw and not isinstance(value, nested):
            return self._attempt(partial(_convert, field, value), place.removesuffix(f".{field.name}"))
        code = field.metadata["rule"]["code"]
        checked = self.model(nested, value, place, code)
        return _INVALID if checked is None else checked

    def _extensions(self, model: type[ContractModel], value: Any, place: str, *, raw: bool) -> Any:
        """Check the extension sets of a model, each by itself, then together and against the registry."""
        if raw and isinstance(value, str | bytes):
            value = self._attempt(partial(parse_json, _EXTENSIONS, value, place), place)
        if value is None or value is _INVALID:
            return () if value is None else _INVALID
        if not isinstance(value, list | tuple) or len(value) > MAX_EXTENSIONS:
            message = (
                f"Expected a list of at most {MAX_EXTENSIONS} extension sets, found {type(value).__name__}."
            )
            self.add("context_invalid_extensions", place, message)
            return _INVALID
        seen: set[str] = set()
        for index, item in enumerate(value):
            where = f"{place}[{index}]"
            if not raw and not isinstance(item, ExtensionFieldSet):
                message = f"Expected an ExtensionFieldSet, found {type(item).__name__}."
                self.add("context_invalid_extensions", where, message)
                continue
            valid = self.extension(item, where, model.contract_name, code="context_invalid_extensions")
            namespace = (valid or {}).get("namespace")
            if namespace in seen:
                message = f"The namespace {namespace!r} is there twice; merge the two sets."
                self.add("extension_duplicate_namespace", f"{where}.namespace", message)
            if namespace is not None:
                seen.add(namespace)
        # No rule between fields looks at extensions, so their content is of no further use.
        return ()

    def extension(
        self, value: object, path: str, target_model: str, *, code: str
    ) -> Mapping[str, Any] | None:
        """Check one extension set and ask the registry about it."""
        before = len(self._found)
        valid = self.model(ExtensionFieldSet, value, path, code)
        complete = valid is not None and {"namespace", "fields", "readonly_fields"} <= valid.keys()
        if self.registry is None or valid is None or not complete:
            return valid
        # A set with faults of its own cannot be built; its faults are listed already.
        if any(issue.is_error for issue in self.issues[before:]):
            return valid
        ext = ExtensionFieldSet(valid["namespace"], valid["fields"], valid["readonly_fields"])
        for problem in self.registry.problems_of(ext, target_model=target_model):
            self.add(problem.code, f"{path}.{problem.path}", problem.message, problem.severity)
        return valid

    def _collect(self, convert: Callable[[Collected], Any], owner: str) -> Any:
        """Run a converter that collects its problems; ``owner`` is the model around the field."""
        found: list[ContextaError] = []
        result = self._attempt(partial(convert, found), owner)
        for error in found:
            self._add_error(error, owner)
        return _INVALID if found else result

    def _attempt(self, action: Callable[[], Any], owner: str) -> Any:
        """Run a check and turn what it raises into an issue."""
        try:
            return action()
        except ContextaError as error:
            self._add_error(error, owner)
        except Exception as error:  # noqa: BLE001 - values of users may raise anything; the report says so
            self._add_exception(error, owner)
        return _INVALID

    def _add_error(self, error: ContextaError, owner: str) -> None:
        """Add an error of a rule; its details tell where inside the model ``owner`` it is."""
        details = error.details or {}
        code = "schema.version_mismatch" if isinstance(error, SchemaVersionError) else error.code
        inner = details.get("path") or details.get("field_name")
        place = inner if isinstance(inner, str) else ""
        if place.startswith(_NAME_OF_ROOT):
            self.add(code, place, error.message)
        else:
            separator = "" if not place or place.startswith((".", "[")) else "."
            self.add(code, f"{owner}{separator}{place}", error.message)

    def _add_exception(self, error: Exception, path: str) -> None:
        """Add what was no error of a rule: an object that cannot even be read."""
        self.add(_INVALID_MODEL, path, f"Reading the object raised {type(error).__name__}.")


def _collects(converter: Any) -> bool:
    """Tell whether a field's converter can list all problems of its value."""
    return "collected" in signature(checking_function(converter)).parameters


def _default_of(field: attrs.Attribute[Any]) -> Any:
    """Return the normalised default of a field that need not be given."""
    return _convert(field, field.default)


def _convert(field: attrs.Attribute[Any], value: Any) -> Any:
    """Run a field's converter."""
    converter: Any = field.converter
    return value if converter is None else converter(value)


def _resolved(valid: Mapping[str, Any], names: tuple[str, ...]) -> list[Any] | None:
    """Look up the fields of a rule; None where one of them is not valid."""
    values = []
    for name in names:
        value: Any = valid
        for step in name.split("."):
            # A default is a model already; what was walked over is a mapping of its valid fields.
            value = (
                value.get(step, _INVALID) if isinstance(value, Mapping) else getattr(value, step, _INVALID)
            )
            if value is _INVALID:
                return None
        values.append(value)
    return values


def _version_of(value: Any) -> object:
    """Return the schema version of a model or mapping, or of its envelope."""
    for name in ("schema_version", "envelope"):
        found = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if name == "envelope" and found is not None and not isinstance(found, str):
            return _version_of(found) if found is not value else None
        if found is not None:
            return found
    return None


def _is_newer(version: object) -> bool:
    """Tell whether a later minor version of the contract wrote something."""
    match = SCHEMA_VERSION_PATTERN.match(version) if isinstance(version, str) else None
    own = SCHEMA_VERSION_PATTERN.match(DEFAULT_CONTRACT_SCHEMA_VERSION)
    return bool(
        match
        and own
        and [int(part or 0) for part in match.groups()] > [int(part or 0) for part in own.groups()]
    )
