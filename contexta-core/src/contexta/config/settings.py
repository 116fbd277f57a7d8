"""A configuration as a list of settings: dotted path, value and origin, fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.config.frozen_options import is_secret_name
from contexta.config.schema import leaf_fields

if TYPE_CHECKING:
    from contexta.config.resolution import ResolvedConfig

__all__ = ["ConfigSetting", "list_settings"]

_MASK = "***"


class ConfigSetting(NamedTuple):
    """One setting of a resolved configuration.

    Attributes:
        path: Its dotted path, as in ``records.durability_mode``.
        value: Its value as JSON data; texts of options whose names speak of a secret are masked.
        origin: Where it came from: ``default``, ``profile:<name>``, ``overlay:<name>``, ``file:<name>``,
            ``environment:<variable>`` or ``argument``.
    """

    path: str
    value: Any
    origin: str


def list_settings(resolved: ResolvedConfig) -> tuple[ConfigSetting, ...]:
    """List every setting of a configuration with its origin, in the order of the fields.

    Args:
        resolved: What :func:`contexta.config.resolve` returned.

    Returns:
        One entry for each field that holds a value.
    """
    return tuple(
        ConfigSetting(
            path, _masked(leaf.rule.export(_value_at(resolved.config, path))), resolved.origins[path]
        )
        for path, leaf in leaf_fields().items()
    )


def _value_at(config: object, path: str) -> object:
    for name in path.split("."):
        config = getattr(config, name)
    return config


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: _MASK if isinstance(item, str) and is_secret_name(name) else _masked(item)
            for name, item in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list) else value
