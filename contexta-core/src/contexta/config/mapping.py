"""Configurations as plain mappings: to save, to show, to merge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contexta.config.derived import DerivedPath, DerivedText
from contexta.config.models.unified import UnifiedConfig
from contexta.config.section import SectionRule, rules_of
from contexta.errors import ConfigurationError

__all__ = ["config_to_mapping", "merge_config_patch"]


def config_to_mapping(config: UnifiedConfig, *, include_derived: bool = True) -> dict[str, Any]:
    """Return a configuration as JSON data: nested dicts in the order of the fields, paths as text.

    Args:
        config: The configuration.
        include_derived: Whether values that follow other fields are written too.  Without them a saved
            configuration can be moved to another workspace by changing one path.

    Returns:
        A new mapping; ``load_config(config=..., use_env=False)`` of it gives an equal configuration, but for
        paths and times within options, which are text afterwards.

    Raises:
        ConfigurationError: If ``config`` is no UnifiedConfig.
    """
    if not isinstance(config, UnifiedConfig):
        text = f"config: expected a UnifiedConfig, got {type(config).__name__}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "config"})
    return _exported(config, UnifiedConfig, include_derived=include_derived)


def merge_config_patch(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``patch`` laid on top; mappings merge, everything else replaces.

    Args:
        base: The lower mapping.
        patch: The higher mapping.

    Returns:
        A new mapping that shares no mapping and no list with either.

    Raises:
        ConfigurationError: If one of them is no mapping.
    """
    for name, value in (("base", base), ("patch", patch)):
        if not isinstance(value, Mapping):
            text = f"{name}: expected a mapping, got {type(value).__name__}"
            raise ConfigurationError(text, code="invalid_config_input", details={"path": name})
    merged = {key: _copied(value) for key, value in base.items()}
    for key, value in patch.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge_config_patch(below, value)
        else:
            merged[key] = _copied(value)
    return merged


def _exported(section: object, kind: type, *, include_derived: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, path, rule in rules_of(kind):
        value = getattr(section, name)
        if isinstance(rule, SectionRule):
            values[name] = _exported(value, rule.kind, include_derived=include_derived)
        elif include_derived or not (DerivedPath.is_for(value, path) or isinstance(value, DerivedText)):
            values[name] = rule.export(value)
    return values


def _copied(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
