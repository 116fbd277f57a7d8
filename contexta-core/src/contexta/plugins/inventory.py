"""``contexta plugins list``: what is installed, what could be, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta.plugins.description import PluginDescription
from contexta.plugins.install_hints import INSTALL_HINTS
from contexta.plugins.kinds import kind_named
from contexta.plugins.naming import component_name
from contexta.plugins.origin import origin_of

if TYPE_CHECKING:
    from contexta.plugins.host import PluginHost
    from contexta.plugins.origin import Origin

__all__ = ["Inventory", "take_inventory"]


class Inventory(NamedTuple):
    """What a listing shows.

    Args:
        plugins: The components, in the order of kind, name and distribution.
        distributions: Where their distributions come from; None where that was not asked.
    """

    plugins: tuple[PluginDescription, ...]
    distributions: dict[str, Origin] | None


def take_inventory(
    host: PluginHost,
    *,
    kind: str | None = None,
    missing: bool = False,
    verify: bool = False,
    requirements: bool = False,
) -> Inventory:
    """List the plugins that a host sees; nothing is imported unless ``verify`` asks for it.

    Args:
        host: Where plugins are resolved.
        kind: Only this kind; all when None.
        missing: Whether to list what is known and not installed, with the command that installs it.
        verify: Whether to import everything that may be imported, so that what fails is listed as failed.
        requirements: Whether to tell where the distributions come from, and what they require.

    Raises:
        PluginError: There is no such kind.
    """
    chosen = None if kind is None else kind_named(kind).name
    found = host.verify() if verify else host.describe()
    if missing:
        found += _missing({(each.kind, component_name(each.name)) for each in found})
    plugins = sorted(
        (each for each in found if chosen in {None, each.kind}),
        key=lambda each: (each.kind, each.name, each.distribution),
    )
    if not requirements:
        return Inventory(tuple(plugins), None)
    # One whose metadata cannot be read has no component, and nothing to tell.
    names = sorted({each.distribution for each in plugins if each.kind} - {""})
    return Inventory(tuple(plugins), {name: origin_of(name) for name in names})


def _missing(present: set[tuple[str, str]]) -> list[PluginDescription]:
    return [
        PluginDescription(kind, name, "", "", "", "missing", f'pip install "{requirement}"')
        for (kind, name), requirement in INSTALL_HINTS.items()
        if (kind, name) not in present
    ]
