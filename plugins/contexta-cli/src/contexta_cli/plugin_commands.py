"""The commands that other plugins add: found by their names, imported when they are called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from contexta_cli.lazy_group import CommandEntry, add_global_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.plugins import PluginHost

__all__ = ["plugin_commands"]

_KIND = "cli_command"


def plugin_commands() -> Mapping[str, CommandEntry]:
    """Return the commands that installed plugins add, by the word that is typed; nothing is imported for it."""
    from contexta.plugins.glance import names_at_a_glance

    return {
        name.replace("_", "-"): CommandEntry(partial(_load, name), f"A command of {distribution}.")
        for name, distribution in names_at_a_glance(f"contexta.{_KIND}").items()
    }


def _load(name: str) -> click.Command:
    """Import a command.

    Raises:
        PluginError: Its plugin is broken or may not be used, and the text says how; all other commands work.
    """
    from contexta.errors import PluginLoadError

    typed = name.replace("_", "-")
    provider = _host().resolve(_KIND, name, required_by=f"contexta {typed}")
    command = provider.load_factory()
    if not isinstance(command, click.Command):
        raise PluginLoadError(
            f"the factory of the command {typed!r} is a {type(command).__name__}, not a click.Command; the plugin's"
            " author has to point it at one",
            code="plugin_invalid",
            details={"kind": _KIND, "name": name},
        )
    command.name = typed
    _share_options(command)
    return command


def _host() -> PluginHost:
    """Return the host that the configuration asks for: it says which plugins may be used."""
    from contexta.plugins import PluginSurroundings
    from contexta_cli.invocation import Invocation

    ctx = click.get_current_context(silent=True)
    if ctx is None:
        # Somebody looks at the command without calling it.
        from contexta.config import UnifiedConfig

        return PluginSurroundings.read(UnifiedConfig).host
    invocation = Invocation(ctx)
    return PluginSurroundings.read(lambda: invocation.config).host


def _share_options(command: click.Command) -> None:
    """Give a command, and those below it, the options that all commands share."""
    add_global_options(command)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _share_options(below)
