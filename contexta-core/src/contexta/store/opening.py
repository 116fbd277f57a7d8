"""Resolving a backend by the word in the configuration, and opening it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.errors import NotFoundError, PluginLoadError
from contexta.plugins import default_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.plugins import PluginHost
    from contexta.spi.context import OpenContext

__all__ = ["IN_MEMORY", "database_root", "open_backend", "plane_root"]

#: The path of a database that is in no file.
IN_MEMORY = ":memory:"

_DATABASE_NAME = "ledger.db"


def open_backend(
    kind: str,
    word: str,
    *,
    setting: str,
    context: OpenContext,
    options: Mapping[str, Any] | None,
    expected: type,
    host: PluginHost | None = None,
    may_create: Mapping[str, bool] | None = None,
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
        may_create: Settings that say whether what is missing may be made, by their names: the workspace's first, then
            the store's own.  Nothing is refused when None.

    Raises:
        MissingPluginError: No installed plugin has that word.
        PluginLoadError: The plugin gives something that is no such store.
        NotFoundError: The store does not exist, and must not be made.
    """
    if may_create and not context.read_only:
        _require_place(context, setting, may_create)
    section = setting.partition(".")[0]
    backend = (host or default_host()).open(
        kind, word, context, options=options, required_by=setting, path=f"{section}.options"
    )
    if not isinstance(backend, expected):
        raise PluginLoadError(
            f"{setting} = {word!r} gave {type(backend).__name__}, which is no {expected.__name__}; "
            "the plugin is at fault",
            code="plugin_wrong_component",
        )
    return backend


def _require_place(context: OpenContext, setting: str, may_create: Mapping[str, bool]) -> None:
    """Refuse to go on where something is missing that a setting says not to make."""
    (workspace_switch, may_create_workspace), *own = may_create.items()
    workspace = context.workspace or context.root.parent
    # Path.is_dir raises for a name that is too long, or that may not be looked at.
    if not may_create_workspace and not os.path.isdir(workspace):  # noqa: PTH112
        raise NotFoundError(
            f"there is no workspace at {str(workspace)!r}, and {workspace_switch} is off",
            code="workspace_missing",
        )
    for switch, allowed in own:
        if not allowed and not os.path.isdir(context.root):  # noqa: PTH112
            raise NotFoundError(
                f"there is no store at {str(context.root)!r}, and {switch} is off",
                code="store_missing",
                details={"setting": setting, "switch": switch},
            )


def plane_root(configured: Path | str | None, fallback: Path) -> Path:
    """Return the directory of a plane."""
    return fallback if configured is None else Path(configured)


def database_root(configured: Path | str | None, fallback: Path) -> Path:
    """Return the directory of a metadata store whose configuration names a database file.

    ``ledger.db`` is the name by default and stands for its directory; a file of any other name gets a directory of
    that name, so that two files beside each other are two stores.
    """
    if configured is None or str(configured) == IN_MEMORY:
        return fallback
    path = Path(configured)
    return path.parent if path.name == _DATABASE_NAME else path
