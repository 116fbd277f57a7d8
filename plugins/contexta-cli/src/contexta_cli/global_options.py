"""The options that every command takes, before or after its name, and what was given of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta.config.names import PROFILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.config.models import CLIConfig

__all__ = [
    "FORMATS",
    "GLOBAL_OPTION",
    "choose_format",
    "configured_surface",
    "given_options",
    "global_options",
    "remember_surface",
]

#: The formats in which every command answers.
FORMATS = ("text", "json", "csv", "ndjson")

#: Attribute that marks an option as global.
GLOBAL_OPTION = "is_global_option"

_KEY = "contexta_cli.given_options"
_SURFACE_KEY = "contexta_cli.configured_surface"


def given_options(ctx: click.Context) -> Mapping[str, Any]:
    """Return the global options that were typed: the words of :class:`~contexta_cli.invocation.Invocation`."""
    found: dict[str, Any] = ctx.meta.setdefault(_KEY, {})
    return found


def choose_format(ctx: click.Context, file_format: str) -> None:
    """Answer in a format as if it had been typed; for a command that is named after its format."""
    ctx.meta.setdefault(_KEY, {})["output_format"] = file_format


def remember_surface(ctx: click.Context, surface: CLIConfig) -> None:
    """Note what the configuration says of the command line, so that an error is told as it asks."""
    ctx.meta[_SURFACE_KEY] = surface


def configured_surface(meta: Mapping[str, Any]) -> CLIConfig | None:
    """Return what was noted; None where the configuration was not read yet."""
    surface: CLIConfig | None = meta.get(_SURFACE_KEY)
    return surface


def global_options(formats: Sequence[str] = FORMATS) -> list[click.Option]:
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
        click.Option(
            ["--profile"],
            type=click.Choice(PROFILE_NAMES),
            metavar="NAME",
            help=f"Built-in profile to start from: {' or '.join(PROFILE_NAMES)}.",
        ),
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
        click.Option(
            ["--format", "output_format"],
            type=click.Choice(formats),
            metavar="FORMAT",
            help=f"How to answer: {' or '.join(filter(None, (', '.join(formats[:-1]), formats[-1])))}.",
        ),
        click.Option(
            ["--output", "output_path"],
            metavar="FILE",
            help="Write the answer into a file; its directories are made.",
        ),
        click.Option(["--quiet", "-q"], is_flag=True, help="Leave out progress and hints."),
        click.Option(["--no-color"], is_flag=True, help="Write without colour, as with NO_COLOR."),
        click.Option(["--no-pager"], is_flag=True, help="Show long answers at once, as with PAGER=cat."),
        click.Option(["--version"], is_flag=True, is_eager=True, help="Show the version."),
    ]
    for option in options:
        option.expose_value = False
        option.callback = _show_version if option.name == "version" else _keep
        setattr(option, GLOBAL_OPTION, True)
    return options


def _keep(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    """Remember a value that was typed; the one nearest to the command wins, ``--set`` adds up."""
    if value:
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
