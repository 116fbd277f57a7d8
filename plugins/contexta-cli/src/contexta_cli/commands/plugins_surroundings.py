"""What the commands about plugins share: their options, and their host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from contexta.contract.text import display_safe
from contexta.plugins import KINDS

if TYPE_CHECKING:
    from contexta.plugins import PluginHost, PluginSurroundings
    from contexta_cli.invocation import Invocation

__all__ = ["kind_option", "no_plugins_option", "plugin_host", "plugin_surroundings"]

kind_option = click.option("--kind", type=click.Choice(tuple(KINDS)), metavar="KIND", help="Only this kind.")
no_plugins_option = click.option("--no-plugins", is_flag=True, help="Use nothing but the kernel.")


def plugin_surroundings(invocation: Invocation, *, no_plugins: bool) -> PluginSurroundings:
    """Return the host that the configuration asks for; where that is broken, one with the defaults.

    Args:
        invocation: The call.
        no_plugins: Whether nothing but the kernel is used.
    """
    from contexta.plugins import PluginSurroundings

    found = PluginSurroundings.read(lambda: invocation.config, no_plugins=no_plugins)
    invocation.bear_broken_configuration()
    return found


def plugin_host(invocation: Invocation, *, no_plugins: bool) -> PluginHost:
    """Return the host alone; a configuration that is broken is told of on stderr.

    Args:
        invocation: The call.
        no_plugins: Whether nothing but the kernel is used.
    """
    found = plugin_surroundings(invocation, no_plugins=no_plugins)
    if found.error is not None:
        print(f"contexta: warning: {display_safe(str(found.error))}", file=sys.stderr)
    return found.host
