"""What a plugin must offer under the names it has: the checks of its answers, in the host's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import PluginConflictError, PluginLoadError, PluginNotUsableError
from contexta.plugins.compatibility import api_misfit
from contexta.plugins.kinds import KINDS
from contexta.plugins.naming import component_name

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from contexta.plugins.activation import ActivePlugin, ActivePlugins
    from contexta.plugins.index import EntryRef
    from contexta.plugins.kinds import Kind
    from contexta.plugins.provider import Provider

__all__ = ["named_provider", "not_registered", "offered_by"]


def offered_by(
    active: ActivePlugin, plugins: ActivePlugins, taken: Container[tuple[str, str]]
) -> dict[tuple[str, str], Provider]:
    """Return everything that a registered plugin offers, by kind and folded name.

    Args:
        active: The plugin.
        plugins: The plugins in use.
        taken: What other registered plugins offer.

    Raises:
        PluginNotUsableError: A provider was written for another plugin interface.
        PluginConflictError: Another registered plugin offers one of its names.
    """
    offered: dict[tuple[str, str], Provider] = {}
    for kind in KINDS.values():
        if kind.hook is None:
            continue
        for name, provider in plugins.providers(active, kind).items():
            misfit = api_misfit(provider.api)
            if misfit is not None:
                raise PluginNotUsableError(
                    f"{provider.name!r} of {active.name!r} cannot be used: it is {misfit};"
                    " use a version of it that fits",
                    details={"kind": kind.name, "name": name},
                )
            if (kind.name, name) in taken:
                raise PluginConflictError(
                    f"a registered plugin already offers a {kind.title} named {name!r};"
                    f" give the one of {active.name!r} another name",
                    details={"kind": kind.name, "name": name},
                )
            offered[kind.name, name] = provider
    return offered


def named_provider(providers: Mapping[str, Provider], ref: EntryRef, kind: Kind) -> Provider:
    """Return the provider that an entry point promises.

    Raises:
        PluginLoadError: The plugin offers none of that name.
    """
    provider = providers.get(component_name(ref.name))
    if provider is None:
        raise PluginLoadError(
            f"its {kind.hook} offers no {kind.title} of that name"
            f" (it offers: {', '.join(sorted(providers)) or 'none'})",
            code="plugin_invalid",
        )
    return provider


def not_registered(name: str, error: BaseException) -> PluginLoadError:
    """Build the error for a plugin object whose own hooks raised."""
    return PluginLoadError(
        f"the plugin {name!r} cannot be registered: {type(error).__name__}: {error}", cause=error
    )
