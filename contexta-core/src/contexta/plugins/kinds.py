"""The kinds of plugins, as data: a new kind is one line here and a type in the SPI."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GROUP_PREFIX", "KINDS", "Kind", "kind_named"]

#: Entry-point groups of plugins are this prefix and the kind's name.
GROUP_PREFIX = "contexta."


class Kind(NamedTuple):
    """One kind of plugin.

    Args:
        name: The word used in code and after the prefix of the entry-point group.
        title: How messages call one component of this kind.
        hook: The registration hook that returns its providers; None for a kind that only observes.
    """

    name: str
    title: str
    hook: str | None

    @property
    def group(self) -> str:
        """The entry-point group of this kind."""
        return GROUP_PREFIX + self.name


#: Every kind by its name.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("metadata_store", "metadata store", "contexta_metadata_stores"),
            Kind("record_store", "record store", "contexta_record_stores"),
            Kind("artifact_store", "artifact store", "contexta_artifact_stores"),
            Kind("sink", "sink", "contexta_sinks"),
            Kind("interpreter", "interpreter", "contexta_interpreters"),
            Kind("diagnostics_check", "diagnostics check", "contexta_diagnostics_checks"),
            Kind("report_renderer", "report renderer", "contexta_report_renderers"),
            Kind("surface", "surface", "contexta_surfaces"),
            Kind("cli_command", "command", "contexta_cli_commands"),
            Kind("dashboard_extension", "extension of the dashboard", "contexta_dashboard_extensions"),
            Kind("encryption_provider", "encryption provider", "contexta_encryption_providers"),
            Kind("workspace_reader", "reader of foreign workspaces", "contexta_workspace_readers"),
            Kind("hooks", "hooks plugin", None),
        )
    }
)


def kind_named(name: str) -> Kind:
    """Return a kind by its name.

    Raises:
        PluginError: There is no such kind.
    """
    try:
        return KINDS[name]
    except KeyError as error:
        raise PluginError(
            f"there is no kind of plugin named {name!r}; the kinds are {', '.join(KINDS)}",
            code="plugin_kind_unknown",
        ) from error
