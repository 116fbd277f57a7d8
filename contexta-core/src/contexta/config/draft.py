"""A configuration in the making: layers are laid one upon the other, and each value remembers its layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from contexta.config.derived import DerivedPath, DerivedText
from contexta.config.models.unified import UnifiedConfig
from contexta.config.problems import closest_name, config_error, shown
from contexta.config.schema import leaf_fields, section_classes
from contexta.config.section import SectionRule, rules_of
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ConfigDraft"]


_ALIASES = {
    "records.layout_mode": "records.storage_adapter",
    "records.storage_adapter": "records.layout_mode",
}


class ConfigDraft:
    """Collects values by dotted path, from the lowest layer to the highest."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}
        self._origins: dict[str, str] = {}

    @classmethod
    def of(cls, config: UnifiedConfig) -> ConfigDraft:
        """Begin with the values of ``config``; what it derived is derived anew."""
        draft = cls()
        draft._take_section(config, UnifiedConfig, "argument")
        return draft

    def lay(self, patch: Mapping[Any, Any], origin: str, *, folder: Path | None = None) -> None:
        """Lay a nested mapping on top.

        Args:
            patch: Sections as mappings or models, fields as values or text.
            origin: The layer's name, as in ``file:contexta.toml``.
            folder: What relative paths in it are relative to; the current directory when None.

        Raises:
            ConfigurationError: If it holds an unknown field or a value that its field does not accept.
        """
        self._lay(patch, "", origin, folder)

    def set(self, path: str, raw: object, origin: str, *, folder: Path | None = None) -> None:
        """Lay one value on top; None clears an optional field.

        Raises:
            ConfigurationError: If the field does not accept the value.
        """
        rule = leaf_fields()[path].rule
        try:
            value = None if DerivedPath.is_for(raw, path) else rule.parse(raw, path, folder)
        except ConfigurationError as error:
            raise _with_origin(error, origin) from error
        below = self._values.get(path)
        self._keep(path, value if below is None or value is None else rule.combine(below, value), origin)

    def build(self) -> UnifiedConfig:
        """Build the configuration.

        Raises:
            ConfigurationError: If values that are each acceptable contradict each other.
        """
        try:
            return cast("UnifiedConfig", self._section(UnifiedConfig))
        except ConfigurationError as error:
            path = str((error.details or {}).get("path")).partition("[")[0]
            if path not in self._origins:
                raise
            raise _with_origin(error, self._origins[path]) from error

    def origins(self) -> dict[str, str]:
        """Return the layer of every field's value by dotted path; ``default`` where no layer gave it."""
        found = {path: self._origins.get(path, "default") for path in leaf_fields()}
        for path, other in _ALIASES.items():
            if path not in self._origins:
                found[path] = found[other]
        return found

    def _lay(self, patch: Mapping[Any, Any], prefix: str, origin: str, folder: Path | None) -> None:
        sections = section_classes()
        for key, value in patch.items():
            path = f"{prefix}{key}"
            kind = sections.get(path)
            if not isinstance(key, str) or (kind is None and path not in leaf_fields()):
                raise _unknown_field(path, prefix, origin)
            if kind is None:
                self.set(path, value, origin, folder=folder)
            elif isinstance(value, kind):
                self._take_section(value, kind, origin)
            elif isinstance(value, Mapping):
                self._lay(value, f"{path}.", origin, folder)
            else:
                problem = f"expected a mapping (a table) or a {kind.__name__}, got {type(value).__name__}"
                raise config_error(path, problem, origin=origin)

    def _take_section(self, section: object, kind: type, origin: str) -> None:
        # A model stands for all of its fields, so nothing of the layers below shows through.
        for name, path, rule in rules_of(kind):
            value = getattr(section, name)
            if isinstance(rule, SectionRule):
                self._take_section(value, rule.kind, origin)
            elif DerivedPath.is_for(value, path) or isinstance(value, DerivedText):
                self._values.pop(path, None)
                self._origins.pop(path, None)
            else:
                self._keep(path, value, origin)

    def _keep(self, path: str, value: object, origin: str) -> None:
        other = _ALIASES.get(path)
        if other is not None and self._origins.get(other) != origin:
            # Two names of one setting: the highest layer that uses either has the say.
            self._values.pop(other, None)
            self._origins.pop(other, None)
        self._values[path] = value
        self._origins[path] = origin

    def _section(self, kind: type) -> object:
        values: dict[str, object] = {}
        for name, path, rule in rules_of(kind):
            if isinstance(rule, SectionRule):
                values[name] = self._section(rule.kind)
            elif path in self._values:
                values[name] = self._values[path]
        return kind(**values)


def _with_origin(error: ConfigurationError, origin: str) -> ConfigurationError:
    details: dict[str, Any] = dict(error.details or {})
    path, problem = details.pop("path"), details.pop("problem")
    return config_error(path, problem, code=error.code, origin=origin, cause=error.cause, **details)


def _unknown_field(path: str, prefix: str, origin: str) -> ConfigurationError:
    known = [*section_classes(), *leaf_fields()]
    siblings = [name[len(prefix) :] for name in known if name.startswith(prefix)]
    siblings = [name for name in siblings if "." not in name]
    key = path[len(prefix) :]
    close = closest_name(key, siblings)
    suggestion = f"{prefix}{close}" if close else _elsewhere(key, known)
    section = f"in {prefix[:-1]!r}" if prefix else "at the top level"
    hint = f"did you mean {suggestion!r}?" if suggestion else f"known {section} are {', '.join(siblings)}"
    return config_error(
        path,
        f"there is no such setting; {hint}",
        code="unknown_config_field",
        origin=origin,
        unknown=shown(key),
        suggestion=suggestion,
    )


def _elsewhere(key: str, known: list[str]) -> str | None:
    """Find the setting under its right name in another section; None unless there is exactly one."""
    matches = [name for name in known if name.rpartition(".")[2] == key or name == key]
    return matches[0] if len(matches) == 1 else None
