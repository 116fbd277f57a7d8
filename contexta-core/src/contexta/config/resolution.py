"""How a configuration comes about: selectors first, then layers from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.config.draft import ConfigDraft
from contexta.config.environment import environment_selectors, lay_environment, read_environment
from contexta.config.models.unified import UnifiedConfig
from contexta.config.problems import config_error, shown
from contexta.config.profiles import OVERLAY_PATCHES, PROFILE_PATCHES, overlay_names, profile_name
from contexta.config.schema import leaf_fields
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.config.files import ConfigFile
    from contexta.config.names import ProfileName, ProfileOverlayName

__all__ = ["ResolvedConfig", "lay_selected", "resolve", "split_selectors"]

_SELECTOR_KEYS = {"profile": "profile", "profile_name": "profile", "overlays": "overlays"}


class ResolvedConfig(NamedTuple):
    """A configuration and where each of its values came from.

    Attributes:
        config: The configuration.
        origins: By dotted path of each field: ``default``, ``profile:<name>``, ``overlay:<name>``,
            ``file:<name>``, ``environment:<variable>`` or ``argument``.
    """

    config: UnifiedConfig
    origins: Mapping[str, str]


def resolve(
    *,
    profile: ProfileName | None = None,
    overlays: Sequence[ProfileOverlayName] | None = None,
    config_file: str | Path | None = None,
    config: UnifiedConfig | Mapping[str, object] | None = None,
    workspace: str | Path | None = None,
    project_name: str | None = None,
    env: Mapping[str, str] | None = None,
    use_env: bool = True,
    fallback_workspace: str | Path | None = None,
) -> ResolvedConfig:
    """Resolve a configuration and the origin of each value.

    Args:
        profile: As in :func:`contexta.config.load_config`, like all that follow.
        overlays: See there.
        config_file: See there.
        config: See there.
        workspace: See there.
        project_name: See there.
        env: See there.
        use_env: See there.
        fallback_workspace: A workspace that counts unless ``config`` names one: above the environment, below
            ``config``.

    Raises:
        ConfigurationError: If any layer holds something that is not acceptable.
        DependencyError: If the file is YAML and PyYAML is not installed.
    """
    if isinstance(config, UnifiedConfig):
        return ResolvedConfig(config, MappingProxyType(dict.fromkeys(leaf_fields(), "argument")))
    if config is not None and not isinstance(config, Mapping):
        text = f"config: expected a UnifiedConfig or a mapping, got {type(config).__name__}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "config"})
    variables = read_environment(env) if use_env else {}
    file = _read(config_file)
    file_selectors, file_values = split_selectors(file.values, file.origin) if file else ({}, {})
    config_selectors, config_values = split_selectors(config or {}, "argument")
    arguments = {"profile": profile, "overlays": overlays}
    argument_selectors = {name: (value, "argument") for name, value in arguments.items() if value is not None}
    selectors = {
        **file_selectors,
        **environment_selectors(variables),
        **argument_selectors,
        **config_selectors,
    }

    draft = ConfigDraft()
    lay_selected(draft, selectors)
    if file:
        draft.lay(file_values, file.origin, folder=file.folder)
    lay_environment(draft, variables)
    _set_given(draft, "workspace.root_path", fallback_workspace)
    draft.lay(config_values, "argument")
    _set_given(draft, "project_name", project_name)
    _set_given(draft, "workspace.root_path", workspace)
    return ResolvedConfig(draft.build(), MappingProxyType(draft.origins()))


def _read(config_file: str | Path | None) -> ConfigFile | None:
    if config_file is None:
        return None
    from contexta.config.files import read_config_file  # most programs have none

    return read_config_file(config_file)


def split_selectors(
    values: Mapping[Any, Any], origin: str
) -> tuple[dict[str, tuple[Any, str]], dict[Any, Any]]:
    """Part the keys that select a profile or overlays from those that set fields.

    Raises:
        ConfigurationError: If two keys choose different profiles.
    """
    selectors: dict[str, tuple[Any, str]] = {}
    rest: dict[Any, Any] = {}
    for key, value in values.items():
        selector = _SELECTOR_KEYS.get(key) if isinstance(key, str) else None
        if selector is None:
            rest[key] = value
            continue
        if value is None:
            continue
        known = selectors.setdefault(selector, (value, origin))
        if known[0] != value:
            both = f"{shown(known[0])} and {shown(value)}"
            problem = f"'profile' and 'profile_name' both choose the profile, here {both}; give one"
            raise config_error(key, problem, code="invalid_profile_selector", origin=origin)
    return selectors, rest


def lay_selected(draft: ConfigDraft, selectors: Mapping[str, tuple[Any, str]]) -> None:
    """Lay the selected profile and overlays, each given with its origin.

    Raises:
        ConfigurationError: If there is no such profile or overlay.
    """
    if "profile" in selectors:
        chosen, origin = selectors["profile"]
        name = profile_name(chosen, origin)
        draft.set("profile_name", name, origin)
        draft.lay(PROFILE_PATCHES[name], f"profile:{name}")
    if "overlays" in selectors:
        for overlay in overlay_names(*selectors["overlays"]):
            draft.lay(OVERLAY_PATCHES[overlay], f"overlay:{overlay}")


def _set_given(draft: ConfigDraft, path: str, value: object) -> None:
    if value is not None:
        draft.set(path, value, "argument")
