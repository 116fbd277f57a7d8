"""The options that every command takes, before or after its name, and what was given of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta.config.names import PROFILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["GLOBAL_OPTION", "configured_format", "given_options", "global_options", "remember_format"]

#: Attribute that marks an option as global.
GLOBAL_OPTION = "is_global_option"

_KEY = "contexta_cli.given_options"
_FORMAT_KEY = "contexta_cli.configured_format"


def given_options(ctx: click.Context) -> Mapping[str, Any]:
    """Return the global options that were typed: the words of :class:`~contexta_cli.invocation.Invocation`."""
    found: dict[str, Any] = ctx.meta.setdefault(_KEY, {})
    return found


def remember_format(ctx: click.Context, output_format: str) -> None:
    """Note the format that the configuration asks for, so that an error is told in it too."""
    ctx.meta[_FORMAT_KEY] = output_format


def configured_format(meta: Mapping[str, Any]) -> str:
    """Return the format that was noted; text where the configuration was not read yet."""
    return str(meta.get(_FORMAT_KEY, "text"))


def global_options(formats: Sequence[str] = ("text", "json")) -> list[click.Option]:
    """Return new options; click binds an option to one command.

    Args:
        formats: The formats in which the command answers.
    """
    options = [
        click.Option(
            ["--workspace"],
            metavar="PATH",
            help="The workspace; by default the nearest .contexta, from here upwards.",
        ),
        click.Option(["--profile"], type=click.Choice(PROFILE_NAMES), help="Built-in profile to start from."),
        click.Option(
            ["--config", "config_file"],
            metavar="FILE",
            help="Configuration file; by default the nearest contexta.toml.",
        ),
        click.Option(
            ["--set", "settings"],
            metavar="KEY=VALUE",
            multiple=True,
            help="One setting, such as capture.retry_attempts=2; repeatable.",
        ),
        click.Option(["--format", "output_format"], type=click.Choice(formats), help="How to answer."),
        click.Option(["--quiet", "-q"], is_flag=True, help="Leave out progress and hints."),
        click.Option(["--no-color"], is_flag=True, help="Write without colour, as with NO_COLOR."),
        click.Option(["--version"], is_flag=True, is_eager=True, help="Show the version."),
    ]
    for option in options:
        option.expose_value = False
        option.callback = _show_version if option.name == "version" else _keep
        setattr(option, GLOBAL_OPTION, True)
    return options


def _keep(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    """Remember a value that was typed; the one nearest to the command wins, ``--set`` adds up."""
    if value and not ctx.resilient_parsing:
        given: dict[str, Any] = ctx.meta.setdefault(_KEY, {})
        name = str(option.name)
        given[name] = (*given.get(name, ()), *value) if name == "settings" else value
    return value


def _show_version(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    del option
    if value and not ctx.resilient_parsing:
        from contexta import __version__

        click.echo(f"contexta {__version__}")
        ctx.exit()
    return value
