"""The host that a configuration asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contexta.plugins.host import PluginHost
from contexta.plugins.troubles import Troubles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.config.models import UnifiedConfig

__all__ = ["configured_host"]


def configured_host(config: UnifiedConfig, *, plugins: Iterable[object] = ()) -> PluginHost:
    """Make the host of one session, or of one listing; it reads nothing before it is asked.

    Args:
        config: Its section ``plugins`` says who may serve; its workspace keeps what went wrong with whom.
        plugins: Plugin objects to register.

    Raises:
        PluginError: One of ``plugins`` is invalid.
        ConfigurationError: ``CONTEXTA_PLUGIN_ERRORS`` has an unknown word.
    """
    section = config.plugins
    host = PluginHost(
        disabled=section.disabled,
        allow=section.allow or None,
        autoload=section.autoload,
        plugins=plugins,
        on_error=section.on_error,
        troubles=Troubles(Path(config.workspace.root_path)),
    )
    host.configure(config)
    return host
