"""The public functions that make configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.config.draft import ConfigDraft
from contexta.config.environment import lay_environment, read_environment
from contexta.config.models.unified import UnifiedConfig
from contexta.config.problems import config_error
from contexta.config.profiles import profile_name
from contexta.config.resolution import resolve
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.config.names import ProfileName, ProfileOverlayName

__all__ = [
    "apply_env_overrides",
    "build_schema_defaults",
    "build_unified_config",
    "load_config",
    "load_profile",
    "make_local_config",
    "make_test_config",
    "replace_unified_config",
]


def load_config(
    *,
    profile: ProfileName | None = None,
    overlays: Sequence[ProfileOverlayName] | None = None,
    config_file: str | Path | None = None,
    config: UnifiedConfig | Mapping[str, object] | None = None,
    workspace: str | Path | None = None,
    project_name: str | None = None,
    env: Mapping[str, str] | None = None,
    use_env: bool = True,
) -> UnifiedConfig:
    """Resolve a configuration.

    Layers, each above the one before: the schema's defaults, the profile, the overlays, the file, the
    environment, ``config``, ``project_name``, ``workspace``.  Profile and overlays are chosen first, by the
    highest of: the file's keys ``profile`` and ``overlays``, the variables ``CONTEXTA_PROFILE`` and
    ``CONTEXTA_PROFILE_OVERLAYS``, the arguments, the same keys in ``config``.

    Args:
        profile: Named built-in profile to load as the base.
        overlays: Additional named overlays applied on top of the base profile.
        config_file: A TOML, YAML or JSON file; relative paths in it are relative to its folder.
        config: A mapping patch, applied over file and environment.  A UnifiedConfig is returned as it is.
        workspace: Workspace root path override.
        project_name: Project name shorthand override.
        env: Custom environment variable mapping; the process's own when None.
        use_env: When False, environment variables are not looked at.

    Returns:
        The configuration.

    Raises:
        ConfigurationError: If any layer holds something that is not acceptable; the text names the field and
            the layer.
        DependencyError: If the file is YAML and PyYAML is not installed.
    """
    return resolve(
        profile=profile,
        overlays=overlays,
        config_file=config_file,
        config=config,
        workspace=workspace,
        project_name=project_name,
        env=env,
        use_env=use_env,
    ).config


def load_profile(
    name: ProfileName,
    *,
    overlays: Sequence[ProfileOverlayName] = (),
    workspace: str | Path | None = None,
    project_name: str | None = None,
) -> UnifiedConfig:
    """Load a built-in profile, without file and environment.

    Args:
        name: One of the values in ``PROFILE_NAMES``.
        overlays: Named overlays to apply on top of the base profile.
        workspace: Workspace root path shorthand.
        project_name: Project name shorthand.

    Returns:
        The configuration.

    Raises:
        ConfigurationError: If there is no such profile or overlay.
    """
    return load_config(
        profile=profile_name(name, "argument"),
        overlays=overlays,
        workspace=workspace,
        project_name=project_name,
        use_env=False,
    )


def make_local_config(
    *,
    overlays: Sequence[ProfileOverlayName] | None = None,
    config_file: str | Path | None = None,
    config: UnifiedConfig | Mapping[str, object] | None = None,
    workspace: str | Path | None = None,
    project_name: str | None = None,
    env: Mapping[str, str] | None = None,
    use_env: bool = True,
) -> UnifiedConfig:
    """Build a configuration on the profile ``local``: ``load_config(profile="local", ...)``.

    Args:
        overlays: As in :func:`load_config`, like all that follow.
        config_file: See there.
        config: See there.
        workspace: See there.
        project_name: See there.
        env: See there.
        use_env: See there.

    Returns:
        The configuration.

    Raises:
        ConfigurationError: If any layer holds something that is not acceptable.
    """
    return load_config(
        profile="local",
        overlays=overlays,
        config_file=config_file,
        config=config,
        workspace=workspace,
        project_name=project_name,
        env=env,
        use_env=use_env,
    )


def make_test_config(
    *,
    overlays: Sequence[ProfileOverlayName] | None = None,
    config_file: str | Path | None = None,
    config: UnifiedConfig | Mapping[str, object] | None = None,
    workspace: str | Path | None = None,
    project_name: str | None = None,
    env: Mapping[str, str] | None = None,
    use_env: bool = False,
) -> UnifiedConfig:
    """Build a configuration on the profile ``test``, by default without the environment.

    Args:
        overlays: As in :func:`load_config`, like all that follow.
        config_file: See there.
        config: See there.
        workspace: See there.
        project_name: See there.
        env: See there.
        use_env: See there.

    Returns:
        The configuration.

    Raises:
        ConfigurationError: If any layer holds something that is not acceptable.
    """
    return load_config(
        profile="test",
        overlays=overlays,
        config_file=config_file,
        config=config,
        workspace=workspace,
        project_name=project_name,
        env=env,
        use_env=use_env,
    )


def build_schema_defaults() -> UnifiedConfig:
    """Return the schema's defaults: ``UnifiedConfig()``."""
    return UnifiedConfig()


def build_unified_config(patch: Mapping[str, object] | None = None) -> UnifiedConfig:
    """Return the defaults with a patch laid on top, without the environment.

    Args:
        patch: A nested mapping; its keys ``profile`` and ``overlays`` choose those.

    Raises:
        ConfigurationError: If the patch holds something that is not acceptable.
    """
    return load_config(config=patch, use_env=False)


def replace_unified_config(config: UnifiedConfig, patch: Mapping[str, object] | None = None) -> UnifiedConfig:
    """Return a configuration with a patch laid on top; derived paths follow.

    Args:
        config: The configuration to begin with.
        patch: A nested mapping of fields.  It cannot choose another profile, as that would undo what
            ``config`` holds.

    Raises:
        ConfigurationError: If the patch holds something that is not acceptable.
    """
    _require_config(config)
    values: Any = {} if patch is None else patch
    if not isinstance(values, Mapping):
        text = f"patch: expected a mapping, got {type(values).__name__}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "patch"})
    if not values:
        return config
    for key in ("profile", "profile_name", "overlays"):
        if key in values and not (key == "profile_name" and values[key] == config.profile_name):
            problem = "a finished configuration keeps its profile and overlays; choose them with load_config"
            raise config_error(key, problem, code="invalid_config_input", origin="argument")
    draft = ConfigDraft.of(config)
    draft.lay(values, "argument")
    return draft.build()


def apply_env_overrides(config: UnifiedConfig, *, env: Mapping[str, str] | None = None) -> UnifiedConfig:
    """Return a configuration with the environment's values laid on top.

    Args:
        config: The configuration to begin with.
        env: The variables; the process's own when None.  Those that choose profile and overlays do nothing.

    Returns:
        ``config`` itself where no variable sets a field.

    Raises:
        ConfigurationError: If a field does not accept its variable's value.
    """
    _require_config(config)
    draft = ConfigDraft.of(config)
    return draft.build() if lay_environment(draft, read_environment(env)) else config


def _require_config(config: object) -> None:
    if not isinstance(config, UnifiedConfig):
        text = f"config: expected a UnifiedConfig, got {type(config).__name__}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "config"})
