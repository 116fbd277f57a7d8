"""The host that looks at plugins where perhaps everything is broken, the configuration included."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import ContextaError
from contexta.plugins.configured import configured_host
from contexta.plugins.error_policy import PLUGIN_ERRORS_VARIABLE
from contexta.plugins.host import PluginHost

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.config.models import UnifiedConfig

__all__ = ["PluginSurroundings"]


class PluginSurroundings(NamedTuple):
    """What the commands about plugins look at.

    Args:
        host: The host that the configuration asks for; one with the defaults where that cannot be made.
        config: The configuration; None where it cannot be used.
        error: Why it cannot.
    """

    host: PluginHost
    config: UnifiedConfig | None
    error: ContextaError | None

    @classmethod
    def read(cls, source: Callable[[], UnifiedConfig], *, no_plugins: bool = False) -> PluginSurroundings:
        """Read the configuration and make its host; where either fails, go on without.

        Args:
            source: Reads the configuration.
            no_plugins: Whether nothing but the kernel is used.
        """
        from contexta.config import replace_unified_config

        try:
            config = source()
            if no_plugins:
                config = replace_unified_config(config, {"plugins": {"autoload": False}})
            return cls(configured_host(config), config, None)
        except ContextaError as error:
            # An unknown word in this variable may be what is wrong.
            variables = {name: text for name, text in os.environ.items() if name != PLUGIN_ERRORS_VARIABLE}
            return cls(PluginHost(autoload=not no_plugins, environ=variables), None, error)
