"""Resolving a backend by the word in the configuration, and opening it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.errors import NotFoundError, PluginLoadError
from contexta.plugins import default_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.plugins import PluginHost
    from contexta.spi.context import OpenContext

__all__ = ["open_backend"]


def open_backend(
    kind: str,
    word: str,
    *,
    setting: str,
    context: OpenContext,
    options: Mapping[str, Any] | None,
    expected: type,
    host: PluginHost | None = None,
) -> Any:
    """Resolve and open one store.

    Args:
        kind: Kind of the plugin, such as ``"metadata_store"``.
        word: The word that selects it.
        setting: Where the word was configured, for messages.
        context: The surroundings of the store.
        options: The provider's own options.
        expected: The SPI class that the store must implement.
        host: Where to resolve; the default host when None.

    Raises:
        MissingPluginError: No installed plugin has that word.
        PluginLoadError: The plugin gives something that is no such store.
        NotFoundError: The store is to be read and does not exist, or must not be made.
    """
    if not context.read_only and not context.root.parent.is_dir() and not _may_create(context):
        raise NotFoundError(
            f"there is no workspace at {str(context.root.parent)!r}, and create_missing_dirs is off",
            code="workspace_missing",
        )
    provider = (host or default_host()).resolve(kind, word, required_by=setting)
    section = setting.partition(".")[0]
    backend = provider.create(context, options, path=f"{section}.options")
    if not isinstance(backend, expected):
        raise PluginLoadError(
            f"{setting} = {word!r} gave {type(backend).__name__}, which is no {expected.__name__}; "
            "the plugin is at fault",
            code="plugin_wrong_component",
        )
    return backend


def _may_create(context: OpenContext) -> bool:
    return bool(context.settings.get("create_missing_dirs", True))


def plane_root(configured: Path | str | None, fallback: Path) -> Path:
    """Return the directory of a plane."""
    return fallback if configured is None else Path(configured)
