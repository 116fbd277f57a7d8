"""From global options to a configuration, and to the workspace that is meant."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.config import find_config_file, replace_unified_config
from contexta.config.resolution import ResolvedConfig, resolve
from contexta.errors import NotFoundError, StoreAccessError
from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.config import UnifiedConfig

__all__ = ["require_workspace", "resolve_configuration", "resolve_with_origins", "settings_patch"]

_ROOT = "workspace.root_path"
_NOTHING = frozenset({"null", "none"})


def resolve_configuration(
    *,
    workspace: str | None = None,
    profile: str | None = None,
    config_file: str | None = None,
    settings: Sequence[str] = (),
    walk_up: bool = True,
) -> UnifiedConfig:
    """Resolve the configuration that the global options describe; see :func:`resolve_with_origins`."""
    return resolve_with_origins(
        workspace=workspace, profile=profile, config_file=config_file, settings=settings, walk_up=walk_up
    ).config


def resolve_with_origins(
    *,
    workspace: str | None = None,
    profile: str | None = None,
    config_file: str | None = None,
    settings: Sequence[str] = (),
    walk_up: bool = True,
) -> ResolvedConfig:
    """Resolve the configuration that the global options describe, and the origin of each value.

    Args:
        workspace: The workspace that was named.
        profile: The profile that was named.
        config_file: The file that was named; the nearest one when None.
        settings: Texts ``key=value``.
        walk_up: Whether the workspace, where nothing names one, is looked for in the directories above, as git does;
            one that is found has the origin ``nearest``.

    Raises:
        UsageFault: A setting is no ``key=value``.
        ConfigurationError: The configuration is wrong.
    """
    resolved = resolve(
        profile=profile,  # type: ignore[arg-type]  # the parser admits these words only
        config_file=find_config_file() if config_file is None else config_file,
        config=settings_patch(settings) or None,
        workspace=workspace,
    )
    origin = resolved.origins[_ROOT]
    if not walk_up or not (origin == "default" or origin.startswith("profile:")):
        return resolved
    nearest = _nearest(Path(resolved.config.workspace.root_path).name)
    if nearest is None:
        return resolved
    config = replace_unified_config(resolved.config, {"workspace": {"root_path": nearest}})
    return ResolvedConfig(config, {**resolved.origins, _ROOT: "nearest"})


def _nearest(name: str) -> Path | None:
    """Find a directory of that name here or in the nearest directory above."""
    try:
        here = Path.cwd()
    except OSError:
        # The current directory was removed: nothing lies above it.
        return None
    for directory in (here, *here.parents):
        found = directory / name
        if os.path.isdir(found):  # noqa: PTH112 - does not raise where a directory may not be looked into
            return found
    return None


def settings_patch(settings: Sequence[str]) -> dict[str, Any]:
    """Turn texts ``key=value`` into a nested mapping; a later one wins over an earlier.

    Values stay text, which every setting knows how to read, but for ``null`` and JSON in quotes or brackets; in the
    options of a plugin, whose types only the plugin knows, JSON numbers and words count too.

    Raises:
        UsageFault: A text is no ``key=value``, or one key is both a value and a section.
    """
    patch: dict[str, Any] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        words = key.strip().split(".")
        if not equals or not all(words):
            raise UsageFault(
                f"--set takes KEY=VALUE, such as capture.retry_attempts=2, not {text!r}", code="bad_setting"
            )
        section = patch
        for word in words[:-1]:
            section = section.setdefault(word, {})
            if not isinstance(section, dict):
                raise UsageFault(f"--set {text}: {word!r} was given a value before", code="bad_setting")
        if isinstance(section.get(words[-1]), dict):
            raise UsageFault(f"--set {text}: {words[-1]!r} is a section", code="bad_setting")
        section[words[-1]] = _value(value.strip(), text, is_option="options" in words[:-1])
    return patch


def _value(value: str, text: str, *, is_option: bool) -> Any:
    if value.lower() in _NOTHING:
        return None
    if value[:1] in {'"', "{", "["}:
        try:
            return json.loads(value)
        except ValueError as error:
            raise UsageFault(f"--set {text}: the value is no JSON: {error}", code="bad_setting") from error
    if is_option:
        try:
            return json.loads(value)
        except ValueError:
            # Plain text, the commonest value of all.
            return value
    return value


def require_workspace(config: UnifiedConfig) -> None:
    """Refuse to go on where there is no workspace, so that asking never makes one.

    Raises:
        NotFoundError: There is none; the text says how to make one.
        StoreAccessError: It is a file, or may not be looked into.
    """
    root = Path(config.workspace.root_path)
    planes = (config.workspace.metadata_path, config.records.root_path, config.artifacts.root_path)
    try:
        if any(plane is not None and Path(plane).is_dir() for plane in planes):
            # Not only there, but open to us: a listing tells at once.
            os.listdir(root)  # noqa: PTH208
            return
        is_file = root.exists() and not root.is_dir()
    except OSError as error:
        raise StoreAccessError(
            f"the workspace {str(root)!r} cannot be looked into: {error.strerror}; check its permissions",
            code="workspace_not_readable",
            details={"workspace": str(root)},
        ) from error
    if is_file:
        raise StoreAccessError(
            f"the workspace {str(root)!r} is a file; name a directory with --workspace",
            code="workspace_not_a_directory",
            details={"workspace": str(root)},
        )
    found = "holds no runs" if root.is_dir() else "is not there"
    raise NotFoundError(
        f"there is no workspace: {str(root)!r} {found}. `contexta demo` makes one, and so does every program that"
        " uses Contexta; --workspace PATH names another",
        code="workspace_missing",
        details={"workspace": str(root)},
    )
